"""The embedded servers start, are joined, stop, and survive an owner who was killed."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from click.testing import CliRunner

from msp.commands import prepare
from msp.embedded import Services, kept_secret, standing
from msp.serve import child, postgres, roles
from msp.settings import PROJECT, Settings
from tests.services import SLOTS

OWNER_OF_SERVERS = """
import sys, time
from pathlib import Path
from msp.embedded import Services
with Services(Path(sys.argv[1]), fsync=False, aof=True) as services:
    print(*services.pids.values(), flush=True)
    time.sleep(60)
"""


def directory() -> Path:
    """A directory for servers that may be reached even when we are root (pytest's own may not)."""
    SLOTS.mkdir(parents=True, exist_ok=True)
    path = Path(tempfile.mkdtemp(dir=SLOTS, prefix="embedded-"))
    path.chmod(0o711)
    return path


def remove(path: Path) -> None:
    """The directory and what lies elsewhere for it."""
    shutil.rmtree(postgres.cluster(path, path).data, ignore_errors=True)
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    path = directory()
    with Services(path, fsync=False, aof=False) as services:
        yield services
    remove(path)


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """A directory that any account reaches, wherever the checkout lies."""
    with tempfile.TemporaryDirectory(prefix="msp-own-") as path:
        Path(path).chmod(0o711)
        yield Path(path)


@pytest.fixture
def fresh() -> Iterator[Path]:
    path = directory()
    yield path
    remove(path)


def connect(url: str) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(roles.libpq(url), autocommit=True)


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


def test_a_directory_of_sockets_that_others_may_enter_is_refused(fresh: Path) -> None:
    services = Services(fresh)
    services.sockets.mkdir(mode=0o755)
    services.sockets.chmod(0o755)
    try:
        with pytest.raises(postgres.ServerError, match="not a private directory of ours"), services:
            pass
    finally:
        services.sockets.rmdir()


def test_a_cluster_of_another_version_is_left_alone(fresh: Path) -> None:
    data = postgres.cluster(fresh, fresh).data
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("16\n")
    with pytest.raises(postgres.ServerError, match="written by PostgreSQL 16"), Services(fresh):
        pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has an account to drop to")
def test_root_keeps_the_rows_where_the_account_may_go(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = fresh / "own"
    hidden = fresh / "hidden"
    hidden.mkdir(mode=0o700)
    monkeypatch.setattr(postgres, "ROOTS_OWN", own)
    monkeypatch.setattr(child.Account, "may", lambda *asked: hidden not in asked[-1].parents)
    found = postgres.cluster(hidden / "var", fresh)
    assert own in found.data.parents
    assert stat.S_IMODE(hidden.stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has an account to drop to")
def test_root_copies_the_server_when_its_account_cannot_reach_it(
    fresh: Path, open_to_all: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "ROOTS_OWN", open_to_all)
    packages = postgres.wheel_binaries().parents[2]
    may = child.Account.may
    monkeypatch.setattr(child.Account, "may", lambda *asked: packages not in asked[-1].parents and may(*asked))
    with Services(fresh, fsync=False, aof=False) as services, connect(services.database_url) as connection:
        running = Path(f"/proc/{services.pids['postgres']}/exe").resolve()
        assert open_to_all in running.parents
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_the_secret_is_made_once_and_readable_for_us_only(tmp_path: Path) -> None:
    first = kept_secret(tmp_path)
    assert len(first) >= 32
    assert kept_secret(tmp_path) == first
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


def test_a_database_that_was_named_starts_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "DATABASE_URL": "postgresql://msp_app@elsewhere/msp",
        "OWNER_DATABASE_URL": "postgresql://msp_owner@elsewhere/msp",
        "REDIS_URL": "redis://elsewhere/0",
        "SECRET_KEY": "k" * 32,
        "MSP_BASE_URL": "https://desk.example",
        "MSP_MAIL_DOMAIN": "desk.example",
    }
    monkeypatch.setattr("msp.settings._ENVIRON", given)
    with standing(tmp_path / "var") as settings:
        assert settings == Settings.read()
    assert not (tmp_path / "var").exists()
