"""Where the embedded servers keep their rows and sockets, and what they never enter."""

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from msp.embedded import Services, kept_secret, standing
from msp.serve import child, postgres
from msp.settings import Settings
from tests.msp.embedded.conftest import connect


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """A directory that any account reaches, wherever the checkout lies."""
    with tempfile.TemporaryDirectory(prefix="msp-own-") as path:
        Path(path).chmod(0o711)
        yield Path(path)


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
