"""The roles of the database: who owns the tables, who works on them, who copies them away."""

from collections.abc import Mapping
from typing import Final

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

OWNER: Final = "msp_owner"
APP: Final = "msp_app"
BACKUP: Final = "msp_backup"
DATABASE: Final = "msp"

RIGHTS: Final = {
    OWNER: "NOBYPASSRLS",
    APP: "NOBYPASSRLS",
    BACKUP: "BYPASSRLS",
}
"""Nobody of ours is superuser; only the backup sees past the walls, and it can only read."""


def libpq(url: str) -> str:
    """The connection string psycopg itself reads, from an SQLAlchemy URL."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def ensure_roles(admin_url: str, passwords: Mapping[str, str | None]) -> None:
    """Make the named roles or put their rights right; a password of None is left as it is."""
    with psycopg.connect(libpq(admin_url), autocommit=True) as connection:
        have = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles").fetchall()}
        for role, password in passwords.items():
            verb = sql.SQL("ALTER ROLE" if role in have else "CREATE ROLE")
            rights = sql.SQL("LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION " + RIGHTS[role])
            hashed = None if password is None else _hashed(connection, role, password)
            secret = sql.SQL(" PASSWORD {}").format(hashed) if hashed else sql.SQL("")
            connection.execute(verb + sql.SQL(" {} ").format(sql.Identifier(role)) + rights + secret)
        connection.execute(sql.SQL("GRANT pg_read_all_data TO {}").format(sql.Identifier(BACKUP)))


def ensure_database(admin_url: str, name: str, template: str = "template0") -> bool:
    """Make the database, owned by the owner role and closed to strangers; False when it was there.

    Its text sorts by the built-in C.UTF-8, so that every machine sorts alike.
    """
    with psycopg.connect(libpq(admin_url), autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
            return False
        create = "CREATE DATABASE {} OWNER {} TEMPLATE {}"
        if template == "template0":
            create += " ENCODING 'UTF8' LOCALE 'C' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"
        database = sql.Identifier(name)
        connection.execute(sql.SQL(create).format(database, sql.Identifier(OWNER), sql.Identifier(template)))
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
        connection.execute(
            sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(database, sql.Identifier(APP))
        )
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, sql.Identifier(BACKUP)))
    return True


def _hashed(connection: "psycopg.Connection[tuple[object, ...]]", role: str, password: str) -> str:
    """What the server stores, made here, so that no log of statements ever holds the password."""
    return connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
