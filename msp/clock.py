"""The time. Only doors ask; everything below is told."""

from datetime import UTC, datetime


def now() -> datetime:
    """This instant, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the one place that may
