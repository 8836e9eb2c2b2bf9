"""What tests of pages share: no limits on signing in, and how many statements a page asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import event

from msp.web.limits import limits
from tenants.db import db
from tests.cast import MONDAY_9

Counted = Callable[[Callable[[], Any]], int]


@pytest.fixture(autouse=True)
def monday_ten() -> Iterator[time_machine.Traveller]:
    """It is Monday, ten o'clock in Tokyo, and time stands still."""
    with time_machine.travel(MONDAY_9 + timedelta(hours=1), tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def sign_in_at_will(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests sign in more often than a person may."""
    monkeypatch.setattr(limits, "enabled", False)


@pytest.fixture
def questions() -> Counted:
    """How many statements the database is asked while something is done."""

    def count(act: Callable[[], Any]) -> int:
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            seen.append(statement)

        engines: dict[str | None, Any] = db.engines  # type: ignore[assignment]  # the extension's own dictionary
        event.listen(engines[None], "before_cursor_execute", note)
        try:
            act()
        finally:
            event.remove(engines[None], "before_cursor_execute", note)
        return len(seen)

    return count
