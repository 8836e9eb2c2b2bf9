"""Books for tests of money."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from tenants.isolation import acting_as
from tenants.rules import Role
from tests.billing.books import Books, open_books
from tests.cast import Cast


@pytest.fixture
def books(session: Session, cast: Cast) -> Iterator[Books]:
    """A biller at work for Acme."""
    with acting_as(cast.agent(cast.acme.id, Role.BILLER)):
        yield open_books(session, cast.acme.id, cast.staff[Role.AGENT])
