"""The desk does not run as somebody the wall does not bind."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import create_engine

from msp.serve import roles
from msp.settings import SettingsError
from msp.startup import check_role, install
from tests.services import Database


def asked(url: str) -> None:
    with psycopg.connect(roles.libpq(url)) as connection:
        check_role(connection)


def test_no_connection_of_a_wrong_role_is_handed_out(database: Database) -> None:
    engine = create_engine(database.superuser_url)
    install(engine)
    with pytest.raises(SettingsError):
        engine.connect()
    engine.dispose()


def test_the_applications_role_may_run(database: Database) -> None:
    asked(database.database_url)


def test_a_superuser_may_not(database: Database) -> None:
    with pytest.raises(SettingsError, match="superuser"):
        asked(database.superuser_url)


def test_the_owner_of_the_tables_may_not(database: Database) -> None:
    with pytest.raises(SettingsError, match="owns tables"):
        asked(database.owner_url)


def test_the_backups_role_may_not(database: Database) -> None:
    with pytest.raises(SettingsError, match="BYPASSRLS"):
        asked(database.backup_url)


def test_who_may_create_tables_may_not(own_database: Database) -> None:
    with psycopg.connect(roles.libpq(own_database.superuser_url), autocommit=True) as connection:
        connection.execute("GRANT CREATE ON SCHEMA public TO msp_app")
    with pytest.raises(SettingsError, match="create"):
        asked(own_database.database_url)
