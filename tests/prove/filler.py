"""A row for each walled table that nobody furnished by hand, made of what its columns and constraints say."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Column, String, Table, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from tenants.isolation import Base, Walled

MODELS: dict[str, type[Any]] = {mapper.class_.__tablename__: mapper.class_ for mapper in Base.registry.mappers}
YEN = "JPY"
ONE_OF = re.compile(r"(\w+) IN \('([^']*)'")


def fill(session: Session, table: str, tenant_id: int, words: str, at: datetime) -> str:
    """Put one row with these words into a table. Answers why it could not, or nothing."""
    model = MODELS[table]
    values = _linked(session, model.__table__, tenant_id)
    chosen = _choices(model.__table__)
    for days, column in enumerate(model.__table__.columns):
        if column.name not in values and _must(column):
            values[column.name] = chosen.get(column.name) or _plain(column, words, at + timedelta(days=days))
    try:
        with session.begin_nested():
            session.add(model(**values))
    except (DatabaseError, TypeError, ValueError) as error:
        return str(getattr(error, "orig", error)).splitlines()[0]
    return ""


def _linked(session: Session, table: Table, tenant_id: int) -> dict[str, Any]:
    """The columns that point elsewhere, at some row that stands there already."""
    values: dict[str, Any] = {"tenant_id": tenant_id}
    for constraint in table.foreign_key_constraints:
        pairs = [(key.parent.name, key.column.name) for key in constraint.elements]
        if all(table.c[name].nullable for name, _ in pairs if name != "tenant_id"):
            continue
        target = MODELS[constraint.referred_table.name]
        found = select(*(getattr(target, name) for _, name in pairs))
        if issubclass(target, Walled):
            found = found.where(target.tenant_id == tenant_id)
        row = session.execute(found.limit(1)).first()
        if row is not None:
            values |= {name: value for (name, _), value in zip(pairs, row, strict=True)}
    return values


def _choices(table: Table) -> dict[str, str]:
    """The first word of each closed list."""
    checks = (str(each.sqltext) for each in table.constraints if isinstance(each, CheckConstraint))
    return dict(found for check in checks for found in ONE_OF.findall(check))


def _must(column: Column[Any]) -> bool:
    """Whether the row does without: an identity, a default, what may be empty."""
    return not column.nullable and column.identity is None and column.default is None and column.server_default is None


def _plain(column: Column[Any], words: str, at: datetime) -> Any:
    if isinstance(column.type, JSONB):
        return {"said": words}
    if isinstance(column.type, ARRAY):
        return []
    if isinstance(column.type, String) and column.type.length == len(YEN):
        return YEN
    kind = column.type.python_type
    known: dict[type[Any], Any] = {str: words, int: 1, bool: False, Decimal: Decimal(1), date: at.date(), datetime: at}
    return known[kind] if kind in known else kind()
