"""A desk's processes are heard, come back when they die, and end last first, leaving nothing."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from msp.serve import child
from msp.serve.child import PLAIN
from msp.serve.procfile import Program, programs
from msp.serve.supervisor import LONGEST_WAIT, Keeper, Supervisor
from msp.settings import PROJECT

SUPERVISED = """
from pathlib import Path
from msp.serve import child
from msp.serve.child import PLAIN
from msp.serve.procfile import Program
from msp.serve.supervisor import Supervisor
def say(name, line):
    print(line, flush=True)
Supervisor([Program("a", "sh -c 'echo $$; exec sleep 60'")], env=PLAIN, cwd=Path("/"), say=say).run()
"""


class Desk:
    """A supervisor whose words are kept, and which is told to end once something has been said."""

    def __init__(self, *lines: tuple[str, str], until: str, seconds: float = 10) -> None:
        self.said: list[tuple[str, str]] = []
        self._until, self._deadline = until, time.monotonic() + seconds
        listed = [Program(name, command) for name, command in lines]
        Supervisor(listed, env=PLAIN, cwd=Path("/"), say=self._say, each_round=self._look).run()

    def _say(self, name: str, line: str) -> None:
        self.said.append((name, line))

    def _look(self) -> None:
        assert time.monotonic() < self._deadline, f"never heard {self._until!r}, but {self.said}"
        if any(self._until in line for _, line in self.said):
            os.kill(os.getpid(), signal.SIGTERM)

    def lines_of(self, name: str) -> list[str]:
        return [line for speaker, line in self.said if speaker == name]


def test_each_line_is_passed_on_with_the_name_of_its_process() -> None:
    desk = Desk(
        ("a", "sh -c 'echo one; echo two; exec sleep 60'"), ("b", "sh -c 'echo ready; exec sleep 60'"), until="y"
    )
    assert desk.lines_of("a") == ["one", "two"]
    assert desk.lines_of("b") == ["ready"]


def test_a_dead_process_comes_back_and_it_is_said() -> None:
    desk = Desk(("a", "sh -c 'echo born; sleep 0.1; exit 3'"), until="started again")
    assert "a ended with exit code 3; it starts again in 0.5 s" in desk.lines_of("msp")


def test_a_process_that_keeps_dying_is_started_less_and_less_often() -> None:
    keeper = Keeper(Program("a", "false"), lambda _: subprocess.Popen(["/bin/false"]))
    waits = []
    for _ in range(9):
        keeper.start()
        assert keeper.child is not None
        keeper.child.wait()
        before = time.monotonic()
        assert keeper.mourn() is not None
        waits.append(round(keeper.again_at - before, 1))
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, LONGEST_WAIT, LONGEST_WAIT, LONGEST_WAIT]


def test_the_first_has_the_machine_to_itself_until_it_is_ready() -> None:
    said: list[str] = []
    listed = [Program(name, f"sh -c 'echo {name}; exec sleep 60'") for name in ("web", "worker")]

    def look() -> None:
        if said == ["web"] and rounds.pop(0) == 0:
            supervisor.hurry()
        if "worker" in said:
            os.kill(os.getpid(), signal.SIGTERM)

    rounds = [2, 1, 0]
    supervisor = Supervisor(
        listed, env=PLAIN, cwd=Path("/"), say=lambda _, line: said.append(line), each_round=look, head_start=60
    )
    supervisor.run()
    assert said == ["web", "worker"]


def test_they_end_in_the_opposite_order() -> None:
    line = "sh -c 'trap \"echo end; exit\" TERM; echo up {}; while :; do sleep 0.02; done'"
    desk = Desk(*((name, line.format(name)) for name in ("first", "second", "third")), until="up third")
    assert [name for name, said in desk.said if said == "end"] == ["third", "second", "first"]


def test_who_does_not_listen_is_killed_with_its_children(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("msp.serve.supervisor.PATIENCE", 0.2)
    note = tmp_path / "pid"
    line = f"sh -c 'trap \"\" TERM; sleep 60 & echo $! > {note}; echo up; wait'"
    Desk(("deaf", line), until="up")
    until = time.monotonic() + 5
    while is_running(int(note.read_text())):
        assert time.monotonic() < until, "a grandchild is left"
        time.sleep(0.02)


def test_the_signals_mean_afterwards_what_they_meant_before() -> None:
    before = signal.getsignal(signal.SIGTERM)
    Desk(("a", "sh -c 'echo up; exec sleep 60'"), until="up")
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of their parent's death")
def test_a_killed_supervisor_leaves_nothing_behind() -> None:
    owner = subprocess.Popen([sys.executable, "-c", SUPERVISED], stdout=subprocess.PIPE, cwd=PROJECT)
    assert owner.stdout is not None
    pid = int(owner.stdout.readline())
    owner.kill()
    owner.wait()
    owner.stdout.close()
    until = time.monotonic() + 5
    while is_running(pid):
        assert time.monotonic() < until, "a child outlived its supervisor"
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    """Whether the process runs; one that nobody has reaped yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_procfile_is_names_and_commands(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_text("# a comment\n\nweb: gunicorn 'a:b()'\nworker-mail: msp worker mail\n")
    found = programs(tmp_path / "Procfile")
    assert found == [Program("web", "gunicorn 'a:b()'"), Program("worker-mail", "msp worker mail")]


@pytest.mark.parametrize("text", ["web gunicorn\n", "web: a\nweb: b\n", "Web: a\n", "web:\n"])
def test_a_line_that_is_none_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "Procfile").write_text(text)
    with pytest.raises(ValueError, match=r"Procfile:\d+ is not"):
        programs(tmp_path / "Procfile")


def test_a_long_log_makes_way_and_only_we_may_read_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "LONGEST_LOG", 3)
    for words in (b"abc", b"d", b"e"):
        with child.private_log(tmp_path / "server.log") as log:
            log.write(words)
    assert (tmp_path / "server.old.log").read_bytes() == b"abcd"
    assert (tmp_path / "server.log").read_bytes() == b"e"
    assert (tmp_path / "server.log").stat().st_mode & 0o777 == 0o600


def test_what_a_killed_process_leaves_behind_ends_with_it() -> None:
    """The workers of a killed server would keep its port from the one that follows."""
    desk = Desk(("a", "sh -c 'sleep 60 & echo $!; kill -9 $$'"), until="started again")
    left = int(desk.lines_of("a")[0])
    stat = Path(f"/proc/{left}/stat")
    assert not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z"
