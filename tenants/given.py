"""Rows as one parameter, so that a statement is the same for any number of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from json import JSONEncoder
from typing import Any

from sqlalchemy.types import UserDefinedType


class Rows(UserDefinedType[Sequence[Mapping[str, Any]]]):
    """For `json_to_recordset`: the driver would look at each value of an array, and SQLAlchemy at each array."""

    cache_ok = True
    render_bind_cast = True

    def get_col_spec(self, **_: object) -> str:
        return "JSON"

    def bind_processor(self, dialect: object) -> Callable[[Any], str]:  # noqa: ARG002 - as the base asks
        return _ENCODER.encode


def _written(value: object) -> str:
    """As PostgreSQL reads it. Raises TypeError for what no column holds."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    raise TypeError(f"No column holds {value!r}.")


_ENCODER = JSONEncoder(ensure_ascii=False, default=_written)
