"""What the scope cannot see says how many rows it wrote, and refuses another tenant's."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from msp.tickets.models import Tag
from tenants.isolation import WallError, acting_as
from tenants.models import Counter, Domain
from tenants.rows import insert_many, insert_once, next_number, put_many, set_shared_once
from tenants.rules import GATE, job
from tests.cast import Cast


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
