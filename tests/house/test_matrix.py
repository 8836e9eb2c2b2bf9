"""Routes x methods x roles x kinds of id: no wrong answer, and absent and not yours are the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from tenants.db import db
from tests.cast import MONDAY_9, Cast
from tests.conftest import SignIn
from tests.prove import matrix
from tests.prove.world import World, build
from tests.services import Database, rewind


@pytest.fixture
def world(session: Session, cast: Cast, database: Database) -> World:
    return build(cast, MONDAY_9, partial(rewind, database))


@contextmanager
def aside() -> Iterator[None]:
    """Whatever a request does is undone after it."""
    connection: Connection = db.engines[None]  # type: ignore[assignment]
    point = connection.begin_nested()
    try:
        yield
    finally:
        db.session.remove()
        point.rollback()


def test_every_answer_is_right(app: Flask, world: World, browser_of: SignIn) -> None:
    findings = matrix.Findings()
    for caller in matrix.callers(world):
        matrix.run(app, world, caller, browser_of(caller.email), aside, findings)
    assert not findings.wrong, "\n".join(findings.wrong)
    assert findings.asked > 1000
