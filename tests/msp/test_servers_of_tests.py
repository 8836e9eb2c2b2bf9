"""A test run has servers of its own; a worker gets clones of the migrated database and hears of nothing else."""

import json

import psycopg
import pytest

from msp.serve import roles
from tests.services import HANDED_OVER, Servers, Slot, TestRun


def tables(url: str) -> set[str]:
    with psycopg.connect(roles.libpq(url)) as connection:
        found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {name for (name,) in found}


def test_two_runs_never_share_a_slot() -> None:
    with Slot() as one, Slot() as other:
        assert one.path != other.path


def test_a_clone_is_migrated_and_starts_empty_each_time(servers: Servers) -> None:
    name = "clone_of_services"
    with psycopg.connect(roles.libpq(servers.clone(name).owner_url), autocommit=True) as connection:
        connection.execute("CREATE TABLE left_over (id bigint)")
    again = servers.clone(name)
    assert "left_over" not in tables(again.database_url)
    assert {"tenant", "work"} <= tables(again.database_url)
    servers.drop(name)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        tables(again.database_url)


def test_an_empty_database_has_no_table(servers: Servers) -> None:
    assert tables(servers.empty("empty_of_services").database_url) == set()
    servers.drop("empty_of_services")


def test_the_application_may_connect_to_a_clone_and_a_stranger_may_not(servers: Servers) -> None:
    database = servers.clone("closed_of_services")
    with psycopg.connect(roles.libpq(database.superuser_url), autocommit=True) as connection:
        found = connection.execute(
            "SELECT has_database_privilege('msp_app', current_database(), 'CONNECT'),"
            " has_database_privilege('msp_app', current_database(), 'CREATE'),"
            " has_database_privilege('msp_backup', current_database(), 'CONNECT'),"
            " (SELECT bool_or(grantee = 0) FROM pg_database, aclexplode(datacl) WHERE datname = current_database())"
        ).fetchone()
    assert found == (True, False, True, False)
    servers.drop("closed_of_services")


def test_workers_are_handed_plain_words(run: TestRun, servers: Servers) -> None:
    handed: dict[str, object] = {}
    run.hand_over(handed)
    told = json.loads(json.dumps(handed[HANDED_OVER]))
    assert Servers(**told) == servers


def test_each_worker_has_a_redis_database(servers: Servers) -> None:
    assert servers.redis(3).endswith("?db=3")
    assert servers.redis(3) != servers.redis(13)
