"""Requests take turns inside a process: more of them at a time only take the interpreter from one another."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from io import BytesIO
from threading import Semaphore
from typing import Any

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

AT_ONCE = 2
"""While one waits for the database the other works."""
PATIENCE = 0.25
"""Seconds after which a request is answered out of turn: those before it may be waiting for somebody."""
SMALL = 65_536


class Turns:
    """Around an application. A form is read before its turn comes, a larger upload has none: its sender may be slow."""

    def __init__(self, app: Wsgi) -> None:
        self.app = app
        self._free = Semaphore(AT_ONCE)

    @property
    def taken(self) -> bool:
        """Whether the next request will have to wait."""
        if self._free.acquire(blocking=False):
            self._free.release()
            return False
        return True

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if length > SMALL or "HTTP_TRANSFER_ENCODING" in environ:
            return self.app(environ, start_response)
        if length:
            environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(length))
        mine = self._free.acquire(timeout=PATIENCE)
        try:
            return self.app(environ, start_response)
        finally:
            if mine:
                self._free.release()
