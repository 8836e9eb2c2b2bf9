"""Conditions that are one text: any number of ids as a parameter, words that never change as a part of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import ColumnElement, literal_column
from sqlalchemy.orm import InstrumentedAttribute
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
    return "{" + ",".join(map(int.__repr__, ids)) + "}"


def among_words(column: InstrumentedAttribute[str], words: Iterable[str]) -> ColumnElement[bool]:
    """Whether it is one of our own words, written out: the text is made once, and a plan sees the index for them.

    Raises ValueError for what is no plain word.
    """
    said = sorted(words)
    if not all(word.replace("_", "").isalnum() for word in said):
        raise ValueError(f"Only plain words stand in a statement, not {said}.")
    return column.in_([literal_column(f"'{word}'") for word in said])
