"""The shared room through its doors: the month, the lists, a ticket's minutes, a contest and its answer, for both."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from msp.tickets import actions, queries
from msp.tickets.models import Ticket
from msp.tickets.rules import Channel, Level
from msp.web.cycles import cycle_lines, minutes_of
from msp.web.format import Reader
from msp.web.sla_files import guarded
from sla import queries as promises
from sla.actions.disputes import open_dispute
from sla.models import Dispute, FrozenMonth
from sla.rules.disputes import DESK, Pace
from tenants.isolation import acting_as
from tenants.models import Contact, Tenant
from tenants.rules import Role, job
from tests.cast import MONDAY_9, Cast
from tests.conftest import SignIn
from tests.msp.web.rooms.conftest import Counted
from tests.promises import agree_on_office_hours

HOUR, LATE = timedelta(hours=1), "first_response-1"
HERE, AFTER = "/portal/ACME/sla", datetime(2026, 7, 2, tzinfo=UTC)
CLOCK = "/tickets/ACME-2/clock"


@pytest.fixture
def broken(session: Session, cast: Cast, monday_ten: time_machine.Traveller) -> Ticket:
    """ACME-1 kept its promises, ACME-2 was answered an hour late; it is the second of July."""
    with acting_as(job(cast.acme.id)):
        agree_on_office_hours(session, cast.acme.id)
        tenant = session.get_one(Tenant, cast.acme.id)
        contact = session.get_one(Contact, (cast.acme.id, cast.acme.contacts[Role.REQUESTER]))
        agent = actions.Actor("agent", cast.staff[Role.AGENT], "相沢")
        for taken, title in ((HOUR, "早い"), (4 * HOUR, "=遅い")):
            matter = actions.Matter(title, "動きません", Channel.MAIL, contact, urgency=Level.HIGH)
            opened = actions.Actor("client", contact.id, contact.name)
            ticket = actions.open_ticket(session, tenant, matter, opened, MONDAY_9)
            actions.resolve(session, ticket, agent, "直しました", MONDAY_9 + taken)
        session.commit()
    monday_ten.move_to(AFTER)
    return ticket


@pytest.fixture
def admin(cast: Cast, broken: Ticket, browser_of: SignIn) -> FlaskClient:
    return browser_of(cast.acme.emails[Role.CLIENT_ADMIN])


@pytest.fixture
def lead(cast: Cast, broken: Ticket, browser_of: SignIn) -> FlaskClient:
    return browser_of(cast.emails[Role.LEAD])


def page(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.get_data(as_text=True)[:300]
    return answer.get_data(as_text=True)


def the_dispute(session: Session, cast: Cast) -> Dispute:
    with acting_as(job(cast.acme.id)):
        return session.scalars(select(Dispute).execution_options(populate_existing=True)).one()


@pytest.mark.parametrize("address", [f"{HERE}?of=2026-06", "/clients/ACME/sla?of=2026-06"])
def test_both_sides_read_the_same_figures(admin: FlaskClient, lead: FlaskClient, address: str) -> None:
    said = page(admin if address.startswith("/portal") else lead, address)
    assert "2026年6月の達成率は75.0%、4件中1件が未達でした。" in said
    assert said.count("<figure") >= 5
    assert said.count("<figcaption") == said.count("<figure")
    assert "ACME-2" in said
    assert 'class="month-tile"' in said


def test_the_page_speaks_english(session: Session, admin: FlaskClient) -> None:
    admin.post("/profile/language", data={"language": "en", "next": "/"})
    admin.post("/profile", data={"language": "en", "zone": "Asia/Tokyo", "theme": "dark"})
    assert "In June 2026 75.0\N{NO-BREAK SPACE}% of the promises were kept; 1 of 4 was missed." in page(admin, HERE)


def test_from_the_months_page_two_steps_lead_to_the_minutes(admin: FlaskClient) -> None:
    assert "/portal/ACME/sla/tickets?" in page(admin, HERE)
    listed = page(admin, f"{HERE}/tickets?of=2026-06&outcome=missed")
    assert f"{HERE}/tickets/2#{LATE}" in listed
    assert "ACME-1" not in listed
    assert "3時間" in page(admin, f"{HERE}/tickets/2")


def test_the_file_is_the_page_and_no_cell_is_a_formula(admin: FlaskClient) -> None:
    answer = admin.get(f"{HERE}/tickets.csv?of=2026-06")
    said = answer.get_data(as_text=True)
    assert answer.mimetype == "text/csv"
    assert "all,,75.0,75.0,3,1,0,0,0" in said
    assert "'=遅い" in said
    assert said.split("result,")[1][:12] in page(admin, f"{HERE}?of=2026-06")
    assert [guarded(cell) for cell in ("=1", "+1", "-1", "@x", "x")] == ["'=1", "'+1", "'-1", "'@x", "x"]


def test_the_desk_and_the_client_see_the_same_minutes(session: Session, cast: Cast, broken: Ticket) -> None:
    reader = Reader("ja", UTC, AFTER)
    with acting_as(job(cast.acme.id)):
        book, events = promises.book(session, cast.acme.id), queries.events_of(session, cast.acme.id, broken.id)
        desk, client = (cycle_lines(book, events, reader, {}, (), client=side) for side in (False, True))
    assert [minutes_of(line) for line in desk] == [minutes_of(line) for line in client]
    for line in desk:
        counted = sum(seconds for *_, kind, seconds in minutes_of(line) if kind == "running")
        assert counted == line.spent


def test_a_contest_is_answered_and_leaves_the_agreed_figure(
    session: Session, cast: Cast, admin: FlaskClient, lead: FlaskClient
) -> None:
    said = {"metric": "first_response", "cycle": "1", "reason": ""}
    assert admin.post(f"{HERE}/tickets/2/contest", data=said).status_code == 422
    assert admin.post(f"{HERE}/tickets/2/contest", data=said | {"reason": "当社が遅れました"}).status_code == 303
    number = the_dispute(session, cast).id
    assert "当社が遅れました" in page(lead, "/clients/ACME/sla?of=2026-06")
    answers = f"/clients/ACME/sla/disputes/{number}/answer"
    assert lead.post(answers, data={"verdict": "reject", "answer": ""}).status_code == 422
    assert admin.post(f"{HERE}/disputes/{number}/answer", data={"verdict": "accept"}).status_code == 422
    assert lead.post(answers, data={"verdict": "accept"}).status_code == 303
    assert lead.post(answers, data={"verdict": "accept"}).status_code == 409
    found = page(admin, f"{HERE}?of=2026-06")
    assert "3件すべてを達成しました" in found
    assert "厳密な値 50.0%" in found


def test_a_proposal_waits_on_the_clients_page(
    session: Session, cast: Cast, admin: FlaskClient, lead: FlaskClient
) -> None:
    said = {"metric": "first_response", "cycle": "1", "reason": "貴社の停電"}
    assert lead.post(f"{CLOCK}/propose", data=said).status_code == 303
    assert f"{HERE}/tickets/2#{LATE}" in page(admin, HERE)
    assert "貴社の停電" in page(admin, f"{HERE}/tickets/2")
    number = the_dispute(session, cast).id
    no = {"verdict": "reject", "answer": "停電はありません"}
    assert admin.post(f"{HERE}/disputes/{number}/answer", data=no).status_code == 303
    assert "停電はありません" in page(lead, CLOCK)
    assert admin.post(f"{HERE}/disputes/{number}/withdraw").status_code == 422


def test_the_desk_explains_and_the_owner_closes(
    session: Session, cast: Cast, lead: FlaskClient, admin: FlaskClient, browser_of: SignIn
) -> None:
    owner = browser_of(cast.emails[Role.OWNER])
    assert owner.post("/clients/ACME/sla/close?of=2026-06").status_code == 422
    assert lead.post("/clients/ACME/sla/close?of=2026-06").status_code == 403
    said = {"metric": "first_response", "cycle": "1", "code": "other", "words": ""}
    assert lead.post(f"{CLOCK}/reason", data=said).status_code == 422
    assert lead.post(f"{CLOCK}/reason", data=said | {"words": "電話が鳴りやまず"}).status_code == 303
    assert "電話が鳴りやまず" in page(admin, f"{HERE}/tickets/2")
    assert owner.post("/clients/ACME/sla/close", data={"of": "2026-06"}).status_code == 303
    with acting_as(job(cast.acme.id)):
        frozen = session.scalars(select(FrozenMonth)).one()
    assert frozen.sha256[:12] in page(admin, f"{HERE}?of=2026-06")
    assert lead.post(f"{CLOCK}/reason", data=said | {"code": "volume"}).status_code == 422
    contest = {"metric": "first_response", "cycle": "1", "reason": "遅い"}
    assert admin.post(f"{HERE}/tickets/2/contest", data=contest).status_code == 422


@pytest.mark.parametrize("role", [Role.REQUESTER, Role.TEAM_LEAD, Role.BILLING_CONTACT])
def test_only_the_clients_admin_enters(cast: Cast, broken: Ticket, browser_of: SignIn, role: Role) -> None:
    assert browser_of(cast.acme.emails[role]).get(HERE).status_code == 403


def test_another_companys_room_is_not_there(session: Session, cast: Cast, broken: Ticket, browser_of: SignIn) -> None:
    with acting_as(job(cast.acme.id)):
        cycle = (broken.id, "first_response", 1)
        mine = open_dispute(session, cast.acme.id, cycle, DESK, "停電", "相沢", Pace(), AFTER)
        session.commit()
    other = browser_of(cast.globex.emails[Role.CLIENT_ADMIN])
    for path in ("", "/tickets", "/tickets.csv", "/tickets/2"):
        assert other.get(f"{HERE}{path}").status_code == 404
    assert other.get("/portal/GLOBEX/sla/tickets/2").status_code == 404
    for home in ("ACME", "GLOBEX"):
        answer = other.post(f"/portal/{home}/sla/disputes/{mine.id}/answer", data={"verdict": "accept"})
        assert answer.status_code == 404


@pytest.mark.parametrize("address", [HERE, f"{HERE}/tickets", f"{HERE}/tickets/2"])
def test_a_page_asks_the_same_questions_for_few_and_many(
    session: Session, cast: Cast, admin: FlaskClient, questions: Counted, address: str
) -> None:
    page(admin, address)
    few = questions(lambda: page(admin, address))
    with acting_as(job(cast.acme.id)):
        tenant = session.get_one(Tenant, cast.acme.id)
        contact = session.get_one(Contact, (cast.acme.id, cast.acme.contacts[Role.REQUESTER]))
        agent = actions.Actor("agent", cast.staff[Role.AGENT], "相沢")
        for hour in range(6):
            matter = actions.Matter("多い", "動きません", Channel.MAIL, contact, urgency=Level.HIGH)
            at = MONDAY_9 + timedelta(days=1 + hour)
            ticket = actions.open_ticket(session, tenant, matter, actions.Actor("client", contact.id, "髙﨑"), at)
            actions.resolve(session, ticket, agent, "直しました", at + 5 * HOUR)
        session.commit()
    assert questions(lambda: page(admin, address)) == few
