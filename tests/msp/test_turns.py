"""Requests take turns: none waits for long, and who sends slowly keeps nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from io import BytesIO
from threading import Event, Thread
from typing import Any

from msp.serve import turns
from msp.serve.turns import Turns


class Desk:
    """An application whose pages last until they are let go."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.heard = Event()
        self.go = Event()

    def __call__(self, environ: dict[str, Any], _start: Callable[..., Any]) -> Iterable[bytes]:
        self.begun.append(environ["PATH_INFO"])
        self.heard.set()
        if environ["PATH_INFO"].startswith("/slow"):
            assert self.go.wait(30)
        return [environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))]


def asked(app: Turns, path: str, body: bytes = b"", **more: str) -> bytes:
    environ = {"PATH_INFO": path, "CONTENT_LENGTH": str(len(body) or ""), "wsgi.input": BytesIO(body), **more}
    return b"".join(app(environ, lambda *_: None))


def busy(app: Turns, desk: Desk, count: int) -> list[Thread]:
    """So many pages under way."""
    threads = [Thread(target=asked, args=(app, f"/slow/{number}")) for number in range(count)]
    for thread in threads:
        desk.heard.clear()
        thread.start()
        assert desk.heard.wait(30)
    return threads


def test_the_next_waits_until_one_is_done(monkeypatch: Any) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 30)
    desk = Desk()
    app = Turns(desk)
    assert not app.crowded
    under_way = busy(app, desk, turns.AT_ONCE)
    assert app.crowded
    late = Thread(target=asked, args=(app, "/next"))
    late.start()
    late.join(0.1)
    assert "/next" not in desk.begun
    desk.go.set()
    for thread in (*under_way, late):
        thread.join(30)
    assert desk.begun[-1] == "/next"
    assert not app.crowded


def test_nobody_waits_for_long(monkeypatch: Any) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 0.01)
    desk = Desk()
    app = Turns(desk)
    under_way = busy(app, desk, turns.AT_ONCE)
    assert asked(app, "/out-of-turn") == b""
    assert not app.crowded  # those before are waiting for somebody, not working
    desk.go.set()
    for thread in under_way:
        thread.join(30)
    monkeypatch.setattr(turns, "PATIENCE", 30)
    desk.go.clear()
    under_way = busy(app, desk, turns.AT_ONCE)
    assert app.crowded  # whoever had no turn gave none back
    desk.go.set()
    for thread in under_way:
        thread.join(30)


def test_uploads_have_no_turn(monkeypatch: Any) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 30)
    desk = Desk()
    app = Turns(desk)
    under_way = busy(app, desk, turns.AT_ONCE)
    file = b"x" * (turns.SMALL + 1)
    assert asked(app, "/files", file) == file
    assert asked(app, "/files", b"", HTTP_TRANSFER_ENCODING="chunked") == b""
    desk.go.set()
    for thread in under_way:
        thread.join(30)


def test_a_form_is_read_before_its_turn() -> None:
    assert asked(Turns(Desk()), "/form", b"a=1") == b"a=1"
