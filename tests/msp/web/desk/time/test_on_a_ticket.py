"""Time logged on its ticket, a visit to several, and the kinds of work on offer."""

from __future__ import annotations

import re

import time_machine
from flask.testing import FlaskClient

from billing.models import WorkType
from msp.tickets.models import Ticket
from tenants.isolation import acting_as
from tenants.rules import job
from tests.conftest import SignIn
from tests.msp.web.desk.conftest import NOW, Day
from tests.msp.web.desk.time.conftest import ASKED, MINUTE, entries


def test_time_is_logged_on_the_ticket_as_span_or_length(agent: FlaskClient, day: Day, acmes: Ticket) -> None:
    there = f"/tickets/{acmes.key}/time"
    assert agent.post(there, data=ASKED | {"day": "2026-06-01", "spent": "9:00-9:40"}).status_code == 303
    assert agent.post(there, data=ASKED | {"day": "2026-05-31", "spent": "0:25", "charge": "20"}).status_code == 303
    assert agent.post(there, data=ASKED | {"day": "2026-05-31", "spent": "soon"}).status_code == 422
    first, second = entries(day, acmes)
    assert (first.started_at, first.raw_seconds) == (NOW - 60 * MINUTE, 2400)
    assert (second.started_at, second.raw_seconds, second.billable_seconds) == (None, 1500, 1200)
    panel = agent.get(there, headers={"HX-Request": "true", "HX-Target": "ticket-time"}).text
    assert "1:05" in panel
    assert "<html" not in panel


def test_a_visit_of_two_tickets_is_logged_once_with_its_way(agent: FlaskClient, day: Day, acmes: Ticket) -> None:
    second = day.opens(day.cast.acme, "もう一件あります")
    with acting_as(job(day.cast.desk)):
        day.session.add(WorkType(code="way", name_ja="移動", name_en="Travel", mode="travel"))
        day.session.commit()
    there = f"/tickets/{acmes.key}/visit"
    occasion = re.search(r'name="occasion" value="([^"]+)"', agent.get(there).text)
    assert occasion is not None
    said = {"day": "2026-06-01", "spent": "8:00-8:40", "work_type": "remote", "occasion": occasion[1], "km": "12.5"}
    said |= {"other_1": second.key, "spent_1": "8:40-9:00", "way": "30", "way_type": "way"}
    assert [agent.post(there, data=said).status_code for _ in range(2)] == [303, 303]
    found = [(one.mode, one.raw_seconds) for one in (*entries(day, acmes), *entries(day, second))]
    assert found == [("on_site", 2400), ("travel", 1800), ("on_site", 1200)]
    assert len({one.visit_id for one in (*entries(day, acmes), *entries(day, second))}) == 1


def test_a_visit_serves_one_client(agent: FlaskClient, day: Day, acmes: Ticket, globexes: Ticket) -> None:
    said = {"day": "2026-06-01", "spent": "40", "work_type": "remote", "other_1": globexes.key, "spent_1": "20"}
    assert agent.post(f"/tickets/{acmes.key}/visit", data=said).status_code == 422
    assert (entries(day, acmes), entries(day, globexes)) == ([], [])


def test_a_work_type_of_ones_own_is_offered_with_its_step(
    day: Day, acmes: Ticket, browser_of: SignIn, monday_ten: time_machine.Traveller
) -> None:
    owner = browser_of("owner@desk.example")
    said = {
        "code": "server_care",
        "name_ja": "サーバー保守",
        "name_en": "Server care",
        "mode": "remote",
        "billable": "1",
    }
    assert owner.post("/settings/work-types/new", data=said | {"step": "15", "minimum": "30"}).status_code == 303
    assert owner.post("/settings/work-types/new", data=said).status_code == 422
    assert owner.post("/settings/work-types/server_care", data=said | {"multiplier": "1.25"}).status_code == 303
    assert owner.post("/settings/work-types/server_care", data=said | {"multiplier": "much"}).status_code == 422
    with acting_as(job(day.cast.desk)):
        found = day.session.get_one(WorkType, "server_care", populate_existing=True)
        assert (str(found.multiplier), found.step) == ("1.2500", None)
    assert "サーバー保守" in owner.get("/settings/work-types").text
