"""A desk finds its ports, is open once, and tells its processes no more than they need."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from msp.serve import ports
from msp.serve.desk import Desk, on_free_ports, open_desk
from msp.serve.postgres import ServerError
from msp.settings import Settings

GIVEN = {
    "DATABASE_URL": "postgresql://msp_app@elsewhere/msp",
    "OWNER_DATABASE_URL": "postgresql://msp_owner:mighty@elsewhere/msp",
    "ADMIN_DATABASE_URL": "postgresql://postgres:mightier@elsewhere/msp",
    "REDIS_URL": "redis://elsewhere/0",
    "SECRET_KEY": "k" * 32,
    "MSP_BASE_URL": "https://desk.example",
    "MSP_MAIL_DOMAIN": "desk.example",
}


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr("msp.settings._ENVIRON", {})
    return Settings.read(GIVEN | {"MSP_DATA_DIR": str(tmp_path)})


@pytest.fixture
def busy() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def quiet(_name: str, _line: str) -> None:
    """What nobody needs to hear."""


def test_a_busy_port_gives_way_to_the_next_and_it_is_said(settings: Settings, busy: int) -> None:
    said: list[str] = []
    found = on_free_ports(replace(settings, port=busy), lambda _, line: said.append(line))
    assert found.port > busy
    assert f"Port {busy} is in use, so we take {found.port}" in said
    assert found.base_url == f"http://localhost:{found.port}"


def test_no_port_is_given_away_twice(settings: Settings, busy: int) -> None:
    found = on_free_ports(replace(settings, port=busy, events_port=busy, listen_port=busy), quiet)
    assert len({found.port, found.events_port, found.listen_port, busy}) == 4


def test_an_address_that_was_given_stays(settings: Settings, busy: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("msp.settings._ENVIRON", {"MSP_BASE_URL": "https://desk.example"})
    assert on_free_ports(replace(settings, port=busy), quiet).base_url == "https://desk.example"


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("127.0.0.1", "localhost"),
        ("0.0.0.0", "localhost"),  # noqa: S104
        ("::", "localhost"),
        ("10.0.0.7", "10.0.0.7"),
        ("fd00::1", "[fd00::1]"),
    ],
)
def test_a_host_has_a_name_that_fits_a_url(host: str, name: str) -> None:
    assert ports.named(host) == name


def test_a_port_that_accepts_but_says_nothing_serves_nobody(busy: int) -> None:
    knock = ports.Knock("127.0.0.1", busy)
    assert ports.answers("127.0.0.1", busy)
    assert not knock.is_answered()
    assert not knock.is_answered()
    knock.close()


def test_a_port_that_answers_late_serves() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        knock = ports.Knock("127.0.0.1", server.getsockname()[1])
        assert not knock.is_answered()
        accepted, _ = server.accept()
        with accepted:
            accepted.sendall(b"HTTP/1.0 503 Not yet\r\n\r\n")
        assert knock.is_answered()


def test_a_port_where_nobody_listens_serves_nobody(busy: int) -> None:
    knock = ports.Knock("127.0.0.1", ports.next_free("127.0.0.1", busy))
    assert not knock.is_answered()


def test_a_desk_is_open_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("msp.settings._ENVIRON", GIVEN | {"MSP_DATA_DIR": str(tmp_path / "var")})
    refused = pytest.raises(ServerError, match=r"already open at https://desk\.example")
    with open_desk(tmp_path, quiet), refused, open_desk(tmp_path, quiet):
        pass
    with open_desk(tmp_path, quiet) as again:
        assert again.settings.database_url == "postgresql+psycopg://msp_app@elsewhere/msp"


def test_its_processes_do_not_know_the_mightier_roles(settings: Settings) -> None:
    told = Desk(settings, None, quiet)._environment()
    assert told["DATABASE_URL"] == settings.database_url
    assert "mighti" not in "".join(told.values())
