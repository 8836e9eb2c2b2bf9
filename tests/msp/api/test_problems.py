"""Refusals as programs read them: one format, a sentence in the reader's language, what to mend."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from msp.api import frame
from msp.tickets import listing
from msp.web.limits import limits
from tests.cast import Cast
from tests.conftest import SignIn
from tests.msp.api.conftest import Day

MATTER = {"title": "壊れました", "text": "画面が割れました"}


def problem(answer: Any, status: int) -> Any:
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.json["status"] == status
    assert answer.json["type"].startswith("urn:msp:problem:")
    return answer.json


def test_nobody_is_told_how_to_come_in(day: Day) -> None:
    answer = day.app.test_client().get("/api/v1/tickets")
    problem(answer, 401)
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="msp"'


def test_every_field_that_does_not_fit_is_named(day: Day) -> None:
    given = {"title": 1, "urgency": "huge", "nonsense": True}
    told = problem(day.agent().post("/clients/ACME/tickets", given), 422)
    assert {each["field"] for each in told["errors"]} == {"title", "text", "urgency", "nonsense"}
    assert all(each["detail"] for each in told["errors"])


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{}", "text/plain", 415),
        (b"title=x", "application/x-www-form-urlencoded", 415),
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[]", "application/json", 422),
        (b" " * (2 * 1024 * 1024 + 1), "application/json", 413),
    ],
)
def test_bodies_that_cannot_be_read(day: Day, body: bytes, kind: str, status: int) -> None:
    problem(day.agent().ask("POST", "/clients/ACME/tickets", data=body, content_type=kind), status)


def test_a_text_no_column_holds(day: Day) -> None:
    problem(day.agent().post("/clients/ACME/tickets", MATTER | {"title": "a\0b"}), 400)


def test_what_is_not_there_is_a_problem_too(day: Day) -> None:
    agent = day.agent()
    absent = [agent.get(path).get_data() for path in ("/nothing", "/tickets/12", "/tickets/ACME-99", "/clients/NOSUCH")]
    assert len(set(absent)) == 1
    problem(agent.get("/nothing"), 404)
    answer = agent.ask("DELETE", "/clients/ACME")
    problem(answer, 405)
    assert answer.headers["Allow"] == "GET"


def test_sentences_come_in_the_readers_language(day: Day, browser_of: SignIn) -> None:
    stranger = day.app.test_client()
    english = stranger.get("/api/v1/tickets", headers={"Accept-Language": "en"}).json
    japanese = stranger.get("/api/v1/tickets", headers={"Accept-Language": "ja"}).json
    assert english is not None
    assert japanese is not None
    assert english["type"] == japanese["type"]
    assert english["detail"] != japanese["detail"]


def test_a_fault_says_its_number_and_nothing_else(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    agent = day.agent()

    def fall(*_: Any) -> None:
        raise RuntimeError("internwort")

    monkeypatch.setattr(listing, "listed", fall)
    answer = agent.get("/tickets")
    assert problem(answer, 500)["request_id"] == answer.headers["X-Request-Id"]
    assert "internwort" not in answer.get_data(as_text=True)


def test_a_database_that_is_gone_is_asked_again_later(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    agent = day.agent()

    def gone(*_: Any) -> None:
        raise OperationalError("", {}, Exception("gone"))

    monkeypatch.setattr(listing, "listed", gone)
    answer = agent.get("/tickets")
    problem(answer, 503)
    assert answer.headers["Retry-After"] == "5"


def test_a_token_is_slowed_down_alone(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "enabled", True)
    monkeypatch.setattr(frame, "OFTEN", "3 per minute")
    hasty, other = day.agent(), day.agent()
    answers = [hasty.get("/me") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    problem(answers[-1], 429)
    assert int(answers[-1].headers["Retry-After"]) >= 0
    assert other.get("/me").status_code == 200


@pytest.fixture
def guarded(day: Day, browser_of: SignIn, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """A browser at a desk that looks for the secret of its forms."""
    browser = browser_of("agent@desk.example")
    monkeypatch.setitem(day.app.config, "WTF_CSRF_ENABLED", True)
    return browser


def test_a_session_needs_its_header_to_change_anything(guarded: FlaskClient, day: Day, cast: Cast) -> None:
    assert guarded.get("/api/v1/clients/ACME").status_code == 200
    told = problem(guarded.post("/api/v1/clients/ACME/tickets", json=MATTER), 400)
    assert told["type"] == "urn:msp:problem:csrf"
    page = guarded.get("/profile").get_data(as_text=True)
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    done = guarded.post("/api/v1/clients/ACME/tickets", json=MATTER, headers={"X-CSRFToken": token})
    assert done.status_code == 201


def test_a_program_needs_none(guarded: FlaskClient, day: Day) -> None:
    assert day.agent().post("/clients/ACME/tickets", MATTER).status_code == 201
