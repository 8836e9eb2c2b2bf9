"""What tests of pages share: sign-ins without limits, June for those who bill, how many statements a page asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.models import Document, DocumentDraft
from msp.web.limits import limits
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.rules import Role, job
from tests.billing.books import JULY_2, Books, open_books
from tests.cast import MONDAY_9, Cast
from tests.conftest import SignIn

Counted = Callable[[Callable[[], Any]], int]


@pytest.fixture(autouse=True)
def monday_ten() -> Iterator[time_machine.Traveller]:
    """It is Monday, ten o'clock in Tokyo, and time stands still."""
    with time_machine.travel(MONDAY_9 + timedelta(hours=1), tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def sign_in_at_will(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests sign in more often than a person may."""
    monkeypatch.setattr(limits, "enabled", False)


@pytest.fixture
def books(session: Session, cast: Cast, monday_ten: time_machine.Traveller) -> Books:
    """June is over, and Acme's books are open with nothing in them."""
    with acting_as(cast.agent(cast.acme.id, Role.BILLER)):
        made = open_books(session, cast.acme.id, cast.staff[Role.AGENT])
        session.commit()
    monday_ten.move_to(JULY_2)
    return made


@pytest.fixture
def june(books: Books, cast: Cast) -> Books:
    """Acme had two hours in June, 19,800 yen with tax, and they stand on its draft."""
    with acting_as(cast.agent(cast.acme.id, Role.BILLER)):
        books.log("2")
        books.draft()
        books.session.commit()
    return books


@pytest.fixture
def invoice(june: Books, cast: Cast) -> Document:
    """June's invoice; its pages are not made yet."""
    with acting_as(job(cast.acme.id)), transaction() as rows:
        draft = rows.scalars(select(DocumentDraft)).one()
        return billing.issue(rows, cast.acme.id, draft.id, None, JULY_2)


@pytest.fixture
def biller(books: Books, browser_of: SignIn, cast: Cast) -> FlaskClient:
    """Somebody who bills, signed in on the second of July."""
    return browser_of(cast.emails[Role.BILLER])


def text(client: FlaskClient, at: str, status: int = 200) -> str:
    """What a page answers, and that it answers so."""
    answer = client.get(at)
    assert answer.status_code == status, answer.get_data(as_text=True)[:800]
    return answer.get_data(as_text=True)


def send(client: FlaskClient, at: str, status: int = 303, /, **form: object) -> str:
    """A form sent: where it leads, or the page that says what is wrong with it."""
    answer = client.post(at, data=form, content_type="multipart/form-data")
    assert answer.status_code == status, answer.get_data(as_text=True)[:3000]
    return answer.location if status == 303 else answer.get_data(as_text=True)


@pytest.fixture
def questions() -> Counted:
    """How many statements the database is asked while something is done."""

    def count(act: Callable[[], Any]) -> int:
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            seen.append(statement)

        engines: dict[str | None, Any] = db.engines  # type: ignore[assignment]  # the extension's own dictionary
        event.listen(engines[None], "before_cursor_execute", note)
        try:
            act()
        finally:
            event.remove(engines[None], "before_cursor_execute", note)
        return len(seen)

    return count
