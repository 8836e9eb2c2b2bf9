"""The msp command finds its subcommands, and a refusal to start is a sentence."""

import signal
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from msp import cli
from msp.settings import SettingsError

CONTEXT = click.Context(cli.cli)


@pytest.fixture(autouse=True)
def _signals_as_before() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("name", cli.cli.list_commands(CONTEXT))
def test_every_module_of_the_commands_is_one_and_says_what_it_does(name: str) -> None:
    command = cli.cli.get_command(CONTEXT, name)
    assert command is not None
    assert command.help


def test_the_commands_that_the_makefile_and_the_procfile_need_are_there() -> None:
    assert {"run", "services", "test", "migrate", "worker", "clock", "mail"} <= set(cli.cli.list_commands(CONTEXT))


def test_a_name_that_is_none_loads_nothing() -> None:
    assert cli.cli.get_command(CONTEXT, "os") is None


def test_a_refusal_is_a_sentence_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(**_: object) -> None:
        raise SettingsError("SECRET_KEY is missing")

    monkeypatch.setattr(cli, "cli", refuse)
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == 1
    assert capsys.readouterr().err == "SECRET_KEY is missing\n"


def test_being_asked_to_end_unwinds_what_was_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    unwound = []

    def work(**_: object) -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            unwound.append(True)

    monkeypatch.setattr(cli, "cli", work)
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == 143
    assert unwound == [True]


def test_a_missing_program_is_named_before_anything_is_recorded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    said = CliRunner().invoke(cli.cli, ["pictures", "--to", str(tmp_path / "pictures")])
    assert said.exit_code == 1
    assert "poppler-utils" in said.output
