"""Requests take turns inside a process: several at a time only take the interpreter from one another."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from io import BytesIO
from threading import Lock
from time import monotonic
from typing import Any

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

AT_ONCE = 1
"""Measured against two and three: what is gained while one waits for the database is lost by changing over."""
PATIENCE = 0.25
"""Seconds a turn may last before others go on beside it: whoever has it may be waiting for somebody."""
SMALL = 65_536


class Turns:
    """Around an application. A form is read before its turn comes, a larger upload has none: its sender may be slow."""

    def __init__(self, app: Wsgi) -> None:
        self.app = app
        self._free = AT_ONCE
        self._moved = monotonic()
        self._waiting: deque[Lock] = deque()
        self._lock = Lock()

    @property
    def crowded(self) -> bool:
        """Whether the next request would have to wait for others that go on."""
        return self._free == 0 and monotonic() - self._moved < PATIENCE

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if length > SMALL or "HTTP_TRANSFER_ENCODING" in environ:
            return self.app(environ, start_response)
        if length:
            environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(length))
        if not self._take():
            return self.app(environ, start_response)
        try:
            return self.app(environ, start_response)
        finally:
            self._hand_on()

    def _take(self) -> bool:
        """One's turn, after those who came before; False when it did not come in time."""
        with self._lock:
            if self._free:
                self._free -= 1
                self._moved = monotonic()
                return True
            mine = Lock()
            mine.acquire()
            self._waiting.append(mine)
            patience = max(0.0, self._moved + PATIENCE - monotonic())
        if mine.acquire(timeout=patience):
            return True
        with self._lock:
            if mine in self._waiting:
                self._waiting.remove(mine)
                return False
            return True  # it came just now

    def _hand_on(self) -> None:
        with self._lock:
            self._moved = monotonic()
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1
