"""What is written as rows of one parameter arrives as it was."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Table,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from tenants.given import Rows
from tenants.isolation import acting_as
from tenants.rows import given_rows
from tenants.rules import GATE

WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
KINDS: dict[str, tuple[Any, st.SearchStrategy[Any]]] = {
    "number": (BigInteger(), st.integers(-(2**63), 2**63 - 1)),
    "word": (String(collation="C"), WORDS),
    "sum": (Numeric(), st.decimals(allow_nan=False, allow_infinity=False, places=6)),
    "at": (
        DateTime(timezone=True),
        st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)).map(lambda at: at.replace(tzinfo=UTC)),  # noqa: DTZ001
    ),
    "day": (Date(), st.dates()),
    "bytes": (LargeBinary(), st.binary()),
    "flag": (Boolean(), st.booleans()),
    "data": (JSONB(), st.dictionaries(WORDS, st.one_of(WORDS, st.integers(), st.lists(st.none()), st.booleans()))),
}
TABLE = Table("told", MetaData(), *(Column(name, kind) for name, (kind, _values) in KINDS.items()))
ROWS = st.lists(st.fixed_dictionaries({name: st.none() | values for name, (_kind, values) in KINDS.items()}))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(rows=ROWS)
def test_every_kind_of_value_arrives(session: Session, rows: list[dict[str, Any]]) -> None:
    told = given_rows(TABLE, tuple(KINDS))
    with acting_as(GATE):
        found = session.execute(select(*told.c), {"rows": rows}).all()
    assert [row._asdict() for row in found] == rows


def test_what_no_column_holds_is_refused() -> None:
    with pytest.raises(TypeError, match="No column holds"):
        Rows().bind_processor(None)([{"word": object()}])


def test_a_day_and_a_sum_are_written_as_the_database_reads_them() -> None:
    write = Rows().bind_processor(None)
    assert write([{"day": date(2026, 10, 1), "sum": Decimal("1.50")}]) == '[{"day": "2026-10-01", "sum": "1.50"}]'
