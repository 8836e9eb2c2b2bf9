"""The database stops answering in the middle of the day: pages say so, programs wait, and then all goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from flask import Response
from psycopg import sql
from sqlalchemy import make_url, select
from sqlalchemy.exc import OperationalError

from msp.commands.clock import Keeper
from msp.serve.roles import libpq
from tenants.db import db
from tenants.isolation import acting_as
from tenants.models import Tenant
from tenants.rules import GATE, Role, job
from tests.services import Database, Servers
from tests.stories.day import Desk, asks, letter


@contextmanager
def gone(servers: Servers, database: Database) -> Iterator[None]:
    """Nobody is let in, and whoever is in is thrown out."""
    name = str(make_url(database.superuser_url).database)
    let_in = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    with psycopg.connect(libpq(servers.superuser_url), autocommit=True) as connection:
        connection.execute(let_in.format(sql.Identifier(name), sql.SQL("false")))
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        try:
            yield
        finally:
            connection.execute(let_in.format(sql.Identifier(name), sql.SQL("true")))


def test_every_page_and_every_act_says_503(desk: Desk, servers: Servers, own_database: Database) -> None:
    asks(desk, desk.cast.acme)
    agent = desk.sign_in(desk.cast.emails[Role.AGENT])
    with gone(servers, own_database):
        for _ in range(3):
            assert agent.get("/tickets").status_code == 503
            assert agent.post("/tickets/ACME-1/take").status_code == 503
            assert agent.post("/tickets/ACME-1/answer", data={"kind": "note", "body": "x"}).status_code == 503
            assert desk.app.test_client().post("/sign-in", data={"email": "a@b.c", "password": "x"}).status_code == 503
        assert agent.get("/readyz").status_code == 503
    assert agent.get("/tickets/ACME-1").status_code == 200
    assert agent.post("/tickets/ACME-1/take").status_code == 303


def test_an_answer_that_was_ready_still_arrives(desk: Desk, servers: Servers, own_database: Database) -> None:
    """The database dies between the page's last question and the end of the request."""

    def die(response: Response) -> Response:
        with gone(servers, own_database):
            return response

    asks(desk, desk.cast.acme)
    agent = desk.sign_in(desk.cast.emails[Role.AGENT])
    desk.app.after_request_funcs.setdefault(None, []).insert(0, die)
    assert agent.get("/tickets").status_code == 200
    desk.app.after_request_funcs[None].remove(die)
    assert agent.get("/tickets/ACME-1").status_code == 200


def test_a_mail_is_refused_until_it_can_be_kept(desk: Desk, servers: Servers, own_database: Database) -> None:
    acme = desk.cast.acme
    mail = letter(acme, 1, "印刷できません。")
    with gone(servers, own_database), pytest.raises(OperationalError):
        desk.deliver(mail, acme.emails[Role.REQUESTER])
    desk.deliver(mail, acme.emails[Role.REQUESTER])
    desk.work()
    assert len(desk.world.letters) == 1


def test_the_clock_hears_of_it_as_what_it_is(desk: Desk, servers: Servers, own_database: Database) -> None:
    """Whatever it was at: only OperationalError is waited out, so nothing may hide it."""
    with desk.app.app_context():
        keeper = Keeper()
        keeper.turn()
        with acting_as(job(desk.cast.acme.id)):
            db.session.scalars(select(Tenant.tenant_id)).all()
            with gone(servers, own_database), pytest.raises(OperationalError), acting_as(GATE):
                db.session.scalars(select(Tenant.tenant_id)).all()
            db.session.rollback()
        with gone(servers, own_database), pytest.raises(OperationalError):
            keeper.turn()
        db.session.rollback()
        db.session.remove()
        keeper.turn()
