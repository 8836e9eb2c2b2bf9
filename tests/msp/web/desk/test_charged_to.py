"""An entry says which item of the contract it is charged to, where there is more than one."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.models import TimeEntry
from tenants.db import db
from tenants.isolation import acting_as
from tenants.rules import Role, job
from tests.billing.agreed import agree
from tests.billing.books import HOUR, Books, open_books
from tests.cast import MONDAY_9, Cast
from tests.conftest import SignIn

AT = "/tickets/ACME-9001/time"
LOGGED = {"day": "2026-06-01", "spent": "30", "work_type": "remote", "billable": "1"}


@pytest.fixture
def books(session: Session, cast: Cast, monday_ten: time_machine.Traveller) -> Books:
    with acting_as(cast.agent(cast.acme.id, Role.BILLER)):
        made = open_books(session, cast.acme.id, cast.staff[Role.AGENT])
        session.commit()
    monday_ten.move_to(MONDAY_9 + timedelta(hours=2))
    return made


@pytest.fixture
def agent(books: Books, browser_of: SignIn) -> FlaskClient:
    return browser_of("agent@desk.example")


def items(books: Books, cast: Cast, *named: tuple[str, dict[str, list[str]]]) -> None:
    with acting_as(job(cast.acme.id)):
        agree(books, *((key, "tm", {"rates": [{"price": "9000"}]}, options) for key, options in named))
        books.session.commit()


def entries(cast: Cast) -> list[str | None]:
    with acting_as(job(cast.acme.id)):
        db.session.expire_all()
        return list(db.session.scalars(select(TimeEntry.item_key).order_by(TimeEntry.id)))


def shown(page: str) -> list[str]:
    """The choices of the form, the empty one first."""
    found = re.search(r'<select[^>]* name="item".*?</select>', page, re.DOTALL)
    return re.findall(r"<option[^>]*>([^<]*)</option>", found[0]) if found else []


def test_with_one_item_there_is_nothing_to_choose(books: Books, cast: Cast, agent: FlaskClient) -> None:
    items(books, cast, ("care", {}))
    assert shown(agent.get(AT).text) == []


def test_the_one_the_order_chooses_is_named_and_stays_unless_another_is_chosen(
    books: Books, cast: Cast, agent: FlaskClient
) -> None:
    items(books, cast, ("care", {}), ("project", {"work_types": ["on_site"]}))
    first, *others = shown(agent.get(AT).text)
    assert first.endswith("Care")
    assert others == ["Care", "Project"]
    assert agent.post(AT, data=LOGGED | {"item": ""}).status_code == 303
    assert agent.post(AT, data=LOGGED | {"item": "project"}).status_code == 303
    assert entries(cast) == [None, "project"]


def test_an_entry_changes_its_item_and_goes_back_to_the_order(books: Books, cast: Cast, agent: FlaskClient) -> None:
    items(books, cast, ("care", {}), ("project", {}))
    with acting_as(job(cast.acme.id)):
        entry_id = books.log("1", at=MONDAY_9).id
        books.session.commit()
    at = f"/time/ACME/{entry_id}"
    assert shown(agent.get(at).text)[0].endswith("2つの項目が当てはまるため要判断")
    given = LOGGED | {"spent": "60"}
    for said, kept in (({"item": "care"}, "care"), ({}, "care"), ({"item": ""}, None)):
        assert agent.post(at, data=given | said).status_code == 303
        assert entries(cast) == [kept]


def test_an_item_that_is_none_of_the_day_is_refused_at_its_field(books: Books, cast: Cast, agent: FlaskClient) -> None:
    items(books, cast, ("care", {}), ("project", {}))
    answer = agent.post(AT, data=LOGGED | {"item": "elsewhere"})
    assert (answer.status_code, 'id="f-item-error"' in answer.text) == (422, True)
    before = LOGGED | {"item": "care", "day": (MONDAY_9 - 30 * 24 * HOUR).date().isoformat()}
    assert agent.post(AT, data=before).status_code == 422
    assert entries(cast) == []
