"""Makes .venv and all that the desk needs in it; run by any Python, uses nothing but its standard library.

python3 .ci/setup.py          what `make run` needs
python3 .ci/setup.py dev      also what `make test` and `make check` need, a browser among it
"""

from __future__ import annotations

import fcntl
import hashlib
import platform
import shutil
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import frontend
import machine

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST = (3, 11)
CANDIDATES = ("python3.11", "python3.12", "python3.13", "python3.14", "python3")
READY_MADE = ("x86_64", "amd64")
COMPILER = ("gcc", "make", "libc6-dev", "python3-dev")
INSTALL = ("install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps", "--require-hashes")
LAUNCHER = """#!/bin/sh
exec "$(dirname "$0")/python" -P -m msp.cli "$@"
"""


def main() -> None:
    """Do what is missing, say what takes long, and end with one sentence when it cannot be done."""
    wants_dev = sys.argv[1:] == ["dev"]
    (ROOT / "var").mkdir(mode=0o711 if machine.is_root() else 0o700, exist_ok=True)
    with (ROOT / "var" / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        began = time.monotonic()
        changed = make_venv()
        changed |= install("requirements-dev.lock" if wants_dev else "requirements.lock")
        link_project()
        changed |= frontend.install(ROOT, PYTHON)
        if wants_dev:
            changed |= machine.find_or_fetch_browser(ROOT, PYTHON)
        if changed:
            machine.say(f"Set up in {time.monotonic() - began:.0f} s.")


def make_venv() -> bool:
    """The virtualenv, made by the first Python that is new enough; made again when it no longer runs."""
    if works(PYTHON):
        return False
    base = new_enough_python()
    machine.say(f"Making .venv with {base} ...")
    shutil.rmtree(VENV, ignore_errors=True)
    if not machine.succeeds(base, "-c", "import ensurepip") and not machine.succeeds(base, "-m", "pip", "--version"):
        machine.need_packages("python3-venv", why="Python's own installer (pip) is missing")
    if machine.succeeds(base, "-c", "import ensurepip"):
        machine.must([base, "-m", "venv", str(VENV)])
    else:
        machine.must([base, "-m", "venv", "--without-pip", str(VENV)])
    return True


def works(python: Path) -> bool:
    """Whether this virtualenv runs, is new enough, and still lies where it was made."""
    place = "import sys; sys.exit(sys.version_info < (3, 11) or sys.prefix != sys.argv[1])"
    launchers = list(python.parent.glob("gunicorn"))
    moved = any(str(python.parent) not in each.read_text(errors="replace")[:400] for each in launchers)
    return python.exists() and not moved and machine.succeeds(str(python), "-c", place, str(VENV))


def new_enough_python() -> str:
    """The Python that runs us, or another on the PATH."""
    if sys.version_info >= OLDEST:
        return sys.executable
    for name in CANDIDATES:
        found = shutil.which(name)
        if found and machine.succeeds(found, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"):
            return found
    return machine.stop("Python 3.11 or newer is needed (on Debian 12 or Ubuntu 24.04: apt install python3).")


def install(lock: str) -> bool:
    """The locked packages, each checked against its hash; skipped when this lock was installed before."""
    stamp = VENV / f".{lock}.installed"
    digest = hashlib.sha256((ROOT / lock).read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return False
    if platform.machine().lower() not in READY_MADE and not shutil.which("cc"):
        machine.need_packages(*COMPILER, why="Redis has no ready-made package for this processor and must be compiled")
    machine.say(f"Installing the Python packages of {lock} (the first time takes a while) ...")
    pip = [str(PYTHON), "-m", "pip"]
    if not machine.succeeds(*pip, "--version") and not machine.succeeds(str(PYTHON), "-m", "ensurepip"):
        pip = [new_enough_python(), "-m", "pip", "--python", str(PYTHON)]
    machine.must([*pip, *INSTALL, "-r", str(ROOT / lock)])
    stamp.write_text(digest)
    if lock == "requirements-dev.lock":  # it holds the other
        install_stamp = VENV / ".requirements.lock.installed"
        install_stamp.write_text(hashlib.sha256((ROOT / "requirements.lock").read_bytes()).hexdigest())
    return True


def link_project() -> None:
    """Make this checkout importable and .venv/bin/msp a command, without building anything."""
    packages = next((VENV / "lib").glob("python3.*/site-packages"))
    write(packages / "msp-checkout.pth", f"{ROOT}\n")
    write(VENV / "bin" / "msp", LAUNCHER)
    (VENV / "bin" / "msp").chmod(0o755)


def write(path: Path, text: str) -> None:
    """Write only what is not there yet."""
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


if __name__ == "__main__":
    main()
