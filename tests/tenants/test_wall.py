"""Each wall is enough alone."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from tenants import actions, queries
from tenants.isolation import WallError, acting_as
from tenants.models import Contact, Login, Tenant
from tenants.passwords import token_hash
from tenants.rules import GATE, Role, job
from tests.cast import OPENED, Cast

RAW = text("SELECT count(*) FROM contact")


def test_nobody_acting_is_an_error(session: Session) -> None:
    with pytest.raises(WallError):
        session.scalars(select(Tenant)).all()


def test_an_agent_sees_the_tenants_he_is_given(session: Session, cast: Cast) -> None:
    with acting_as(cast.agent()):
        assert {row.tenant_id for row in session.scalars(select(Tenant))} == set(cast.every)


def test_a_job_sees_one_tenant_also_by_raw_sql(session: Session, cast: Cast) -> None:
    with acting_as(job(cast.acme.id)):
        assert {row.tenant_id for row in session.scalars(select(Contact))} == {cast.acme.id}
        assert session.execute(RAW).scalar() == 4


def test_changing_who_acts_changes_what_an_open_transaction_sees(session: Session, cast: Cast) -> None:
    with acting_as(job(cast.acme.id)):
        assert session.execute(RAW).scalar() == 4
        with acting_as(GATE):
            assert session.execute(RAW).scalar() == 0
        assert session.execute(RAW).scalar() == 4


def test_a_foreign_insert_stops_before_the_database(session: Session, cast: Cast) -> None:
    with acting_as(job(cast.acme.id)):
        session.add(Contact(tenant_id=cast.globex.id, name="x"))
        with pytest.raises(WallError):
            session.flush()
        session.rollback()


def test_a_foreign_insert_by_raw_sql_stops_in_the_database(session: Session, cast: Cast) -> None:
    statement = text("INSERT INTO counter (tenant_id, name, value) VALUES (:tenant, 'x', 1)")
    with acting_as(job(cast.acme.id)), pytest.raises(ProgrammingError, match="row-level security"):
        session.execute(statement, {"tenant": cast.globex.id})
    session.rollback()


def test_the_gate_tells_a_client_the_key_of_his_own_company_alone(session: Session, cast: Cast) -> None:
    with acting_as(GATE):
        token = actions.open_session(session, cast.acme.logins[Role.CLIENT_ADMIN], OPENED)
        found = queries.caller(session, token_hash(token), OPENED)
    assert found is not None
    assert found.tenant_ids == ((cast.acme.key, cast.acme.id),)


def test_a_client_sees_no_table_of_the_gate(session: Session, cast: Cast) -> None:
    with acting_as(cast.client(cast.acme)):
        assert session.scalars(select(Login)).all() == []


def test_a_row_cannot_change_its_tenant(session: Session, cast: Cast) -> None:
    with acting_as(job(cast.acme.id)):
        contact = session.scalars(select(Contact)).first()
        assert contact is not None
        contact.tenant_id = cast.globex.id
        with pytest.raises(WallError):
            session.flush()
        session.rollback()
