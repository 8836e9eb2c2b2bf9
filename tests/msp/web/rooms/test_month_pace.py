"""When months close is the owner's to say, for all clients."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from sla.queries.months import pace_of
from sla.rules.disputes import Pace
from tenants.db import db
from tenants.isolation import acting_as
from tenants.rules import Role, job
from tests.cast import Cast
from tests.conftest import SignIn

HERE = "/promises/months"


@pytest.fixture
def owner(session: Session, cast: Cast, browser_of: SignIn) -> FlaskClient:
    return browser_of(cast.emails[Role.OWNER])


def kept(cast: Cast) -> Pace:
    with acting_as(job(cast.desk)):
        found = pace_of(db.session())
        db.session.rollback()
    return found


def test_the_owner_says_when_months_close_and_how_long_an_answer_may_take(owner: FlaskClient, cast: Cast) -> None:
    assert kept(cast) == Pace(7, 5)
    assert owner.post(HERE, data={"close_after": "10", "answer_within": "6"}).status_code == 303
    assert kept(cast) == Pace(10, 6)
    page = owner.get(HERE).get_data(as_text=True)
    assert 'name="close_after" type="text" value="10"' in page


@pytest.mark.parametrize("typed", ["0", "61", "soon", ""])
@pytest.mark.parametrize("field", ["close_after", "answer_within"])
def test_days_that_are_none_are_refused_at_their_field(owner: FlaskClient, cast: Cast, field: str, typed: str) -> None:
    answer = owner.post(HERE, data={"close_after": "10", "answer_within": "6"} | {field: typed})
    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.get_data(as_text=True)
    assert kept(cast) == Pace(7, 5)


def test_it_is_found_where_the_months_are_and_by_the_owner_alone(
    owner: FlaskClient, cast: Cast, browser_of: SignIn
) -> None:
    assert f'href="{HERE}"' in owner.get("/clients/ACME/sla").get_data(as_text=True)
    lead = browser_of(cast.emails[Role.LEAD])
    assert f'href="{HERE}"' not in lead.get("/clients/ACME/sla").get_data(as_text=True)
    assert lead.get(HERE).status_code == 403


@pytest.mark.parametrize("language", ["ja", "en"])
def test_it_speaks_both_languages(owner: FlaskClient, language: str) -> None:
    owner.post("/profile", data={"language": language, "zone": "Asia/Tokyo", "theme": "auto"})
    heading = {"ja": "月を締める時期", "en": "When months close"}[language]
    assert f"<h1>{heading}</h1>" in owner.get(HERE).get_data(as_text=True)
