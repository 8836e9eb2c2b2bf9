"""msp month-end shows first and issues when told; msp verify then finds everything as it was issued."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import time_machine
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import select

from billing.models import Document
from msp.commands import month_end, verify
from msp.settings import Settings
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.rules import Role, job
from tests.billing.books import JULY_2, open_books
from tests.cast import Cast

pytestmark = pytest.mark.own_database


@pytest.fixture
def june(own_app: Flask, own_cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cast]:
    """Acme had two hours in June; the commands find the desk of the test."""

    @contextmanager
    def standing() -> Iterator[Settings]:
        yield own_app.extensions["settings"]

    for command in (month_end, verify):
        monkeypatch.setattr(command, "standing", standing)
    with own_app.app_context():
        with acting_as(own_cast.agent(own_cast.acme.id, Role.BILLER)), transaction() as session:
            books = open_books(session, own_cast.acme.id, own_cast.staff[Role.AGENT])
            books.log("2")
            books.draft()
        db.session.remove()
    with time_machine.travel(JULY_2, tick=True):
        yield own_cast


def run(*words: str) -> Result:
    return CliRunner().invoke(month_end.command, ["--period", "2026-06", *words], catch_exceptions=False)


def numbers(app: Flask, cast: Cast) -> list[str]:
    with app.app_context(), acting_as(job(cast.acme.id)):
        found = list(db.session().scalars(select(Document.number)))
        db.session.remove()
    return found


def test_without_the_word_nothing_is_written(june: Cast, own_app: Flask) -> None:
    shown = run()
    assert shown.exit_code == 0
    assert "ACME" in shown.output
    assert "Nothing was written" in shown.output
    assert numbers(own_app, june) == []


def test_what_is_clean_is_issued_once_and_stands(june: Cast, own_app: Flask) -> None:
    assert "Issued: 1." in run("--issue", "--tenant", "ACME").output
    assert "Nothing is ready" in run("--issue").output
    assert numbers(own_app, june) == ["INV-000001"]
    found = CliRunner().invoke(verify.command, catch_exceptions=False)
    assert "1 documents stand" in found.output


def test_a_month_is_named_as_a_month(june: Cast) -> None:
    assert CliRunner().invoke(month_end.command, ["--period", "June"]).exit_code == 2
    assert june.acme.id
