"""Gunicorn's threads, a little fairer: who would have to wait in this process may be served by another."""

from __future__ import annotations

from select import POLLIN, poll
from time import monotonic
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from msp.serve.turns import PATIENCE, Turns

COMING = 0.01
"""Seconds in which a caller just let in should have said what he wants; then the next is let in beside him."""


class FairWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Answers by turns and lets callers in one by one: the others wait in one line that all processes serve.

    While somebody waits in that line, whoever is answered goes back to its end instead of keeping his connection;
    else those who are already inside would be served again and again.
    """

    wsgi: Turns
    _awaited_until = 0.0

    def load_wsgi(self) -> None:
        super().load_wsgi()
        self.wsgi = Turns(self.wsgi)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Whether the next is let in is looked at anew after each thing that happens, and when patience ends."""
        if self.alive:
            self.set_accept_enabled(self.nr_conns < self.worker_connections)
        if self._taken:
            left = self._awaited_until - monotonic()
            timeout = min(timeout, left if left > 0 else PATIENCE)
        super().wait_for_and_dispatch_events(timeout=timeout)

    def set_accept_enabled(self, enabled: bool) -> None:
        super().set_accept_enabled(enabled and not self._taken)

    def accept(self, listener: Any) -> None:
        """Somebody may have begun since that was looked at; who comes then stays in line."""
        if not self._taken:
            self._awaited_until = monotonic() + COMING
            super().accept(listener)

    def handle_request(self, req: Any, conn: Any) -> Any:
        self._awaited_until = 0.0
        if self.wsgi.crowded or self._others_wait():
            req.force_close()
        return super().handle_request(req, conn)

    @property
    def _taken(self) -> bool:
        return self.wsgi.crowded or monotonic() < self._awaited_until

    def _others_wait(self) -> bool:
        line = poll()
        for listener in self.sockets:
            line.register(listener, POLLIN)
        return bool(line.poll(0))
