"""The embedded servers start, are joined, stop, and survive an owner who was killed."""

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
import redis
from click.testing import CliRunner

from msp.commands import prepare
from msp.embedded import Services
from msp.serve import child, postgres, roles
from msp.settings import PROJECT
from tests.msp.embedded.conftest import connect

OWNER_OF_SERVERS = """
import sys, time
from pathlib import Path
from msp.embedded import Services
with Services(Path(sys.argv[1]), fsync=False, aof=True) as services:
    print(*services.pids.values(), flush=True)
    time.sleep(60)
"""


def bell(services: Services) -> redis.Redis:
    return redis.Redis.from_url(services.redis_url)


def is_gone(pid: int) -> bool:
    """Whether the process has ended; one that nobody has reaped yet counts as ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def wait_until_gone(*pids: int) -> None:
    until = time.monotonic() + 20
    while not all(map(is_gone, pids)):
        assert time.monotonic() < until, "a server outlived its owner"
        time.sleep(0.02)


def test_text_sorts_alike_on_every_machine(services: Services) -> None:
    with connect(services.database_url) as connection:
        found = connection.execute(
            "SELECT datlocprovider, datlocale, pg_encoding_to_char(encoding) FROM pg_database "
            "WHERE datname = current_database()"
        ).fetchone()
    assert found == (b"b", "C.UTF-8", "UTF8") or found == ("b", "C.UTF-8", "UTF8")


@pytest.mark.parametrize(("role", "bypasses"), [(roles.OWNER, False), (roles.APP, False), (roles.BACKUP, True)])
def test_no_role_of_ours_is_mightier_than_it_must_be(services: Services, role: str, bypasses: bool) -> None:
    with connect(services.superuser_url) as connection:
        found = connection.execute(
            "SELECT rolcanlogin, rolsuper, rolcreatedb, rolcreaterole, rolbypassrls FROM pg_roles WHERE rolname = %s",
            (role,),
        ).fetchone()
    assert found == (True, False, False, False, bypasses)


def test_the_owner_makes_tables_and_the_application_none(services: Services) -> None:
    with connect(services.owner_url) as connection:
        connection.execute("CREATE TABLE owned (id bigint)")
    with connect(services.database_url) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE mine (id bigint)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM owned")
    with connect(services.backup_url) as connection:
        assert connection.execute("SELECT * FROM owned").fetchall() == []
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("INSERT INTO owned VALUES (1)")


def test_a_server_of_ones_own_gets_the_same_roles(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "ADMIN_DATABASE_URL": services.superuser_url,
        "DATABASE_URL": services.url("msp_app:open-sesame", "elsewhere"),
        "OWNER_DATABASE_URL": services.url("msp_owner:other", "elsewhere"),
        "REDIS_URL": services.redis_url,
        "SECRET_KEY": "k" * 32,
        "MSP_BASE_URL": "https://desk.example",
        "MSP_MAIL_DOMAIN": "desk.example",
    }
    monkeypatch.setattr("msp.settings._ENVIRON", given)
    for _ in range(2):  # it may be repeated
        CliRunner().invoke(prepare.command, catch_exceptions=False)
    with connect(services.superuser_url) as connection:
        found = connection.execute("SELECT rolpassword FROM pg_authid WHERE rolname = 'msp_app'").fetchone()
        assert found is not None
        assert str(found[0]).startswith("SCRAM-SHA-256$")
    with connect(services.url(roles.APP, "elsewhere")) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("msp_app",)
    monkeypatch.setitem(given, "DATABASE_URL", services.url("somebody", "elsewhere"))
    refused = CliRunner().invoke(prepare.command)
    assert "DATABASE_URL must name the role msp_app" in refused.output


def test_only_we_may_enter_the_directory_of_the_sockets(services: Services) -> None:
    assert stat.S_IMODE(services.sockets.stat().st_mode) == 0o700
    assert len(os.fsencode(services.sockets / ".s.PGSQL.5432")) < 100


def test_redis_never_throws_a_job_away_and_listens_on_no_port(services: Services) -> None:
    with bell(services) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("port") == {"port": "0"}
        assert client.config_get("save") == {"save": ""}


def test_the_second_to_come_joins_and_leaves_the_servers_running(services: Services) -> None:
    with Services(services.data_dir) as joined:
        assert not joined.is_owner
        assert joined.database_url == services.database_url
    with connect(services.database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_two_directories_have_nothing_in_common(services: Services, fresh: Path) -> None:
    with Services(fresh, fsync=False, aof=False) as other:
        assert other.is_owner
        with bell(other) as client, bell(services) as ours:
            client.set("here", "1")
            assert ours.get("here") is None
        with connect(other.superuser_url) as connection:
            found = connection.execute("SHOW data_directory").fetchone()
        with connect(services.superuser_url) as connection:
            assert connection.execute("SHOW data_directory").fetchone() != found
        wait = tuple(other.pids.values())
    wait_until_gone(*wait)
    assert not other.sockets.exists()


def test_a_dead_server_is_revived(services: Services) -> None:
    before = services.pids
    os.kill(before["redis"], signal.SIGKILL)
    wait_until_gone(before["redis"])
    until = time.monotonic() + 5
    while not (revived := services.revive()):
        assert time.monotonic() < until, "nobody noticed"
    assert revived == ["redis"]
    assert services.revive() == []
    with bell(services) as client:
        assert client.ping()
    assert services.pids["postgres"] == before["postgres"]


def test_a_killed_owner_leaves_no_server_and_loses_no_row(fresh: Path) -> None:
    command = [sys.executable, "-c", OWNER_OF_SERVERS, str(fresh)]
    owner = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=PROJECT, text=True)
    assert owner.stdout is not None
    pids = [int(pid) for pid in owner.stdout.readline().split()]
    address = Services(fresh)
    with connect(address.owner_url) as connection, bell(address) as client:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        client.set("kept", "42")
    owner.kill()
    owner.wait()
    owner.stdout.close()
    with Services(fresh, fsync=False, aof=True) as services, connect(services.owner_url) as connection:
        assert services.is_owner
        assert not set(pids) & set(services.pids.values())
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
        with bell(services) as client:
            assert client.get("kept") == b"42"
    wait_until_gone(*pids)


def test_a_pid_that_now_belongs_to_somebody_else_is_no_obstacle(fresh: Path) -> None:
    with Services(fresh, fsync=False, aof=False):
        pass
    account = child.unprivileged()
    stranger = child.spawn(["/bin/sleep", "60"], farewell=signal.SIGKILL, output=subprocess.DEVNULL, account=account)
    data = postgres.cluster(fresh, fresh).data
    (data / "postmaster.pid").write_text(f"{stranger.pid}\n{data}\n1\n5432\n")
    sockets = Services(fresh).sockets
    postgres.private_dir(sockets, account)
    (sockets / ".s.PGSQL.5432.lock").write_text(f"{stranger.pid}\n{data}\n1\n5432\n{sockets}\n")
    with Services(fresh, fsync=False, aof=False) as services:
        assert services.is_owner
    assert stranger.poll() is None
    child.stop(stranger)
