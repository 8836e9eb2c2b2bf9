"""The session, and the one place that commits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Session

from tenants.isolation import Base, WalledSession

db = SQLAlchemy(
    model_class=Base, session_options={"class_": WalledSession, "expire_on_commit": False}, disable_autonaming=True
)


@contextmanager
def transaction() -> Iterator[Session]:
    """All inside is kept together or not at all; bells ring after the commit."""
    session = db.session()
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
