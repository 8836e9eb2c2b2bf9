"""A statement that is compiled once stands behind the wall like any other."""

from __future__ import annotations

import pytest
from sqlalchemy import BigInteger, bindparam, select
from sqlalchemy.orm import Session

from tenants.gathered import gather
from tenants.isolation import acting_as
from tenants.kept import Kept
from tenants.models import Counter, Tenant
from tenants.rules import job
from tests.cast import Cast

KEYS = Kept(select(Tenant.tenant_id).order_by(Tenant.tenant_id))
COUNTED = Kept(select(Counter.value).where(Counter.name == "a", Counter.value > bindparam("least", type_=BigInteger)))


def test_it_answers_of_the_tenants_of_whoever_asks_now(session: Session, cast: Cast) -> None:
    for company in (cast.acme, cast.globex, cast.acme):
        with acting_as(job(company.id)):
            assert KEYS.ask(session, {}).scalars().all() == [company.id]


def test_what_waits_is_written_before(session: Session, cast: Cast) -> None:
    with acting_as(job(cast.acme.id)):
        gather(session, Counter, {"tenant_id": cast.acme.id, "name": "a", "value": 4})
        with session.no_autoflush:
            assert COUNTED.ask(session, {"least": 3}).all() == []
        assert COUNTED.ask(session, {"least": 3}).scalar_one() == 4
        assert COUNTED.ask(session, {"least": 4}).all() == []


def test_a_missing_value_is_said(session: Session, cast: Cast) -> None:
    with acting_as(job(cast.acme.id)), pytest.raises(Exception, match="least"):
        COUNTED.ask(session, {})


def test_what_is_another_text_for_other_values_is_not_kept(session: Session, cast: Cast) -> None:
    with acting_as(job(cast.acme.id)), pytest.raises(ValueError, match="parameters"):
        Kept(select(Counter.value).where(Counter.name.in_(["a", "b"]))).ask(session, {})
