"""Idempotency keys: done once, answered as often as it is asked."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from msp.jobs import upkeep
from msp.tickets.models import Note, Ticket
from msp.web.limits import limits
from tenants.audit import AuditDetail
from tenants.db import db
from tenants.isolation import acting_as
from tenants.rules import job
from tenants.tokens import KeptAnswer
from tests.cast import Cast
from tests.msp.api.conftest import NOW, SECRET, Day, prepare

MATTER = {"title": "壊れました", "text": "画面が割れました"}
KEY = {"Idempotency_Key": "a1b2"}


def count(model: Any, tenant_id: int) -> int:
    with acting_as(job(tenant_id)):
        found = db.session().scalar(select(func.count()).select_from(model))
        db.session.rollback()
        return int(found or 0)


def test_the_first_answer_is_given_again(day: Day, cast: Cast) -> None:
    agent = day.agent()
    first, again = (agent.post("/clients/ACME/tickets", MATTER, **KEY) for _ in range(2))
    assert (first.status_code, first.get_data()) == (again.status_code, again.get_data()) == (201, first.get_data())
    assert first.headers["Location"] == again.headers["Location"]
    assert (first.headers.get("Idempotency-Replayed"), again.headers["Idempotency-Replayed"]) == (None, "true")
    assert count(Ticket, cast.acme.id) == 1
    with acting_as(job(cast.acme.id)):
        told = [each.detail for each in db.session().scalars(select(AuditDetail).order_by(AuditDetail.audit_id))]
    assert told == [{"token": agent.token[:12]}, {"token": agent.token[:12], "replayed": True}]


def test_another_body_under_the_key_is_refused(day: Day, cast: Cast) -> None:
    agent = day.agent()
    agent.post("/clients/ACME/tickets", MATTER, **KEY)
    assert agent.post("/clients/ACME/tickets", MATTER | {"title": "他"}, **KEY).status_code == 422
    assert count(Ticket, cast.acme.id) == 1


def test_a_key_belongs_to_one_token_one_route_and_one_client(day: Day, cast: Cast) -> None:
    one, other = day.agent(), day.agent()
    assert one.post("/clients/ACME/tickets", MATTER, **KEY).json["key"] == "ACME-1"  # type: ignore[index]
    assert other.post("/clients/ACME/tickets", MATTER, **KEY).json["key"] == "ACME-2"  # type: ignore[index]
    assert one.post("/clients/GLOBEX/tickets", MATTER, **KEY).json["key"] == "GLOBEX-1"  # type: ignore[index]
    assert one.post("/tickets/ACME-1/notes", {"text": "x"}, **KEY).status_code == 201


def test_what_was_refused_is_tried_anew(day: Day, cast: Cast) -> None:
    agent = day.agent()
    assert agent.post("/tickets/ACME-1/notes", {"text": "x"}, **KEY).status_code == 404
    day.opens(cast.acme)
    assert agent.post("/tickets/ACME-1/notes", {"text": "x"}, **KEY).status_code == 201
    assert count(KeptAnswer, cast.acme.id) == 1


def test_a_client_has_keys_of_his_own_that_he_cannot_read(day: Day, cast: Cast) -> None:
    admin = day.admin(cast.acme)
    first, again = (admin.post("/clients/ACME/tickets", MATTER, **KEY) for _ in range(2))
    assert first.get_data() == again.get_data()
    assert SECRET not in again.get_data(as_text=True)
    with acting_as(cast.client(cast.acme)):
        assert db.session().scalar(select(func.count()).select_from(KeptAnswer)) == 0


def test_a_key_holds_for_a_day(day: Day, cast: Cast, monday_ten: time_machine.Traveller) -> None:
    agent = day.agent()
    for passed, tickets in ((0, 1), (23, 1), (24, 2), (25, 2)):
        monday_ten.move_to(NOW + timedelta(hours=passed), tick=False)
        assert agent.post("/clients/ACME/tickets", MATTER, **KEY).status_code == 201
        assert count(Ticket, cast.acme.id) == tickets


@pytest.mark.parametrize("key", ["a b", "ä", "x" * 201])
def test_a_key_is_short_and_plain(day: Day, key: str) -> None:
    answer = day.agent().ask(
        "POST", "/clients/ACME/tickets", json=MATTER, headers={"Idempotency-Key": key.encode().decode("latin-1")}
    )
    assert answer.status_code == 422


def test_upkeep_forgets_answers_that_are_over(day: Day, cast: Cast, monday_ten: time_machine.Traveller) -> None:
    day.agent().post("/clients/ACME/tickets", MATTER, **KEY)
    for hours, left in ((23, 1), (24, 0)):
        monday_ten.move_to(NOW + timedelta(hours=hours), tick=False)
        with acting_as(job(cast.acme.id)):
            upkeep.forget(cast.acme.id)
            db.session.commit()
        assert count(KeptAnswer, cast.acme.id) == left


@pytest.mark.own_database
def test_two_at_the_same_time_are_one(own_app: Flask, own_cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "enabled", False)
    acme = own_cast.acme.id
    with own_app.app_context():
        prepare(db.session(), own_cast)
        day = Day(own_app, db.session(), own_cast)
        day.opens(own_cast.acme)
        programs = [day.agent()]
        programs += [type(programs[0])(own_app.test_client(), programs[0].token) for _ in range(3)]
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda each: each.post("/tickets/ACME-1/notes", {"text": "一度"}, **KEY), programs))
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.get_data() for answer in answers}) == 1
        assert sum(answer.headers.get("Idempotency-Replayed") == "true" for answer in answers) == 3
        assert count(Note, acme) == 2
