"""June is over, Acme's draft stands, and somebody who bills is signed in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.models import DocumentDraft
from tenants.db import db
from tenants.isolation import acting_as
from tenants.rules import Role, job
from tests.billing.books import JULY_2, open_books
from tests.cast import Cast
from tests.conftest import SignIn

Rows = Callable[[], Session]
OF = "2026-06"


@pytest.fixture
def july(session: Session, cast: Cast, monday_ten: time_machine.Traveller) -> Rows:
    """June is over: Acme had two hours and a half of work, Globex is not billed yet."""
    with acting_as(cast.agent(cast.acme.id, Role.BILLER)):
        books = open_books(session, cast.acme.id, cast.staff[Role.AGENT])
        books.log("2")
        books.log("0.5", work_type="on_site")
        books.draft()
        session.commit()
    monday_ten.move_to(JULY_2)
    return lambda: db.session()


@pytest.fixture
def biller(july: Rows, browser_of: SignIn, cast: Cast) -> FlaskClient:
    return browser_of(cast.emails[Role.BILLER])


def draft_of(rows: Rows, cast: Cast) -> DocumentDraft:
    return rows().scalars(select(DocumentDraft).where(DocumentDraft.tenant_id == cast.acme.id)).one()


def address(rows: Rows, cast: Cast) -> str:
    with acting_as(job(cast.acme.id)):
        return f"/month/ACME/drafts/{draft_of(rows, cast).id}"


def text(client: FlaskClient, at: str, status: int = 200, headers: dict[str, str] | None = None) -> str:
    answer = client.get(at, headers=headers)
    assert answer.status_code == status, answer.get_data(as_text=True)[:800]
    return answer.get_data(as_text=True)
