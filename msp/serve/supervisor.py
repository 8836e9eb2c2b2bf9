"""Keeps the processes of a desk alive, tells of every death, and ends them in the opposite order."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Final

from msp.serve import child
from msp.serve.procfile import Program

LONGEST_WAIT: Final = 30.0
"""Seconds between two starts of a process that keeps dying."""
LIVED: Final = 20.0
"""A process that lived so long has started well; its next death counts as the first."""
PATIENCE: Final = 10.0
"""Seconds a process may take to end before it is killed."""
ROUND: Final = 0.2

ENDINGS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Keeper:
    """One process with its deaths."""

    def __init__(self, program: Program, start: Callable[[Program], "subprocess.Popen[bytes]"]) -> None:
        self.name = program.name
        self._program = program
        self._start = start
        self._deaths = 0
        self._started = 0.0
        self.starts = 0
        self.again_at = 0.0
        self.child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, now."""
        self.child = self._start(self._program)
        self._started = time.monotonic()
        self.starts += 1

    def mourn(self) -> str | None:
        """A sentence when it has died since the last look; sets when it comes back, later with each quick death."""
        if self.child is None or self.child.poll() is None:
            return None
        with suppress(ProcessLookupError):
            os.killpg(self.child.pid, signal.SIGKILL)  # what it left behind would keep its port
        now = time.monotonic()
        self._deaths = 1 if now - self._started > LIVED else self._deaths + 1
        wait = min(LONGEST_WAIT, 0.5 * 2 ** (self._deaths - 1))
        self.again_at = now + wait
        sentence = f"{self.name} {ending(self.child.returncode)}; it starts again in {wait:g} s"
        self.child = None
        return sentence

    @property
    def is_due(self) -> bool:
        """Whether a process that does not run is to be started."""
        return self.child is None and time.monotonic() >= self.again_at


class Supervisor:
    """Runs programs until a signal comes. `say` gets a name and a line; `each_round` is called a few times a second."""

    def __init__(
        self,
        programs: Sequence[Program],
        *,
        env: Mapping[str, str],
        cwd: Path,
        say: Callable[[str, str], None],
        each_round: Callable[[], None] = lambda: None,
        head_start: float = 0,
    ) -> None:
        self._head_start = head_start
        self._env, self._cwd, self._say, self._each_round = env, cwd, say, each_round
        self._keepers = [Keeper(program, self._spawn) for program in programs]
        self._output = selectors.DefaultSelector()
        self._unfinished: dict[int, bytes] = {}
        self._endings = 0

    def run(self) -> None:
        """Start all in order, restart what dies, and come back when all have ended after a signal.

        The first has the machine to itself for `head_start` seconds, or until `hurry` is called.
        The first SIGINT, SIGTERM or SIGHUP ends them one by one, last first; the second kills what is left.
        """
        with self._signals():
            try:
                for keeper in self._keepers[1:]:
                    keeper.again_at = time.monotonic() + self._head_start
                while not self._endings:
                    self._tend()
                    self._listen(ROUND)
                    self._each_round()
            finally:
                self._end_all()
                self._output.close()

    def hurry(self) -> None:
        """The first process is ready: start the others now."""
        for keeper in self._keepers:
            if not keeper.starts:
                keeper.again_at = 0.0

    def _tend(self) -> None:
        for keeper in self._keepers:
            if sentence := keeper.mourn():
                self._say("msp", sentence)
            elif keeper.is_due:
                keeper.start()
                if keeper.starts > 1:
                    self._say("msp", f"{keeper.name} was started again")

    def _spawn(self, program: Program) -> "subprocess.Popen[bytes]":
        started = child.spawn(
            ["/bin/sh", "-c", f"exec {program.command}"], farewell=signal.SIGTERM, env=self._env, cwd=self._cwd
        )
        if started.stdout is None:
            raise ValueError("a child without a pipe cannot be heard")
        os.set_blocking(started.stdout.fileno(), False)
        self._output.register(started.stdout, selectors.EVENT_READ, program.name)
        return started

    def _listen(self, seconds: float) -> None:
        """Pass on what the children print, each line after its name."""
        for key, _ in self._output.select(seconds):
            block = b""
            with suppress(BlockingIOError):
                block = os.read(key.fd, 65536)
                if not block:
                    self._hang_up(key)
                    continue
            *lines, rest = (self._unfinished.get(key.fd, b"") + block).split(b"\n")
            self._unfinished[key.fd] = rest
            for line in lines:
                self._say(key.data, line.decode(errors="replace"))

    def _hang_up(self, key: selectors.SelectorKey) -> None:
        if rest := self._unfinished.pop(key.fd, b""):
            self._say(key.data, rest.decode(errors="replace"))
        self._output.unregister(key.fileobj)
        if not isinstance(key.fileobj, int):
            key.fileobj.close()  # type: ignore[attr-defined]  # it is the pipe we registered

    def _end_all(self) -> None:
        for keeper in reversed(self._keepers):
            if keeper.child is not None:
                self._end(keeper.child)
        self._listen(0)
        for key in list(self._output.get_map().values()):
            self._hang_up(key)

    def _end(self, running: "subprocess.Popen[bytes]") -> None:
        running.terminate()
        until = time.monotonic() + PATIENCE
        while running.poll() is None and time.monotonic() < until and self._endings < 2:
            self._listen(0.02)
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()

    @contextmanager
    def _signals(self) -> Iterator[None]:
        heard = [number for number in ENDINGS if signal.getsignal(number) is not signal.SIG_IGN]  # nohup means it
        before = {number: signal.signal(number, self._count) for number in heard}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _count(self, _number: int, _frame: FrameType | None) -> None:
        self._endings += 1


def ending(code: int) -> str:
    """How a process ended, from what wait returned."""
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
