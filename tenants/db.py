"""The session, and the one place that commits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import func, select
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from tenants.gathered import GatheringSession
from tenants.isolation import Base

db = SQLAlchemy(
    model_class=Base, session_options={"class_": GatheringSession, "expire_on_commit": False}, disable_autonaming=True
)

_last_acts: list[Callable[[Session], None]] = []


def at_last(act: Callable[[Session], None]) -> Callable[[Session], None]:
    """What every transaction does last, in itself."""
    _last_acts.append(act)
    return act


@contextmanager
def transaction(*, durable: bool = True) -> Iterator[Session]:
    """All inside is kept together or not at all; bells ring after the commit.

    What a crash in the same second may lose (who looked at what) need not wait for the disk: `durable=False`.
    """
    session = db.session()
    try:
        if not durable:
            session.execute(select(func.set_config("synchronous_commit", "off", True)))
        yield session
        for act in _last_acts:
            act(session)
        session.commit()
    except BaseException:
        session.rollback()
        raise


def let_go() -> None:
    """Give the session back. Where the database went away under it, nothing is left to give."""
    try:
        db.session.remove()
    except (OperationalError, InterfaceError):
        db.session.registry.clear()
