"""What one request cost inside its process, told in headers: statements, and CPU time of the thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from threading import local
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
_counted = local()


class Gauge:
    """Around a WSGI application; the same around both that are compared."""

    def __init__(self, app: Wsgi) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        _counted.statements = 0
        begun = time.thread_time_ns()

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            spent = time.thread_time_ns() - begun
            told = [("Bench-Statements", str(_counted.statements)), ("Bench-Cpu", str(spent // 1000))]
            return start_response(status, headers + told, *rest)

        return self.app(environ, start)


@event.listens_for(Engine, "before_cursor_execute")
def _count(*_: object) -> None:
    _counted.statements = getattr(_counted, "statements", 0) + 1
