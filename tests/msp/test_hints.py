"""Whoever may see a tenant hears that something changed there, and nothing of what."""

from __future__ import annotations

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy.orm import Session

from msp.hints import hint, stream
from tenants.db import transaction
from tenants.isolation import acting_as
from tenants.rules import job
from tests.cast import Cast
from tests.services import Servers, TestRun


@pytest.mark.parametrize("many", [False, True])
def test_a_commit_is_heard_by_those_who_may_see_the_tenant(
    app: Flask, session: Session, cast: Cast, many: bool
) -> None:
    others = frozenset(range(1000, 1030)) if many else frozenset()
    ears = stream(app.extensions["ears"], frozenset({cast.acme.id}) | others)
    assert "event: ping" in next(ears)
    with acting_as(job(cast.globex.id)), transaction() as rows:
        hint(rows, cast.globex.id, "ticket:GLOBEX-1")
    with acting_as(job(cast.acme.id)), transaction() as rows:
        hint(rows, cast.acme.id, "ticket:ACME-1", "tickets")
    assert next(ears) == "data: ticket:ACME-1\n\ndata: tickets\n\n"
    ears.close()


def test_a_desk_in_another_database_of_the_same_redis_hears_nothing(
    app: Flask, session: Session, cast: Cast, run: TestRun, servers: Servers
) -> None:
    number = 32 + run.number
    with Redis.from_url(servers.redis(number)) as elsewhere:
        ears = stream(elsewhere, frozenset({cast.acme.id}))
        next(ears)
        with acting_as(job(cast.acme.id)), transaction() as rows:
            hint(rows, cast.acme.id, "ticket:ACME-1")
        elsewhere.publish(f"hints:{number}:{cast.acme.id}", "tickets")
        assert next(ears) == "data: tickets\n\n"
        ears.close()


def test_after_its_connection_was_ended_a_hint_is_heard_again(app: Flask, session: Session, cast: Cast) -> None:
    crier, redis = app.extensions["crier"], app.extensions["bell"].redis
    crier.cry(cast.acme.id, ["tickets"])
    mine = str(redis.connection_pool.connection_kwargs["db"])
    for client in redis.client_list():
        if (client["db"], client["cmd"]) == (mine, "publish"):
            redis.client_kill_filter(_id=client["id"])
    ears = stream(app.extensions["ears"], frozenset({cast.acme.id}))
    next(ears)
    crier.cry(cast.acme.id, ["tickets"])
    assert next(ears) == "data: tickets\n\n"
    ears.close()


def test_what_is_rolled_back_is_not_heard(app: Flask, session: Session, cast: Cast) -> None:
    with acting_as(job(cast.acme.id)):
        hint(session, cast.acme.id, "ticket:ACME-2")
        session.get_bind()
        session.rollback()
        assert "hints" not in session.info or not session.in_transaction()


def test_a_process_carries_only_so_many_streams(app: Flask, browser_of: object, session: Session) -> None:
    places = app.extensions["streams"]
    taken = 0
    while places.acquire(blocking=False):
        taken += 1
    try:
        answer = browser_of("agent@desk.example").get("/events")  # type: ignore[operator]
        assert answer.status_code == 503
    finally:
        for _ in range(taken):
            places.release()
