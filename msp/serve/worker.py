"""Gunicorn's threads, a little fairer: who would have to wait in this process may be served by another."""

from __future__ import annotations

from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from msp.serve.turns import Turns


class FairWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Answers by turns. While all are taken it leaves callers to the others, also those it knows."""

    wsgi: Turns

    def load_wsgi(self) -> None:
        super().load_wsgi()
        self.wsgi = Turns(self.wsgi)

    def set_accept_enabled(self, enabled: bool) -> None:
        """Asked after each thing that happens, at least once a second."""
        super().set_accept_enabled(enabled and not self.wsgi.crowded)

    def handle_request(self, req: Any, conn: Any) -> Any:
        if self.wsgi.crowded:
            req.force_close()
        return super().handle_request(req, conn)
