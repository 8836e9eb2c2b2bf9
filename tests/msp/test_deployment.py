"""The containers, the Procfile, the settings and the locks tell one story."""

import re
import runpy
import shlex
from pathlib import Path
from typing import Any, Final

import pytest
import yaml  # type: ignore[import-untyped]
from click.testing import CliRunner

from msp.cli import cli
from msp.commands import start
from msp.serve import child
from msp.serve.postgres import Cluster
from msp.serve.procfile import Program, programs
from msp.settings import PROJECT, Settings, variable

COMPOSE: Final[dict[str, Any]] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
REFERENCE: Final = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\}")


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What `make compose` writes for a new desk."""
    script = runpy.run_path(str(PROJECT / ".ci" / "compose_env.py"))
    monkeypatch.setitem(script["main"].__globals__, "ROOT", tmp_path)
    script["main"]()
    first = (tmp_path / "var" / "compose.env").read_text()
    script["main"]()
    assert (tmp_path / "var" / "compose.env").read_text() == first
    lines = (tmp_path / "var" / "compose.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def filled(value: str, given: dict[str, str]) -> str:
    """A value of the compose file as compose would read it."""

    def answer(match: re.Match[str]) -> str:
        if match["kind"] == "?":
            assert match["name"] in given, f"nobody writes {match['name']}"
        return given.get(match["name"]) or (match["rest"] if match["kind"] == "-" else "")

    return REFERENCE.sub(answer, value)


@pytest.mark.parametrize("program", programs(), ids=lambda program: program.name)
def test_each_process_has_a_container_that_starts_it(program: Program) -> None:
    assert COMPOSE["services"][program.name]["command"] == ["msp", "start", program.name]


@pytest.mark.parametrize("program", programs(), ids=lambda program: program.name)
def test_msp_start_becomes_the_line_of_the_procfile(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    became: list[list[str]] = []
    monkeypatch.setattr(child, "become", lambda command, cwd: became.append([*command, str(cwd)]))
    CliRunner().invoke(start.command, [program.name], catch_exceptions=False)
    assert became[0][-2:] == [f"exec {program.command}", str(PROJECT)]


def test_msp_start_names_what_there_is() -> None:
    answer = CliRunner().invoke(cli, ["start", "wed"])
    assert answer.exit_code == 2
    assert all(program.name in answer.output for program in programs())


def test_containers_of_the_desk_start_nothing_but_processes_of_the_procfile() -> None:
    ours = {name for name, service in COMPOSE["services"].items() if service["image"] == "msp"}
    assert ours - {"migrate"} == {program.name for program in programs()}


@pytest.mark.parametrize("name", ["web", "migrate"])
def test_the_containers_are_told_settings_that_hold(name: str, written: dict[str, str]) -> None:
    environment = COMPOSE["services"][name]["environment"]
    known = {variable(field) for field in Settings.__dataclass_fields__}
    assert environment.keys() <= known
    settings = Settings._from({key: filled(value, written) for key, value in environment.items()})
    assert settings.demo
    assert bool(settings.owner_database_url) == (name == "migrate")


def test_only_the_migration_knows_the_mightier_roles() -> None:
    for name, service in COMPOSE["services"].items():
        if service["image"] == "msp" and name != "migrate":
            assert not {"OWNER_DATABASE_URL", "ADMIN_DATABASE_URL"} & service["environment"].keys()


def test_secrets_of_the_containers_are_long_and_private(tmp_path: Path, written: dict[str, str]) -> None:
    path = tmp_path / "var" / "compose.env"
    assert path.stat().st_mode & 0o777 == 0o600
    assert len({written[name] for name in ("SECRET_KEY", "APP_PASSWORD", "OWNER_PASSWORD", "POSTGRES_PASSWORD")}) == 4
    assert len(written["APP_PASSWORD"]) == 64


def test_text_sorts_in_containers_as_it_does_embedded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[str] = []

    def look(command: list[str], **_: object) -> None:
        asked.extend(command)
        raise InterruptedError

    monkeypatch.setattr(child, "run", look)
    cluster = Cluster(tmp_path / "rows", tmp_path / "log", tmp_path, tmp_path, None)
    with pytest.raises(InterruptedError):
        cluster.start(fsync=True)
    told = shlex.split(COMPOSE["services"]["db"]["environment"]["POSTGRES_INITDB_ARGS"])
    assert told
    assert set(told) <= set(asked)


def test_the_image_copies_only_what_is_there_and_not_ignored() -> None:
    passed = {line[1:] for line in (PROJECT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copies = re.findall(r"^COPY (?!--)(.+) \S+$", (PROJECT / "Dockerfile").read_text(), re.MULTILINE)
    for source in " ".join(copies).split():
        assert (PROJECT / source).exists()
        assert any(Path(source).parts[0] == entry or Path(source).match(entry) for entry in passed), source


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-s3.lock", "requirements-dev.lock"])
def test_what_runs_is_what_was_tested(lock: str) -> None:
    pins = pinned("requirements.lock")
    assert pins
    assert pins <= pinned(lock)


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock", "requirements-node.lock"])
def test_a_lock_names_no_index_and_a_hash_for_every_package(lock: str) -> None:
    text = (PROJECT / lock).read_text()
    assert "://" not in text
    assert all("--hash=sha256:" in entry for entry in re.split(r"\n(?=\S)", text) if "==" in entry)


def pinned(lock: str) -> set[str]:
    """The name==version pairs of a lock."""
    return set(re.findall(r"^[a-z0-9._-]+(?:\[[a-z,]+\])?==\S+", (PROJECT / lock).read_text(), re.MULTILINE))
