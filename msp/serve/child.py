"""Child processes that cannot outlive us."""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

PR_SET_PDEATHSIG: Final = 1

_libc: Final = ctypes.CDLL(None, use_errno=True)

LONGEST_LOG: Final = 10_000_000

PLAIN: Final = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
"""All that a server may know of our environment."""


@dataclass(frozen=True, slots=True)
class Account:
    """Whom a child runs as, when not as ourselves."""

    name: str
    uid: int
    gid: int

    def may(self, test: str, path: Path) -> bool:
        """Whether `test TEST PATH` (-r, -w, -x) holds for this account, parents included."""
        return run(["/usr/bin/test", test, str(path)], account=self).returncode == 0


def unprivileged() -> Account | None:
    """The account for what refuses to run as root; None when we are not root ourselves."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("postgres")
    except KeyError:
        entry = pwd.getpwnam("nobody")
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def spawn(
    command: Sequence[str],
    *,
    farewell: signal.Signals,
    env: Mapping[str, str] = PLAIN,
    cwd: Path = Path("/"),
    output: IO[bytes] | int = subprocess.PIPE,
    account: Account | None = None,
) -> "subprocess.Popen[bytes]":
    """Start a child in a session of its own, so that Ctrl-C reaches only us and we decide the order of the end.

    On Linux it gets `farewell` when the calling thread ends, however it ends: call from the main thread.
    """
    parent = os.getpid()

    def promise() -> None:
        if sys.platform == "linux":
            _libc.prctl(PR_SET_PDEATHSIG, int(farewell))
            if os.getppid() != parent:
                os._exit(1)

    return subprocess.Popen(  # noqa: S603  # commands come from our own files
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=dict(env),
        cwd=cwd,
        start_new_session=True,
        preexec_fn=promise,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def run(command: Sequence[str], *, account: Account | None = None) -> "subprocess.CompletedProcess[bytes]":
    """Run a short command to its end with its output captured."""
    return subprocess.run(  # noqa: S603  # commands come from our own files
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=dict(PLAIN),
        cwd="/",
        check=False,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def private_log(path: Path) -> IO[bytes]:
    """A log opened for appending that only we may read: failing statements stand in it with their values.

    One that has grown past 10 MB makes way first; of those before it only the last is kept.
    """
    if path.exists() and path.stat().st_size > LONGEST_LOG:
        path.replace(path.with_suffix(".old.log"))
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def stop(child: "subprocess.Popen[bytes]", *signals: tuple[signal.Signals, float]) -> None:
    """Ask the child to end with one signal after the other, each with its seconds of patience; then kill it."""
    for number, patience in signals:
        if child.poll() is not None:
            return
        child.send_signal(number)
        try:
            child.wait(patience)
        except subprocess.TimeoutExpired:
            continue
    child.kill()
    child.wait()


def await_predecessor(pid_file: Path, mark: str, *signals: tuple[signal.Signals, float]) -> None:
    """See a server off that a killed owner left behind; `mark` stands in its command line.

    Its pid file goes too, because a restarted machine gives the number to somebody else. Needs /proc to recognise it.
    """
    try:
        pid = int(pid_file.read_text(encoding="ascii").split(maxsplit=1)[0])
    except (FileNotFoundError, ValueError, IndexError):
        return
    for number, patience in signals:
        if not _is_alive(pid, mark):
            break
        os.kill(pid, number)
        until = time.monotonic() + patience
        while _is_alive(pid, mark) and time.monotonic() < until:
            time.sleep(0.02)
    if Path("/proc/self").exists():
        pid_file.unlink(missing_ok=True)


def _is_alive(pid: int, mark: str) -> bool:
    try:
        return mark.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def become(command: Sequence[str], *, cwd: Path) -> None:
    """Let another program go on in our place, with our environment and our terminal."""
    os.chdir(cwd)
    os.execv(command[0], list(command))  # noqa: S606  # commands come from our own files
