"""What the scope cannot see says how many rows it wrote, and refuses another tenant's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from msp.tickets.models import Tag
from tenants.gathered import Manner, gather, gathered
from tenants.isolation import WallError, acting_as
from tenants.models import Counter, Domain
from tenants.rows import insert_many, insert_once, next_number, put_many, set_shared_once
from tenants.rules import GATE, job
from tenants.work import ScheduleRun
from tests.cast import Cast


@pytest.fixture
def statements(session: Session) -> Iterator[list[str]]:
    """What the database was asked from here on."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def test_a_key_that_is_taken_is_not_new(session: Session, cast: Cast) -> None:
    with acting_as(GATE):
        assert set_shared_once(session, Domain, {"name": "new.example", "tenant_id": cast.acme.id})
        assert not set_shared_once(session, Domain, {"name": "new.example", "tenant_id": cast.globex.id})


def test_inserting_says_how_many_were_new(session: Session, cast: Cast) -> None:
    rows = [{"tenant_id": cast.acme.id, "name": name, "value": 1} for name in ("a", "b")]
    with acting_as(job(cast.acme.id)):
        assert insert_once(session, Counter, rows[0]) == "a"  # type: ignore[comparison-overlap]
        assert insert_many(session, Counter, rows, once=True) == 1
        put_many(session, Counter, [row | {"value": 7} for row in rows])
        assert next_number(session, cast.acme.id, "a") == 8


def test_what_all_rows_say_is_told_once(session: Session, cast: Cast) -> None:
    with acting_as(job(cast.acme.id)):
        same = {"tenant_id": cast.acme.id, "value": 4}
        assert insert_many(session, Counter, [{"name": "a"}, {"name": "b"}], same=same) == 2
        assert next_number(session, cast.acme.id, "b") == 5


def test_another_tenants_rows_are_refused_before_the_database(session: Session, cast: Cast) -> None:
    foreign = {"tenant_id": cast.globex.id, "ticket_id": 1, "name": "x"}
    with acting_as(job(cast.acme.id)):
        with pytest.raises(WallError):
            insert_once(session, Tag, foreign)
        with pytest.raises(WallError):
            insert_many(session, Tag, [foreign])
        with pytest.raises(WallError):
            insert_many(session, Tag, [{"ticket_id": 1, "name": "x"}], same={"tenant_id": cast.globex.id})


def test_what_is_gathered_is_there_for_whoever_asks(session: Session, cast: Cast) -> None:
    with acting_as(job(cast.acme.id)):
        gather(session, Counter, {"tenant_id": cast.acme.id, "name": "a", "value": 4})
        gather(session, Counter, {"tenant_id": cast.acme.id, "name": "b", "value": 9})
        assert [row["name"] for row in gathered(session, Counter)] == ["a", "b"]
        assert next_number(session, cast.acme.id, "b") == 10
        assert gathered(session, Counter) == []


def test_tables_are_written_together(session: Session, cast: Cast, statements: list[str]) -> None:
    at = datetime(2026, 10, 1, tzinfo=UTC)
    with acting_as(job(cast.acme.id)):
        session.connection()
        statements.clear()
        gather(session, Counter, {"tenant_id": cast.acme.id, "name": "a", "value": 4})
        gather(session, ScheduleRun, {"tenant_id": cast.acme.id, "schedule": "x", "due_at": at}, Manner.ONCE)
        gather(session, ScheduleRun, {"tenant_id": cast.acme.id, "schedule": "x", "due_at": at}, Manner.ONCE)
        session.flush()
        assert len(statements) == 1
        assert session.get_one(ScheduleRun, (cast.acme.id, "x", at))
        assert next_number(session, cast.acme.id, "a") == 5


def test_of_what_writes_over_the_last_counts(session: Session, cast: Cast) -> None:
    with acting_as(job(cast.acme.id)):
        for value in (1, 2, 3):
            gather(session, Counter, {"tenant_id": cast.acme.id, "name": "a", "value": value}, Manner.OVER)
        assert next_number(session, cast.acme.id, "a") == 4


def test_a_table_in_two_manners_is_written_in_their_order(session: Session, cast: Cast) -> None:
    with acting_as(job(cast.acme.id)):
        gather(session, Counter, {"tenant_id": cast.acme.id, "name": "a", "value": 1})
        gather(session, Counter, {"tenant_id": cast.acme.id, "name": "a", "value": 7}, Manner.OVER)
        assert next_number(session, cast.acme.id, "a") == 8


def test_what_was_gathered_goes_with_the_savepoint(session: Session, cast: Cast) -> None:
    with acting_as(job(cast.acme.id)):
        gather(session, Counter, {"tenant_id": cast.acme.id, "name": "before", "value": 1})
        with session.begin_nested() as savepoint:
            gather(session, Counter, {"tenant_id": cast.acme.id, "name": "inside", "value": 1})
            savepoint.rollback()
        assert next_number(session, cast.acme.id, "before") == 2
        assert next_number(session, cast.acme.id, "inside") == 1


def test_what_is_gathered_is_written_as_whoever_gathered_it(session: Session, cast: Cast) -> None:
    with acting_as(job(cast.acme.id)):
        session.connection()
        gather(session, Counter, {"tenant_id": cast.acme.id, "name": "a", "value": 1})
    with acting_as(job(cast.globex.id)):
        assert next_number(session, cast.globex.id, "a") == 1
    with acting_as(job(cast.acme.id)):
        assert next_number(session, cast.acme.id, "a") == 2


def test_another_tenants_rows_are_not_gathered(session: Session, cast: Cast) -> None:
    with acting_as(job(cast.acme.id)), pytest.raises(WallError):
        gather(session, Tag, {"tenant_id": cast.globex.id, "ticket_id": 1, "name": "x"})


def test_what_was_gathered_is_not_written_for_another(session: Session, cast: Cast) -> None:
    with acting_as(job(cast.acme.id)):
        gather(session, Counter, {"tenant_id": cast.acme.id, "name": "a", "value": 1})
    with acting_as(job(cast.globex.id)), pytest.raises(WallError):
        session.flush()
