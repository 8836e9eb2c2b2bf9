"""Acme's agreement and its one item, seen by the owner and by the client's admin."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from billing import actions as billing
from sla import queries
from sla.models import Calendar, Contract, SurgePack
from tenants.db import db
from tenants.isolation import acting_as
from tenants.rules import Role, job
from tests.cast import MONDAY_9, Cast
from tests.conftest import SignIn
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
    return read_one(rows, select(Calendar).where(Calendar.tenant_id == cast.acme.id))


def own_contract(rows: Rows, cast: Cast) -> Contract:
    return read_one(rows, select(Contract).where(Contract.tenant_id == cast.acme.id))


def offered_pack(rows: Rows, cast: Cast, owner: FlaskClient) -> SurgePack:
    form = {"name": "決算対応", "starts_at": "2026-06-02T00:00", "ends_at": "2026-06-09T00:00", "P3_resolution": "1h"}
    page = owner.post(f"{CLIENT}/contract/{own_contract(rows, cast).id}/packs/new", data=form | {"price": "50,000"})
    assert page.status_code == 303
    return the_pack(rows, cast)


def the_pack(rows: Rows, cast: Cast) -> SurgePack:
    return read_one(rows, select(SurgePack).where(SurgePack.tenant_id == cast.acme.id))


def read_one(rows: Rows, statement: Select[Row]) -> Row:
    """One row; the transaction that read it is over, so that the next request's stands by itself."""
    found = rows().scalars(statement).one()
    db.session.commit()
    return found
