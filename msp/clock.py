"""The time. Only doors ask; everything below is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class _Clock:
    """The machine's clock, on a desk to try perhaps set ahead."""

    ahead = timedelta()


def now() -> datetime:
    """This instant, in UTC."""
    return datetime.now(UTC) + _Clock.ahead  # noqa: TID251 - the one place that may


def set_ahead(seconds: int) -> None:
    """From here on this process lives so many seconds in the future; 0 is the truth."""
    _Clock.ahead = timedelta(seconds=seconds)
