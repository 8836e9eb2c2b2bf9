"""What stands in a month's way is set right in the client's own row of the board."""

from __future__ import annotations

from decimal import Decimal

from flask.testing import FlaskClient
from sqlalchemy import select

from billing import actions as billing
from billing.models import DeskRate, DocumentDraft, EntryState, TenantRate, TimeEntry
from msp.tickets.models import Event, Ticket
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.rules import Role, job
from tests.billing.agreed import agree
from tests.billing.books import JULY_2, JUNE, Books
from tests.cast import MONDAY_9, Cast
from tests.msp.web.rooms.conftest import Counted

BOARD = "/month?of=2026-06"


def drafted(books: Books, cast: Cast) -> list[str]:
    """June's draft computed, and the faults on it."""
    with acting_as(job(cast.acme.id)), transaction() as rows:
        draft = billing.recompute_draft(rows, cast.acme.id, JUNE, JULY_2)
        return [flag["fault"] for flag in draft.flags] if draft else []


def faults(cast: Cast) -> list[str]:
    with acting_as(job(cast.acme.id)):
        db.session.expire_all()
        draft = db.session.scalars(select(DocumentDraft).where(DocumentDraft.period_start == JUNE.begin)).one()
        return [flag["fault"] for flag in draft.flags]


def submitted(books: Books, cast: Cast) -> TimeEntry:
    with acting_as(job(cast.acme.id)):
        entry = books.log("2")
        entry.state = EntryState.SUBMITTED
        books.session.commit()
        return entry


def test_time_is_approved_where_it_is_missed(books: Books, cast: Cast, biller: FlaskClient) -> None:
    entry = submitted(books, cast)
    with acting_as(job(cast.acme.id)):
        books.log("1")
        books.session.commit()
    assert drafted(books, cast) == ["unapproved_time"]
    page = biller.get(BOARD).text
    assert f'value="ACME:{entry.id}:{entry.version}"' in page
    biller.post("/month/ACME/approve?of=2026-06", data={"entry": f"ACME:{entry.id}:{entry.version}"})
    assert faults(cast) == []


def test_what_changed_since_it_was_listed_stays_and_is_said(books: Books, cast: Cast, biller: FlaskClient) -> None:
    entry = submitted(books, cast)
    with acting_as(job(cast.acme.id)):
        books.log("1")
        books.session.commit()
    drafted(books, cast)
    answer = biller.post("/month/ACME/approve?of=2026-06", data={"entry": f"ACME:{entry.id}:99"})
    assert "stayed=1" in answer.headers["Location"]
    assert faults(cast) == ["unapproved_time"]


def test_anothers_entry_is_not_approved_under_this_clients_name(books: Books, cast: Cast, biller: FlaskClient) -> None:
    entry = submitted(books, cast)
    assert biller.post("/month/GLOBEX/approve", data={"entry": f"ACME:{entry.id}:1"}).status_code == 422
    assert biller.post("/month/ACME/approve", data={}).status_code == 422


def test_one_press_says_which_of_two_items_pays(books: Books, cast: Cast, biller: FlaskClient) -> None:
    with acting_as(job(cast.acme.id)):
        rates = {"rates": [{"price": "9000"}]}
        agree(books, ("one", "tm", rates, {}), ("two", "tm", {"rates": [{"price": "5000"}]}, {}))
        entry = books.log("2", at=MONDAY_9)
        books.session.commit()
    assert drafted(books, cast) == ["two_items"]
    assert f'action="/month/ACME/place/{entry.id}' in biller.get(BOARD).text
    assert biller.post(f"/month/ACME/place/{entry.id}", data={"item": "none"}).status_code == 422
    assert biller.post(f"/month/GLOBEX/place/{entry.id}", data={"item": "two"}).status_code == 404
    assert biller.post(f"/month/ACME/place/{entry.id}", data={"item": "two"}).status_code == 303
    assert faults(cast) == []


def test_a_price_that_is_missing_holds_from_the_first_day_of_such_work(
    books: Books, cast: Cast, biller: FlaskClient
) -> None:
    with acting_as(job(cast.acme.id)):
        for rate in books.session.scalars(select(DeskRate).where(DeskRate.work_type.is_(None))):
            books.session.delete(rate)
        books.log("2")
        books.session.commit()
    assert drafted(books, cast) == ["no_price"]
    assert 'id="price-ACME-remote"' in biller.get(BOARD).text
    assert biller.post("/month/ACME/price", data={"work_type": "remote", "price": ""}).status_code == 422
    assert biller.post("/month/ACME/price", data={"work_type": "nothing", "price": "1"}).status_code == 422
    assert biller.post("/month/ACME/price", data={"work_type": "remote", "price": "７，０００"}).status_code == 303
    with acting_as(job(cast.acme.id)):
        set_rate = books.session.scalars(select(TenantRate)).one()
        assert (set_rate.price, set_rate.since) == (Decimal(7000), JUNE.begin)
    assert faults(cast) == []


def test_work_nobody_logged_is_flagged_with_the_way_to_it(
    books: Books, cast: Cast, biller: FlaskClient, questions: Counted
) -> None:
    with acting_as(job(cast.acme.id)):
        books.log("2")
        books.session.commit()
    drafted(books, cast)
    assert "/month/ACME/unlogged" not in biller.get(BOARD).text
    before = questions(lambda: biller.get(BOARD))
    for company in (cast.acme, cast.globex):
        with acting_as(job(company.id)), transaction() as rows:
            ticket = Ticket(
                tenant_id=company.id, number=77, key=f"{company.key}-77", title="返答だけ",
                owner_id=cast.staff[Role.AGENT], opened_at=MONDAY_9, changed_at=MONDAY_9,
            )  # fmt: skip
            rows.add(ticket)
            rows.flush()
            rows.add(
                Event(
                    tenant_id=company.id,
                    ticket_id=ticket.id,
                    type="replied",
                    at=MONDAY_9,
                    by="agent",
                    by_id=cast.staff[Role.AGENT],
                    data={},
                )
            )
    page = biller.get(BOARD).text
    assert 'href="/month/ACME/unlogged?of=2026-06"' in page
    assert questions(lambda: biller.get(BOARD)) == before
    found = biller.get("/month/ACME/unlogged?of=2026-06").text
    assert "ACME-77" in found
    assert "agent 相沢" in found
    assert "GLOBEX-77" not in found
    assert "ACME-77" not in biller.get("/month/ACME/unlogged?of=2026-05").text
