"""Rows whose id is drawn leave with all that names them, and a row that counts its versions is never overwritten."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from msp.tickets.models import Event, Message, Ticket
from msp.tickets.rules import Channel
from tenants.gathered import bring, gather
from tenants.isolation import WallError, acting_as
from tenants.rows import draw
from tenants.rules import job
from tests.cast import MONDAY_9, Cast


@pytest.fixture
def acting(session: Session, cast: Cast) -> Iterator[Session]:
    with acting_as(job(cast.acme.id)):
        session.connection()
        yield session


@pytest.fixture
def written(acting: Session) -> Iterator[list[str]]:
    """The statements that write, from here on."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.extend([statement] if "INSERT" in statement or "UPDATE" in statement else [])

    event.listen(acting.get_bind(), "before_cursor_execute", note)
    yield seen
    event.remove(acting.get_bind(), "before_cursor_execute", note)


def ticket_of(session: Session, tenant_id: int, number: int = 7) -> Ticket:
    return Ticket(
        id=draw(session, Ticket),
        tenant_id=tenant_id,
        number=number,
        key=f"ACME-{number}",
        title="印刷できない",
        owner_id=1,
        opened_at=MONDAY_9,
        changed_at=MONDAY_9,
    )


def brought(session: Session, cast: Cast, number: int = 7) -> Ticket:
    ticket = ticket_of(session, cast.acme.id, number)
    bring(session, ticket)
    return ticket


def test_a_row_leaves_with_what_hangs_on_it_and_is_the_sessions_from_then_on(
    acting: Session, cast: Cast, written: list[str]
) -> None:
    ticket = brought(acting, cast)
    told = {"tenant_id": cast.acme.id, "ticket_id": ticket.id, "at": MONDAY_9, "type": "opened", "by": "system"}
    gather(acting, Event, told)
    ticket.title = "印刷できません"
    acting.flush()
    assert len(written) == 1
    assert acting.get_one(Ticket, (cast.acme.id, ticket.id)) is ticket
    acting.expire_all()
    assert (ticket.title, ticket.status, ticket.version) == ("印刷できません", "new", 1)
    assert acting.scalars(select(Event.type)).all() == ["opened"]


def test_a_commit_sends_it_too(acting: Session, cast: Cast) -> None:
    ticket = brought(acting, cast)
    acting.commit()
    assert acting.get(Ticket, (cast.acme.id, ticket.id)) is ticket


def test_what_sqlalchemy_writes_may_hang_on_it(acting: Session, cast: Cast) -> None:
    ticket = brought(acting, cast)
    words = Message(tenant_id=cast.acme.id, ticket_id=ticket.id, at=MONDAY_9, by="client", by_name="髙﨑", text="")
    words.channel = Channel.MAIL
    acting.add(words)
    acting.flush()
    assert words.id


def test_whatever_was_changed_is_written_in_one_text(acting: Session, cast: Cast, written: list[str]) -> None:
    ticket = brought(acting, cast)
    acting.flush()
    written.clear()
    ticket.title = "二度目"
    acting.flush()
    ticket.tier, ticket.category = 3, "network"
    acting.flush()
    first, second = written
    assert first == second
    acting.expire_all()
    assert (ticket.title, ticket.tier, ticket.version) == ("二度目", 3, 3)


def test_what_is_as_it_was_is_not_written(acting: Session, cast: Cast, written: list[str]) -> None:
    ticket = brought(acting, cast)
    acting.flush()
    written.clear()
    ticket.title, ticket.tier = ticket.title, 1
    acting.flush()
    assert written == []
    assert ticket in acting


def test_several_changed_rows_are_all_written(acting: Session, cast: Cast) -> None:
    both = [brought(acting, cast, number) for number in (7, 8)]
    acting.flush()
    for ticket in both:
        ticket.title = "変更"
    acting.flush()
    acting.expire_all()
    assert [(ticket.title, ticket.version) for ticket in both] == [("変更", 2), ("変更", 2)]


def test_a_row_that_went_on_meanwhile_is_not_overwritten(acting: Session, cast: Cast) -> None:
    ticket = brought(acting, cast)
    acting.flush()
    acting.execute(update(Ticket).values(version=2), execution_options={"synchronize_session": False})
    ticket.title = "遅すぎた"
    with pytest.raises(StaleDataError):
        acting.flush()


def test_a_row_of_another_tenant_is_not_brought(acting: Session, cast: Cast) -> None:
    with pytest.raises(WallError):
        bring(acting, ticket_of(acting, cast.globex.id))


def test_a_row_does_not_move_to_another_tenant(acting: Session, cast: Cast) -> None:
    ticket = brought(acting, cast)
    acting.flush()
    ticket.tenant_id = cast.globex.id
    with pytest.raises(WallError):
        acting.flush()
    acting.rollback()


def test_what_was_brought_goes_with_the_savepoint(acting: Session, cast: Cast) -> None:
    with acting.begin_nested() as savepoint:
        brought(acting, cast)
        savepoint.rollback()
    acting.flush()
    assert acting.scalars(select(Ticket.id)).all() == []
