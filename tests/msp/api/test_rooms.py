"""Clients, worked time, documents and promises through the interface."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.models import Document, TimeEntry
from msp.jobs.documents import render
from tenants.db import db
from tenants.isolation import acting_as
from tenants.rules import Role, job
from tests.billing.books import JULY_2, open_books
from tests.cast import Cast
from tests.msp.api.conftest import Day
from tests.promises import TARGETS

WORKED = {"work_type": "remote", "started_at": "2026-06-01T00:00:00Z", "ended_at": "2026-06-01T00:30:00Z"}


def body(answer: Any) -> Any:
    assert answer.status_code < 300, answer.get_data(as_text=True)
    return answer.json


def test_the_desk_sees_all_clients_and_a_client_himself(day: Day, cast: Cast) -> None:
    assert [each["key"] for each in body(day.agent().get("/clients"))["items"]] == ["ACME", "GLOBEX"]
    admin = day.admin(cast.acme)
    assert [each["key"] for each in body(admin.get("/clients"))["items"]] == ["ACME"]
    assert body(admin.get("/clients/ACME"))["zone"] == "Asia/Tokyo"
    assert admin.get("/clients/GLOBEX").get_data() == admin.get("/clients/NOSUCH").get_data()


def test_people_of_a_client_are_for_the_desk(day: Day, cast: Cast) -> None:
    found = body(day.agent().get("/clients/ACME/contacts"))["items"]
    assert {each["email"] for each in found} == set(cast.acme.emails.values())
    assert day.admin(cast.acme).get("/clients/ACME/contacts").status_code == 403


def test_me_says_whom_a_token_acts_for(day: Day, cast: Cast) -> None:
    told = body(day.admin(cast.acme, scopes=["tickets:read"]).get("/me"))
    assert (told["kind"], told["role"], told["scopes"]) == ("client", "client_admin", ["tickets:read"])
    assert told["name"] == "髙﨑花子"


def test_time_is_logged_and_listed(day: Day, cast: Cast) -> None:
    day.opens(cast.acme)
    agent = day.agent()
    logged = body(agent.post("/tickets/ACME-1/time-entries", WORKED | {"text": "再起動"}))
    assert (logged["ticket"], logged["seconds"], logged["worked_on"]) == ("ACME-1", 1800, "2026-06-01")
    body(agent.post("/tickets/ACME-1/time-entries", {"work_type": "remote", "worked_on": "2026-05-31", "seconds": 60}))
    for path in ("/tickets/ACME-1/time-entries", "/clients/ACME/time-entries"):
        first = body(agent.get(path, limit=1))
        rest = body(agent.get(path, limit=1, cursor=first["next"]))
        assert [each["seconds"] for each in (*first["items"], *rest["items"])] == [60, 1800]
        assert rest["next"] is None
    assert len(body(agent.get("/clients/ACME/time-entries", since="2026-06-01"))["items"]) == 1
    assert len(body(agent.get("/clients/ACME/time-entries", until="2026-06-01"))["items"]) == 1


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"work_type": "remote"}, "seconds"),
        ({"work_type": "remote", "seconds": 60}, "worked_on"),
        (WORKED | {"ended_at": "2026-05-31T00:00:00Z"}, "ended_at"),
        (WORKED | {"started_at": "2026-06-01 09:00"}, "started_at"),
        (WORKED | {"work_type": ""}, "work_type"),
    ],
)
def test_time_that_does_not_fit_says_where(day: Day, cast: Cast, given: Any, field: str) -> None:
    day.opens(cast.acme)
    answer = day.agent().post("/tickets/ACME-1/time-entries", given)
    assert answer.status_code == 422
    assert field in {each["field"] for each in answer.json["errors"]}  # type: ignore[index]


def test_worked_time_is_for_the_desk(day: Day, cast: Cast) -> None:
    day.opens(cast.acme)
    admin = day.admin(cast.acme)
    assert admin.get("/tickets/ACME-1/time-entries").status_code == 403
    assert admin.post("/tickets/ACME-1/time-entries", WORKED).status_code == 403
    with acting_as(job(cast.acme.id)):
        assert db.session().query(TimeEntry).count() == 0


def test_contracts_are_told_by_name(day: Day, cast: Cast) -> None:
    for program in (day.agent(), day.admin(cast.acme)):
        told = body(program.get("/clients/ACME/contracts"))
        version = told["items"][0]["versions"][0]
        assert (version["since"], version["in_force"]) == ("2026-01-05T00:00:00Z", True)
        assert version["terms"]["calendar"] == told["calendars"][0]["name"] == "本社"
        assert version["terms"]["targets"] == TARGETS


def test_cases_are_evaluated_as_by_the_command(day: Day, cast: Cast) -> None:
    cases = [{"id": n, "op": "holidays", "country": "JP", "year": 2026 + n} for n in range(2)]
    answer = day.agent().post("/sla/evaluate", {"vectors": [*cases, {"id": 3, "op": "nonsense"}]})
    assert (answer.status_code, answer.mimetype) == (200, "application/x-ndjson")
    lines = [json.loads(line) for line in answer.get_data(as_text=True).splitlines()]
    assert [line["id"] for line in lines] == [0, 1, 3]
    assert "2027-01-01" in lines[1]["answer"]
    assert "error" in lines[2]
    assert day.admin(cast.acme).post("/sla/evaluate", {"op": "holidays"}).status_code == 403


def test_real_months_are_folded_under_other_terms(day: Day, cast: Cast) -> None:
    day.opens(cast.acme)
    agent = day.agent()
    body(agent.post("/tickets/ACME-1/resolution", {"resolution": "直しました"}))
    calendar = body(agent.get("/clients/ACME/contracts"))["calendars"][0]["hours"]
    short = {priority: dict.fromkeys(metrics, 1) for priority, metrics in TARGETS.items()}
    given = {
        "client": "ACME",
        "months": ["2026-06"],
        "terms": {"calendar": "neu", "targets": short},
        "calendars": {"neu": calendar},
    }
    told = body(agent.post("/sla/what-if", given))
    assert (told["tickets"], told["flips"][0]["ticket"]) == (1, "ACME-1")
    assert (told["flips"][0]["before"], told["flips"][0]["after"]) == ("met", "missed")
    assert day.admin(cast.acme).post("/sla/what-if", given).status_code == 403
    unreadable = agent.post("/sla/what-if", given | {"months": ["2026-13"]})
    assert unreadable.status_code == 422


@pytest.fixture
def issued(session: Session, cast: Cast) -> Document:
    """A document of Acme with one line; its PDF is still to be made."""
    with acting_as(job(cast.acme.id)):
        books = open_books(session, cast.acme.id, cast.staff[Role.AGENT])
        books.log("1.5")
        draft = books.draft()
        document = billing.issue(session, cast.acme.id, draft.id, cast.staff[Role.OWNER], JULY_2)
        session.commit()
        return document


def test_documents_are_listed_read_and_downloaded(issued: Document, day: Day, cast: Cast) -> None:
    with acting_as(job(cast.acme.id)):
        render(cast.acme.id, issued.id)
        db.session.commit()
    for program in (day.program(cast.staff[Role.BILLER]), day.admin(cast.acme)):
        listed = body(program.get("/clients/ACME/documents"))["items"]
        assert [each["number"] for each in listed] == ["INV-000001"]
        whole = body(program.get("/clients/ACME/documents/INV-000001"))
        assert (whole["net"], whole["gross"], whole["currency"]) == ("13500", "14850", "JPY")
        assert (whole["lines"][0]["quantity"], whole["lines"][0]["amount"]) == ("90", "13500")
        assert whole["taxes"] == [{"category": "S", "rate": "10", "net": "13500", "tax": "1350"}]
        pdf = program.get("/clients/ACME/documents/INV-000001/pdf")
        assert (pdf.status_code, pdf.mimetype, pdf.get_data()[:5]) == (200, "application/pdf", b"%PDF-")


def test_documents_of_others_look_absent(issued: Document, day: Day, cast: Cast) -> None:
    other = day.admin(cast.globex)
    for path in ("", "/pdf"):
        foreign = other.get(f"/clients/ACME/documents/{issued.number}{path}")
        absent = other.get(f"/clients/GLOBEX/documents/{issued.number}{path}")
        assert (foreign.status_code, foreign.get_data()) == (404, absent.get_data())
    assert day.agent().get("/clients/ACME/documents").status_code == 403


def test_a_file_that_is_still_being_made_is_asked_for_again(issued: Document, day: Day, cast: Cast) -> None:
    answer = day.admin(cast.acme).get(f"/clients/ACME/documents/{issued.number}/pdf")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
