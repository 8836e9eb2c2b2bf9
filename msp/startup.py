"""What must be true of the database before a process of the desk may work on it."""

from __future__ import annotations

from typing import Any, Final

import psycopg
from sqlalchemy import Engine, event

from msp.serve import roles
from msp.settings import SettingsError

RIGHTS: Final = """
SELECT rolsuper, rolbypassrls, rolcreatedb OR rolcreaterole OR rolreplication,
  has_schema_privilege(current_user, 'public', 'CREATE') OR has_database_privilege(current_database(), 'CREATE'),
  EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace AND pg_has_role(relowner, 'MEMBER'))
FROM pg_roles WHERE rolname = current_user
"""
FAULTS: Final = (
    "is superuser",
    "has BYPASSRLS",
    "may make databases, roles or replicas",
    "may create tables or schemas",
    "owns tables, or is a member of a role that does",
)
"""In the order of the columns above."""


def check_role(connection: psycopg.Connection[Any]) -> None:
    """Refuse to work as somebody the wall does not bind (safety.md 1). Raises SettingsError naming every fault."""
    row = connection.execute(RIGHTS).fetchone() or ()
    connection.rollback()
    faults = [fault for fault, found in zip(FAULTS, row, strict=True) if found]
    if faults:
        name = connection.info.user
        raise SettingsError(f"DATABASE_URL: the role {name} {', '.join(faults)}. Use {roles.APP}, which walls bind.")


def install(engine: Engine) -> None:
    """Ask it of every new connection, so that a process may also start before its database does."""
    event.listen(engine, "connect", lambda connection, _record: check_role(connection))
