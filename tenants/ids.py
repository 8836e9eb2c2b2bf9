"""Any number of ids as one parameter of a statement."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy.types import UserDefinedType


class Ids(UserDefinedType[Iterable[int]]):
    """An array written out at once: the driver would look at each of them."""

    cache_ok = True
    render_bind_cast = True

    def get_col_spec(self, **_: object) -> str:
        return "BIGINT[]"

    def bind_processor(self, dialect: object) -> Callable[[Any], str]:  # noqa: ARG002 - as the base asks
        return written_out


def written_out(ids: Iterable[int]) -> str:
    """As PostgreSQL reads an array."""
    return "{" + ",".join(map(str, ids)) + "}"
