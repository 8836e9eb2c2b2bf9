"""Callers of all web processes stand in one line: nobody is passed over, and nobody is kept out by who says nothing."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from threading import Lock
from typing import Any

import pytest

from tests.bench.load import Answer, Asker, at_once
from tests.serving import Served, free_port

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
    log = tmp_path_factory.mktemp("line") / "log"
    served = Served(f"{__name__}:page", free_port(), WORKERS, log)
    try:
        served.wait()
        yield served.port
    finally:
        served.stop()


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
