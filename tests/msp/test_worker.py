"""Callers of all web processes stand in one line: nobody is passed over, and nobody is kept out by who says nothing."""

from __future__ import annotations

import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any

import pytest

from msp.serve import child
from msp.settings import surroundings
from tests.bench.load import Answer, Asker, at_once

PAGE = 0.005
WORKERS, CALLERS = 2, 8


def page(_environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """What gunicorn serves here: a page that takes its time."""
    time.sleep(PAGE)
    start("200 OK", [("Content-Length", "2")])
    return [b"ok"]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Two processes as the Procfile runs them, on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found = int(free.getsockname()[1])
    command = [sys.executable, "-m", "gunicorn", f"{__name__}:page", "-c", "python:msp.serve.pages"]
    command += ["--workers", str(WORKERS), "--bind", f"127.0.0.1:{found}"]
    with child.private_log(tmp_path_factory.mktemp("line") / "log") as log:
        served = child.spawn(
            command, farewell=signal.SIGTERM, env=surroundings(), cwd=Path(__file__).parents[2], output=log
        )
        try:
            _await(found)
            yield found
        finally:
            child.stop(served, (signal.SIGTERM, 10.0))


def test_nobody_is_passed_over(port: int) -> None:
    sent, lock, seen = count(), Lock(), list[tuple[int, int]]()

    def ask(asker: Asker, _number: int) -> Answer:
        with lock:
            came = next(sent)
        answer = asker.get("/")
        with lock:
            seen.append((came, next(sent)))
        return answer

    askers = [Asker(port) for _ in range(CALLERS)]
    answers = at_once(askers, ask, 2.0)
    for asker in askers:
        asker.hang_up()
    assert {answer.status for answer in answers} == {200}
    passed = sorted(sum(other > came and done < gone for other, done in seen) for came, gone in seen)
    assert passed[len(passed) * 95 // 100] <= WORKERS


def test_who_is_alone_keeps_his_connection(port: int) -> None:
    with Asker(port) as asker:
        assert {asker.get("/").headers.get("connection") for _ in range(5)} == {"keep-alive"}


def test_who_says_nothing_keeps_nobody_out(port: int) -> None:
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(2 * WORKERS)]
    with Asker(port) as asker:
        assert asker.get("/").status == 200
    for each in silent:
        each.close()


def _await(port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            with Asker(port) as asker:
                asker.get("/")
                return
        except OSError:
            time.sleep(0.05)
    pytest.fail("The processes do not answer.")
