"""Time handed in, approved, sent back with a reason, written off."""

from __future__ import annotations

import re

from flask.testing import FlaskClient

from msp.tickets.models import Ticket
from tests.conftest import SignIn
from tests.msp.web.desk.conftest import Day
from tests.msp.web.desk.time.conftest import ASKED, address, entries, log, name_of


def test_handing_in_and_approving_spans_clients(
    agent: FlaskClient, day: Day, acmes: Ticket, globexes: Ticket, manual: None, browser_of: SignIn
) -> None:
    drafts = [log(day, acmes, unfinished=True), log(day, globexes, unfinished=True)]
    names = [name_of(one, key) for one, key in zip(drafts, ("ACME", "GLOBEX"), strict=True)]
    assert agent.post("/time/submit", data={"entry": names}).status_code == 303
    assert [one.state for one in (*entries(day, acmes), *entries(day, globexes))] == ["submitted"] * 2
    lead = browser_of("lead@desk.example")
    page = lead.get("/time/approvals").text
    ticked = re.findall(r'name="entry" value="([^"]+)"', page)
    assert len(ticked) == 2
    assert lead.post("/time/approvals/approve", data={"entry": ticked}).status_code == 303
    assert [one.state for one in (*entries(day, acmes), *entries(day, globexes))] == ["approved"] * 2


def test_what_changed_since_the_approver_looked_stays(
    agent: FlaskClient, day: Day, acmes: Ticket, manual: None, browser_of: SignIn
) -> None:
    entry = log(day, acmes)
    seen = name_of(entry, "ACME")
    said = ASKED | {"day": "2026-06-01", "spent": "5"}
    assert agent.post(address(entry), data=said).status_code == 303
    lead = browser_of("lead@desk.example")
    answer = lead.post("/time/approvals/approve", data={"entry": [seen]})
    assert "stayed=1" in answer.headers["Location"]
    assert entries(day, acmes)[0].state == "submitted"


def test_time_goes_back_with_its_reason_and_comes_again(
    agent: FlaskClient, day: Day, acmes: Ticket, manual: None, browser_of: SignIn
) -> None:
    entry = log(day, acmes)
    lead = browser_of("lead@desk.example")
    refused = lead.post("/time/approvals/reject", data={"entry": [name_of(entry, "ACME")], "reason": ""})
    assert refused.status_code == 422
    said = {"entry": [name_of(entry, "ACME")], "reason": "何の作業ですか"}
    assert lead.post("/time/approvals/reject", data=said).status_code == 303
    assert "何の作業ですか" in agent.get("/time").text
    assert agent.post(f"{address(entry)}/submit").status_code == 303
    assert entries(day, acmes)[0].state == "submitted"


def test_minutes_are_written_off_with_person_and_reason(
    day: Day, acmes: Ticket, manual: None, browser_of: SignIn
) -> None:
    entry = log(day, acmes, 30)
    owner = browser_of("owner@desk.example")
    assert owner.post(f"{address(entry)}/write-off", data={"reason": "お詫び", "spent": "10"}).status_code == 303
    assert entries(day, acmes)[0].billable_seconds == 1200
    page = owner.get(address(entry)).text
    assert "お詫び" in page
    assert "owner 相沢" in page


def test_the_owner_decides_how_time_is_approved(day: Day, acmes: Ticket, browser_of: SignIn) -> None:
    owner = browser_of("owner@desk.example")
    assert log(day, acmes).state == "approved"
    assert owner.post("/time/approvals/way", data={"how": "manual", "four_eyes": "1"}).status_code == 303
    assert log(day, acmes, key="later").state == "submitted"
    assert owner.post("/time/approvals/way", data={"how": "sometimes"}).status_code == 422
    assert browser_of("lead@desk.example").post("/time/approvals/way", data={"how": "automatic"}).status_code == 403


def test_agents_approve_nothing(agent: FlaskClient, day: Day, acmes: Ticket, manual: None) -> None:
    entry = log(day, acmes)
    assert agent.get("/time/approvals").status_code == 403
    assert agent.post(f"{address(entry)}/approve").status_code == 403
