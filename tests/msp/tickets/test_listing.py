"""The list of tickets by their last change follows an index, client by client."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from msp.tickets import listing
from tenants.db import db
from tenants.isolation import acting_as
from tests.cast import Cast


def test_each_clients_tickets_are_read_along_an_index(session: Session, cast: Cast) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    engines: dict[str | None, Any] = db.engines  # type: ignore[assignment]  # the extension's own dictionary
    with acting_as(cast.agent()):
        session.connection().exec_driver_sql("SET LOCAL enable_seqscan = off")
        session.connection().exec_driver_sql("SET LOCAL enable_bitmapscan = off")
        event.listen(engines[None], "before_cursor_execute", note)
        wanted = listing.Wanted(cast.every, after=(1_780_000_000, 7))
        assert listing.listed(session, cast.agent(), wanted, 50) == []
        event.remove(engines[None], "before_cursor_execute", note)
        statement, parameters = asked[-1]
        rows = session.connection().exec_driver_sql(f"EXPLAIN {statement}", parameters)
        plan = "\n".join(str(line) for (line,) in rows)
    assert "Index Scan Backward using ix_ticket_tenant_changed" in plan
    condition = next(line for line in plan.splitlines() if "Index Cond" in line)
    assert "tenant_id" in condition
    assert "changed_at" in condition
