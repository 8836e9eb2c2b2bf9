"""Two clients with the same people's names, the same words and the same numbers on the same day: nothing crosses."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from msp.outbox.models import Mail, Notice
from msp.tickets.models import Event, Message, Ticket
from sla.models import Escalation
from tenants.rules import Role
from tests.cast import Company
from tests.stories.day import ANSWERED, QUESTION, SOLVED, TITLE, Desk, answers, asks, expected, issues, outcome, replies


@pytest.fixture
def both(desk: Desk) -> Desk:
    """Each step is done for one client and then for the other, so that every number and id comes twice."""
    companies = (desk.cast.acme, desk.cast.globex)
    agent = desk.sign_in(desk.cast.emails[Role.AGENT])
    for company in companies:
        asks(desk, company)
    for company in companies:
        replies(desk, agent, f"{company.key}-1", QUESTION, after="pending_client")
    for company in companies:
        answers(desk, company, ANSWERED)
    for company in companies:
        replies(desk, agent, f"{company.key}-1", SOLVED, then="solve", minutes="30", work_type="remote")
    issues(desk, *companies)
    return desk


def test_nothing_crosses(both: Desk) -> None:
    acme, globex = both.cast.acme, both.cast.globex
    _rows_stay_apart(both, acme, globex)
    _mails_stay_apart(both, acme, globex)
    _rooms_stay_apart(both, acme, globex)
    _search_stays_apart(both, acme, globex)


def _rows_stay_apart(desk: Desk, acme: Company, globex: Company) -> None:
    first, second = outcome(desk, acme), outcome(desk, globex)
    assert first == expected(acme)
    assert second.messages == first.messages
    assert second.tickets == [("GLOBEX-1", TITLE, "resolved")]
    assert [payable for _, payable in second.documents] == [payable for _, payable in first.documents]
    assert {number for number, _ in first.documents}.isdisjoint(number for number, _ in second.documents)
    for company in (acme, globex):
        assert desk.reads(company, owners) == {company.id}


def owners(session: Session) -> set[int]:
    """Whose rows somebody sees, over all that a ticket consists of."""
    columns = (Ticket.tenant_id, Message.tenant_id, Event.tenant_id, Mail.tenant_id)
    return {tenant_id for column in columns for tenant_id in session.scalars(select(column))}


def _mails_stay_apart(desk: Desk, acme: Company, globex: Company) -> None:
    """Each client was written three times, at its own addresses only, about its own number only."""
    for own, other in ((acme, globex), (globex, acme)):
        mine = [one for one in desk.world.letters if own.emails[Role.REQUESTER] in str(one["To"])]
        assert len(mine) == 3
        for one in mine:
            written = " ".join([*map(str, one.values()), one.get_content()])
            assert f"{own.key}-1" in written
            assert other.key not in written
            assert f"{other.key.lower()}.example" not in written
    assert len({one["Message-ID"] for one in desk.world.letters}) == 6
    assert len({one["Reply-To"] for one in desk.world.letters}) == 6


def _rooms_stay_apart(desk: Desk, acme: Company, globex: Company) -> None:
    """Signed in as one client's people, the other one is nowhere, whatever address is typed."""
    for own, other in ((acme, globex), (globex, acme)):
        admin = desk.sign_in(own.emails[Role.CLIENT_ADMIN])
        biller = desk.sign_in(own.emails[Role.BILLING_CONTACT])
        ((number, _),) = outcome(desk, own).documents
        ((foreign, _),) = outcome(desk, other).documents
        for page in (
            admin.get(f"/portal/{own.key}/tickets?view=done").text,
            admin.get(f"/portal/{own.key}/tickets/1").text,
            biller.get(f"/portal/{own.key}/invoices").text,
        ):
            assert other.key not in page
            assert foreign not in page
        assert number in biller.get(f"/portal/{own.key}/invoices").text
        for address in (f"/portal/{other.key}/tickets", f"/portal/{other.key}/tickets/1"):
            assert admin.get(address).status_code == 404
        assert biller.get(f"/portal/{other.key}/invoices").status_code == 404
        assert biller.get(f"/portal/{other.key}/invoices/1.pdf").status_code == 404


def _search_stays_apart(desk: Desk, acme: Company, globex: Company) -> None:
    """Who serves one client finds one ticket under the words that two have."""
    ben, agent = desk.sign_in(desk.cast.emails["ben"]), desk.sign_in(desk.cast.emails[Role.AGENT])
    nemo = desk.sign_in(desk.cast.emails["nemo"])
    assert {key in agent.get("/search?q=複合機").text for key in ("ACME-1", "GLOBEX-1")} == {True}
    assert "GLOBEX-1" in ben.get("/search?q=複合機").text
    for who in (ben, nemo):
        for address in ("/search?q=複合機", "/search?q=髙﨑", "/search/palette?q=複合機", "/tickets"):
            assert "ACME" not in who.get(address).text.replace("ACME-1042", "")  # the example of the search page
    assert ben.get("/tickets/ACME-1").status_code == 404
    assert "GLOBEX" not in nemo.get("/search?q=複合機").text


def test_a_missed_promise_is_told_about_the_one_client_only(desk: Desk) -> None:
    """Both asked the same; one was answered in time. The notice names the other."""
    acme, globex = desk.cast.acme, desk.cast.globex
    asks(desk, acme)
    asks(desk, globex)
    agent = desk.sign_in(desk.cast.emails[Role.AGENT])
    replies(desk, agent, "GLOBEX-1", QUESTION, after="pending_client")
    desk.wait(hours=5)
    desk.sweep()
    told = desk.reads(acme, lambda session: list(session.execute(select(Notice.about_tenant, Notice.subject))))
    assert {tuple(one) for one in told} == {(acme.id, "ACME-1")}
    assert desk.reads(globex, lambda session: list(session.scalars(select(Escalation)))) == []
