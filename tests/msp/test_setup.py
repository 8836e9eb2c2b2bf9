"""Set-up makes a command, takes the front-end files along, and ends with a sentence when something is lacking."""

import hashlib
import os
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from msp.settings import PROJECT


def script(name: str, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """One of the files in .ci, with its functions' module variables in `there`."""
    monkeypatch.syspath_prepend(str(PROJECT / ".ci"))
    found = runpy.run_path(str(PROJECT / ".ci" / f"{name}.py"))
    there = next(each for each in found.values() if callable(each) and hasattr(each, "__globals__")).__globals__
    return SimpleNamespace(**found, there=there)


def test_the_front_end_files_of_the_lock_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    frontend = script("frontend", monkeypatch)
    vendor = PROJECT / frontend.VENDOR
    missing = [name for name in (*frontend.FILES.values(), "icons.svg") if not (vendor / name).stat().st_size]
    assert not missing
    assert {path.name for path in vendor.iterdir() if not path.name.startswith(".")} == {
        *frontend.FILES.values(),
        "icons.svg",
    }


def test_front_end_files_are_fetched_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    frontend = script("frontend", monkeypatch)
    for name in ("package-lock.json", frontend.ICONS):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    vendor = tmp_path / frontend.VENDOR
    vendor.mkdir(parents=True)
    (vendor / ".installed").write_text(hashlib.sha256((PROJECT / ".ci" / "frontend.py").read_bytes()).hexdigest())
    assert not frontend.install(tmp_path, Path(sys.executable))


def test_the_checkout_becomes_a_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    setup = script("setup", monkeypatch)
    packages = tmp_path / "lib" / "python3.11" / "site-packages"
    packages.mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").write_text('#!/bin/sh\necho "$@"\n')
    (tmp_path / "bin" / "python").chmod(0o755)
    monkeypatch.setitem(setup.link_project.__globals__, "VENV", tmp_path)
    setup.link_project()
    assert (packages / "msp-checkout.pth").read_text() == f"{PROJECT}\n"
    said = subprocess.run([tmp_path / "bin" / "msp", "run", "--x"], capture_output=True, text=True, check=True)
    assert said.stdout == "-P -m msp.cli run --x\n"


def test_a_virtualenv_that_was_moved_is_made_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    setup = script("setup", monkeypatch)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    (tmp_path / "bin" / "gunicorn").write_text("#!/another/place/.venv/bin/python\n")
    assert not setup.works(tmp_path / "bin" / "python")
    assert not setup.works(tmp_path / "nowhere" / "python")


def test_an_ordinary_user_is_told_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = script("machine", monkeypatch)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(machine.there["shutil"], "which", lambda name: f"/usr/bin/{name}")
    with pytest.raises(SystemExit, match=r"please run `sudo apt-get install python3-venv`"):
        machine.need_packages("python3-venv", why="pip is missing")


def test_root_installs_what_is_missing_and_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = script("machine", monkeypatch)
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(machine.there["shutil"], "which", lambda name: f"/usr/bin/{name}")

    def install(*names: str) -> bool:
        asked.append(names)
        return True

    monkeypatch.setitem(machine.there, "apt_install", install)
    machine.need_packages("python3-venv", why="pip is missing")
    assert asked == [("python3-venv",)]
    assert "installing the Debian packages python3-venv" in capsys.readouterr().out


def test_no_browser_ends_set_up_loudly(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    machine = script("machine", monkeypatch)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setitem(machine.there, "installed_browser", lambda: "")
    monkeypatch.setitem(machine.there, "succeeds", lambda *_: False)
    with pytest.raises(SystemExit, match="NO BROWSER"):
        machine.find_or_fetch_browser(tmp_path, Path(sys.executable))
    assert not (tmp_path / "var").exists()


def test_a_browser_that_does_not_start_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    machine = script("machine", monkeypatch)
    (tmp_path / "chromium").write_text("#!/bin/sh\nexit 127\n")
    (tmp_path / "chromium").chmod(0o755)
    assert not machine.works(str(tmp_path / "chromium"))
    (tmp_path / "chromium").write_text("#!/bin/sh\necho '<p>drawn</p>'\n")
    assert machine.works(str(tmp_path / "chromium"))


def test_the_continuous_run_is_the_readme_s_command() -> None:
    lines = (PROJECT / ".ci" / "run").read_text().splitlines()
    commands = [line for line in lines if line and not line.startswith("#")]
    assert commands == ["set -eu", 'cd "$(dirname "$0")/.."', "exec make check"]
