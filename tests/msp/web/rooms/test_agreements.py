"""Calendars, contracts, surge packs and replays, as the desk and the client's admin see them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.models import ContractItem
from msp.jobs import JOBS
from msp.outbox.models import Mail, Notice
from msp.tickets import actions as tickets
from msp.tickets.rules import Channel
from sla import queries
from sla.models import Calendar, CalendarVersion, Contract, ContractVersion, Remeasuring, SurgePack
from tenants.db import db
from tenants.isolation import acting_as
from tenants.models import Contact, Tenant
from tenants.rules import Role, job
from tenants.work import Work
from tests.cast import MONDAY_9, Cast
from tests.conftest import SignIn
from tests.msp.web.rooms.conftest import Counted
from tests.promises import agree_on_office_hours

Row = TypeVar("Row")
Rows = Callable[[], Session]
OFFICE = {
    "name": "本社",
    "zone": "Asia/Tokyo",
    **dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "9:00-12:00, 13-18"),
}
TERMS = {"P1_first_response": "15m", "P1_resolution": "2h", "pause_resolution": "pending_client", "mode": "improve"}
CLIENT = "/clients/ACME"


@pytest.fixture
def rows(session: Session, cast: Cast) -> Iterator[Rows]:
    """Asked for, the session of now: each request ends the last one. The test looks as Acme's system."""
    with acting_as(job(cast.acme.id)):
        contract = agree_on_office_hours(session, cast.acme.id)
        version = queries.versions_of(session, cast.acme.id, contract.id)[0]
        fee = {"price": "100000"}
        billing.add_item(session, cast.acme.id, version.id, "fee", "fixed", "基本料", fee, MONDAY_9)
        session.commit()
        yield _fresh


def _fresh() -> Session:
    db.session().expire_all()
    return db.session()


@pytest.fixture
def owner(rows: Rows, cast: Cast, browser_of: SignIn) -> FlaskClient:
    return browser_of(cast.emails[Role.OWNER])


@pytest.fixture
def admin(rows: Rows, cast: Cast, browser_of: SignIn) -> FlaskClient:
    return browser_of(cast.acme.emails[Role.CLIENT_ADMIN])


def own_calendar(rows: Rows, cast: Cast) -> Calendar:
    return _read(rows, select(Calendar).where(Calendar.tenant_id == cast.acme.id))


def own_contract(rows: Rows, cast: Cast) -> Contract:
    return _read(rows, select(Contract).where(Contract.tenant_id == cast.acme.id))


def offered_pack(rows: Rows, cast: Cast, owner: FlaskClient) -> SurgePack:
    form = {"name": "決算対応", "starts_at": "2026-06-02T00:00", "ends_at": "2026-06-09T00:00", "P3_resolution": "1h"}
    page = owner.post(f"{CLIENT}/contract/{own_contract(rows, cast).id}/packs/new", data=form | {"price": "50,000"})
    assert page.status_code == 303
    return the_pack(rows, cast)


def the_pack(rows: Rows, cast: Cast) -> SurgePack:
    return _read(rows, select(SurgePack).where(SurgePack.tenant_id == cast.acme.id))


def done(rows: Rows, kind: str, times: int = 1) -> None:
    """Whatever of this kind waits, done, as often as a queue may do it."""
    for row in rows().scalars(select(Work).where(Work.kind == kind)).all():
        for _ in range(times):
            JOBS[kind](row.tenant_id, *row.ids)
    db.session.commit()


def _read(rows: Rows, statement: Select[Row]) -> Row:
    """One row; the transaction that read it is over, so that the next request's stands by itself."""
    found = rows().scalars(statement).one()
    db.session.commit()
    return found


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_page_is_written_in_both_languages(rows: Rows, cast: Cast, owner: FlaskClient, language: str) -> None:
    calendar, contract = own_calendar(rows, cast).id, own_contract(rows, cast).id
    offered_pack(rows, cast, owner)
    owner.post("/profile", data={"language": language, "zone": "Asia/Tokyo", "theme": "auto"})
    for path in (
        "/calendars",
        "/calendars/new",
        f"/calendars/{calendar}",
        f"/calendars/{calendar}/edit",
        f"/calendars/{calendar}/restate",
        "/contract",
        "/contract/progress",
        f"/contract/{contract}/next",
        f"/contract/{contract}/packs/new",
    ):
        page = owner.get(CLIENT + path)
        assert page.status_code == 200, path


def test_a_calendar_is_typed_with_its_holidays_struck_out_and_its_closures_in_one_act(
    rows: Rows, cast: Cast, owner: FlaskClient
) -> None:
    closure = {"special_from": "2026-12-29", "special_to": "2027-01-03", "special_hours": ""}
    proposal = {"holiday_set": "JP", "shown": ["2026-01-01", "2026-01-12"], "used": ["2026-01-01"]}
    form = OFFICE | {"name": "夜間", "fri": "22:00-6:00", "sat": "18:00-26:00"} | closure | proposal
    page = owner.post(f"{CLIENT}/calendars/new", data=form)
    assert page.status_code == 303
    made = rows().scalars(select(CalendarVersion).order_by(CalendarVersion.calendar_id.desc())).first()
    assert made is not None
    assert made.hours["weekly"]["fri"] == [["22:00", "06:00"]]
    assert made.hours["weekly"]["sat"] == [["18:00", "02:00"]]
    assert sorted(made.hours["special"])[:2] == ["2026-12-29", "2026-12-30"]
    assert "2026-01-01" in made.hours["holidays"]
    assert "2026-01-12" not in made.hours["holidays"]
    assert "2027-01-11" in made.hours["holidays"]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"mon": "9-12, 11-13"}, "These hours overlap."),
        ({"mon": "22-30", "tue": "5-9"}, "These hours run into those of the next day."),
        (dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ""), "This calendar never opens."),
        ({"mon": "soon"}, "Write hours like"),
        ({"zone": "Asia/Nowhere"}, "This is not known here."),
        ({"name": "本社"}, "There is a calendar of this name."),
    ],
)
def test_what_nobody_could_keep_is_refused_at_its_field(
    rows: Rows, cast: Cast, browser_of: SignIn, owner: FlaskClient, typed: dict[str, str], sentence: str
) -> None:
    owner.post("/profile", data={"language": "en", "zone": "Asia/Tokyo", "theme": "auto"})
    page = owner.post(f"{CLIENT}/calendars/new", data=OFFICE | {"name": "other"} | typed)
    assert page.status_code == 422
    assert sentence in page.get_data(as_text=True)


def test_an_edit_is_a_version_that_reaches_the_tickets_when_it_begins(
    rows: Rows, cast: Cast, owner: FlaskClient
) -> None:
    calendar = own_calendar(rows, cast)
    form = OFFICE | {"mon": "8-20", "since": "2026-06-03T00:00"}
    assert owner.post(f"{CLIENT}/calendars/{calendar.id}/edit", data=form).status_code == 303
    change = rows().scalars(select(Remeasuring)).one()
    assert (change.cause, change.since) == ("calendar", datetime(2026, 6, 2, 15, tzinfo=UTC))
    left = rows().scalars(select(Work).where(Work.kind == "upkeep.remeasure")).one()
    assert left.available_at == change.since
    text = owner.get(f"{CLIENT}/calendars/{calendar.id}").get_data(as_text=True)
    assert "8:00 – 20:00" in text


def test_the_past_is_corrected_by_a_restatement_with_a_reason_only(rows: Rows, cast: Cast, owner: FlaskClient) -> None:
    calendar = own_calendar(rows, cast)
    url, form = f"{CLIENT}/calendars/{calendar.id}/restate", OFFICE | {"mon": "", "since": "2026-05-01T00:00"}
    assert owner.post(f"{CLIENT}/calendars/{calendar.id}/edit", data=form).status_code == 422
    assert owner.post(url, data=form).status_code == 422
    assert owner.post(url, data=form | {"reason": "月曜は休みでした"}).status_code == 303
    history = queries.calendar_history_of(rows(), cast.acme.id, calendar.id)
    assert [row.reason for row in history] == ["月曜は休みでした", ""]
    assert rows().scalars(select(Remeasuring.cause)).all() == ["restatement"]


def test_the_tester_says_when_something_is_due_and_how_it_adds_up(rows: Rows, cast: Cast, owner: FlaskClient) -> None:
    calendar = own_calendar(rows, cast)
    page = owner.get(f"{CLIENT}/calendars/{calendar.id}?start=2026-06-05T17:00&length=2h")
    text = page.get_data(as_text=True)
    assert "10:00" in text
    assert text.count('class="number">1時間</td>') == 2


def test_the_next_version_carries_what_is_billed_and_leaves_the_refold_as_work(
    rows: Rows, cast: Cast, owner: FlaskClient
) -> None:
    contract, calendar = own_contract(rows, cast), own_calendar(rows, cast)
    form = TERMS | {"calendar": str(calendar.id), "since": "2026-07-01T00:00", "goal_resolution": "95"}
    form |= {"credit_0_below": "95", "credit_0_percent": "5", "credit_cap": "20", "step_0_metric": "resolution"}
    page = owner.post(f"{CLIENT}/contract/{contract.id}/next", data=form | {"step_0_at": "75", "step_0_tell": "lead"})
    assert page.status_code == 303
    versions = queries.versions_of(rows(), cast.acme.id, contract.id)
    assert versions[-1].terms["targets"] == {"P1": {"first_response": 15, "resolution": 120}}
    assert versions[-1].terms["escalations"] == [{"metric": "resolution", "step": "75%", "tell": ["lead"]}]
    assert (versions[-1].terms["goals"], versions[-1].terms["credit_cap"]) == ({"resolution": 95}, 20)
    carried = rows().scalars(select(ContractItem.key).where(ContractItem.version_id == versions[-1].id)).all()
    assert carried == ["fee"]
    assert owner.post(f"{CLIENT}/contract/versions/{versions[-1].id}/withdraw").status_code == 303
    assert len(queries.versions_of(rows(), cast.acme.id, contract.id)) == 1
    assert rows().get_one(ContractVersion, (cast.acme.id, versions[-1].id)).withdrawn_at is not None
    assert owner.post(f"{CLIENT}/contract/versions/{versions[0].id}/withdraw").status_code == 422


def test_a_version_never_begins_in_the_past(rows: Rows, cast: Cast, owner: FlaskClient) -> None:
    contract, calendar = own_contract(rows, cast), own_calendar(rows, cast)
    form = TERMS | {"calendar": str(calendar.id), "since": "2026-05-31T00:00"}
    assert owner.post(f"{CLIENT}/contract/{contract.id}/next", data=form).status_code == 422


def test_a_client_without_a_contract_is_led_to_its_promises_in_detail(
    session: Session, cast: Cast, browser_of: SignIn
) -> None:
    owner = browser_of(cast.emails[Role.OWNER])
    for path in ("/clients/GLOBEX", "/clients/GLOBEX/contract", "/clients/GLOBEX/items"):
        assert 'href="/clients/GLOBEX/contract/first"' in owner.get(path).get_data(as_text=True), path
    assert owner.get("/clients/GLOBEX/contract/new").status_code == 404
    form = {"offer": "tm", "rate": "9000", "promises": "p1", "step": "0"}
    made = owner.post("/clients/GLOBEX/contract/first", data=form)
    with acting_as(job(cast.globex.id)):
        (contract,) = queries.contracts_of(db.session(), cast.globex.id)
        book = queries.book(db.session(), cast.globex.id)
        db.session.commit()
    promise = book.terms[book.contract.holds(int(MONDAY_9.timestamp()) + 3600) or ""].promises["P1", "resolution"]
    assert promise.hours.elapsed(int(MONDAY_9.timestamp()), int(MONDAY_9.timestamp()) + 86_400) == 86_400
    editor = f"/clients/GLOBEX/contract/{contract.id}/next"
    assert f'href="{editor}"' in owner.get(made.location).get_data(as_text=True)
    assert owner.get(editor).status_code == 200


def test_a_version_to_come_is_edited_where_it_stands(rows: Rows, cast: Cast, owner: FlaskClient) -> None:
    contract, calendar = own_contract(rows, cast), own_calendar(rows, cast)
    form = TERMS | {"calendar": str(calendar.id), "since": "2026-07-01T00:00"}
    assert owner.post(f"{CLIENT}/contract/{contract.id}/next", data=form).status_code == 303
    assert 'value="2026-07-01T00:00"' in owner.get(f"{CLIENT}/contract/{contract.id}/next").get_data(as_text=True)
    again = form | {"P1_resolution": "3h"}
    assert owner.post(f"{CLIENT}/contract/{contract.id}/next", data=again).status_code == 303
    _, last = queries.versions_of(rows(), cast.acme.id, contract.id)
    assert last.terms["targets"]["P1"]["resolution"] == 180
    carried = rows().scalars(select(ContractItem.key).where(ContractItem.version_id == last.id)).all()
    assert carried == ["fee"]
    book = queries.book(rows(), cast.acme.id)
    held = book.terms[book.contract.holds(int(last.since.timestamp())) or ""]
    assert held.promises["P1", "resolution"].target == 180 * 60


def test_an_offer_reaches_the_clients_admins_by_mail_and_in_their_rooms(
    rows: Rows, cast: Cast, owner: FlaskClient, browser_of: SignIn
) -> None:
    offered_pack(rows, cast, owner)
    done(rows, "mail.pack_offered", times=2)
    (mail,) = rows().scalars(select(Mail).where(Mail.key.like("pack:%"))).all()
    assert mail.to[0]["address"] == cast.acme.emails[Role.CLIENT_ADMIN]
    assert "決算対応" in mail.subject
    assert "50,000" in mail.text
    assert "/portal/ACME/contract#packs" in mail.text
    db.session.commit()
    page = browser_of(cast.acme.emails[Role.CLIENT_ADMIN]).get("/portal/ACME/tickets").get_data(as_text=True)
    assert "/portal/ACME/contract#packs" in page
    page = browser_of(cast.acme.emails[Role.REQUESTER]).get("/portal/ACME/tickets").get_data(as_text=True)
    assert "決算対応" not in page


def test_an_offer_taken_back_is_announced_to_nobody(rows: Rows, cast: Cast, owner: FlaskClient) -> None:
    pack = offered_pack(rows, cast, owner)
    assert owner.post(f"{CLIENT}/contract/packs/{pack.id}/withdraw").status_code == 303
    done(rows, "mail.pack_offered")
    assert rows().scalars(select(Mail).where(Mail.key.like("pack:%"))).all() == []


@pytest.mark.parametrize(("verdict", "status"), [("approve", "approved"), ("decline", "declined")])
def test_the_owner_and_the_responsible_agent_hear_the_answer_once(
    rows: Rows, cast: Cast, owner: FlaskClient, admin: FlaskClient, verdict: str, status: str
) -> None:
    rows().get_one(Tenant, cast.acme.id).owner_login_id = cast.staff[Role.AGENT]
    db.session.commit()
    pack = offered_pack(rows, cast, owner)
    admin.post(f"/portal/ACME/contract/packs/{pack.id}/{verdict}")
    done(rows, "mail.pack_answered", times=2)
    hearers = {cast.staff[Role.OWNER], cast.staff[Role.AGENT]}
    told = rows().scalars(select(Notice).where(Notice.kind == "pack_answered")).all()
    assert sorted((one.login_id, one.subject, one.data["status"]) for one in told) == [
        (login, "ACME", status) for login in sorted(hearers)
    ]
    mails = rows().scalars(select(Mail).where(Mail.key.like("pack:%:desk:%"))).all()
    assert {mail.key for mail in mails} == {f"pack:{pack.id}:{status}:desk:{login}" for login in hearers}
    assert all("/clients/ACME/contract#packs" in mail.text for mail in mails)
    db.session.commit()
    assert "/clients/ACME/contract#packs" in owner.get("/notices").get_data(as_text=True)


def test_the_clients_admin_decides_on_a_pack_once(
    rows: Rows, cast: Cast, owner: FlaskClient, browser_of: SignIn
) -> None:
    pack = offered_pack(rows, cast, owner)
    admin = browser_of(cast.acme.emails[Role.CLIENT_ADMIN])
    text = admin.get("/portal/ACME/contract").get_data(as_text=True)
    assert "決算対応" in text
    assert "50,000" in text
    assert admin.post(f"/portal/ACME/contract/packs/{pack.id}/approve").status_code == 303
    kept = the_pack(rows, cast)
    assert (kept.status, kept.decided_by) == ("approved", "髙﨑花子")
    assert admin.post(f"/portal/ACME/contract/packs/{pack.id}/decline").status_code == 409
    instants = rows().scalars(select(Remeasuring.since).order_by(Remeasuring.since)).all()
    assert instants == [pack.starts_at, pack.ends_at]


def test_only_the_admin_of_the_company_sees_its_packs(
    rows: Rows, cast: Cast, owner: FlaskClient, browser_of: SignIn
) -> None:
    pack = offered_pack(rows, cast, owner)
    requester = browser_of(cast.acme.emails[Role.REQUESTER])
    assert requester.get("/portal/ACME/contract").status_code == 403
    stranger = browser_of(cast.globex.emails[Role.CLIENT_ADMIN])
    assert stranger.post(f"/portal/GLOBEX/contract/packs/{pack.id}/approve").status_code == 404


def test_an_approved_pack_ends_earlier_by_a_new_act(
    rows: Rows, cast: Cast, owner: FlaskClient, browser_of: SignIn
) -> None:
    pack = offered_pack(rows, cast, owner)
    assert owner.post(f"{CLIENT}/contract/packs/{pack.id}/end", data={"ends_at": ""}).status_code == 422
    browser_of(cast.acme.emails[Role.CLIENT_ADMIN]).post(f"/portal/ACME/contract/packs/{pack.id}/approve")
    late = {"ends_at": "2026-06-20T00:00"}
    again = browser_of(cast.emails[Role.OWNER])
    assert again.post(f"{CLIENT}/contract/packs/{pack.id}/end", data=late).status_code == 422
    assert again.post(f"{CLIENT}/contract/packs/{pack.id}/end", data={"ends_at": "2026-06-04T00:00"}).status_code == 303
    kept = the_pack(rows, cast)
    assert (kept.ends_at, kept.ends) == (pack.ends_at, datetime(2026, 6, 3, 15, tzinfo=UTC))


def test_last_month_is_compared_with_what_it_would_have_been(rows: Rows, cast: Cast, owner: FlaskClient) -> None:
    opened = MONDAY_9 - timedelta(days=20)
    session = rows()
    contact = session.get_one(Contact, (cast.acme.id, cast.acme.contacts[Role.REQUESTER]))
    matter = tickets.Matter("画面", "映りません", Channel.MAIL, contact)
    tenant = session.get_one(Tenant, cast.acme.id)
    ticket = tickets.open_ticket(session, tenant, matter, tickets.Actor("client", contact.id, contact.name), opened)
    session.flush()
    agent = tickets.Actor("agent", cast.staff[Role.AGENT], "相沢")
    tickets.resolve(session, ticket, agent, "直りました", opened + timedelta(hours=2))
    session.commit()
    key = ticket.key
    contract, calendar = own_contract(rows, cast), own_calendar(rows, cast)
    targets = {f"P{n}_{metric}": "5m" for n in (1, 2, 3, 4) for metric in ("first_response", "resolution")}
    form = targets | {"calendar": str(calendar.id), "what_if": "1", "months": "1"}
    page = owner.post(f"{CLIENT}/contract/{contract.id}/next", data=form)
    assert page.status_code == 303
    text = owner.get(page.headers["Location"]).get_data(as_text=True)
    assert key in text
    assert text.count("100.0%") >= 2


def test_pages_ask_few_questions(rows: Rows, cast: Cast, owner: FlaskClient, questions: Counted) -> None:
    calendar = own_calendar(rows, cast)
    assert questions(lambda: owner.get(f"{CLIENT}/calendars/{calendar.id}")) <= 14
    assert questions(lambda: owner.get(f"{CLIENT}/contract")) <= 18


def test_a_rungs_ways_acts_and_followers_come_back_into_the_form(rows: Rows, cast: Cast, owner: FlaskClient) -> None:
    contract, calendar = own_contract(rows, cast), own_calendar(rows, cast)
    url = f"{CLIENT}/contract/{contract.id}/next"
    form = TERMS | {"calendar": str(calendar.id), "since": "2026-07-01T00:00"}
    form |= {"step_0_metric": "resolution", "step_0_at": "75", "step_0_tell": "lead", "step_0_via": "webhook"}
    then = {"step_0_act": "next_tier", "step_0_then_0_tell": "client_admin", "step_0_then_0_via": "mail"}
    refused = owner.post(url, data=form | then)
    assert refused.status_code == 422
    assert 'href="#f-step_0_ack"' in refused.get_data(as_text=True)
    assert owner.post(url, data=form | then | {"step_0_ack": "20"}).status_code == 303
    (step,) = queries.versions_of(rows(), cast.acme.id, contract.id)[-1].terms["escalations"]
    assert (step["via"], step["act"], step["ack_minutes"]) == (["webhook"], ["next_tier"], 20)
    assert step["then"] == [{"tell": ["client_admin"], "via": ["mail"]}]
    page = owner.get(url).get_data(as_text=True)
    for name, value in (("step_0_via", "webhook"), ("step_0_then_0_tell", "client_admin"), ("step_0_act", "next_tier")):
        assert f'name="{name}" value="{value}" checked' in page, name
