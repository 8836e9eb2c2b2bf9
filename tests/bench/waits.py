"""How long a program and its server were ready and no core was free: what others had, and no measure of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session


def server_of(session: Session) -> int:
    """The process of PostgreSQL that serves this session."""
    driver: Any = session.connection().connection.dbapi_connection
    return int(driver.info.backend_pid)


def kept_waiting(server: int) -> float:
    """Seconds since their beginning for which this process and the server's waited for a core (Linux' schedstat)."""
    delays = [Path(f"/proc/{process}/schedstat") for process in ("self", server)]
    return sum(int(each.read_text().split()[1]) for each in delays if each.exists()) / 1e9
