"""The stream of hints; so many at once, the others ask from time to time."""

from __future__ import annotations

from collections.abc import Iterator
from threading import BoundedSemaphore

from flask import Blueprint, Flask, Response, abort, current_app

from msp import guard, hints
from msp.queue import connect_worker
from tenants.rules import Permission

pages = Blueprint("events", __name__)


def install(app: Flask, streams: int) -> None:
    """`streams` is how many this process carries at once; each holds a thread."""
    app.extensions["streams"] = BoundedSemaphore(streams)
    app.extensions["ears"] = connect_worker(app.extensions["settings"].redis_url)
    app.register_blueprint(pages)


@pages.get("/events")
@guard.requires(Permission.OWN_PROFILE)
def listen() -> Response:
    """Names of what changed. It carries no tenant's data: permissions are asked when the page asks again."""
    places: BoundedSemaphore = current_app.extensions["streams"]
    if not places.acquire(blocking=False):
        abort(503)
    redis = current_app.extensions["ears"]
    tenants = guard.principal().tenants

    def carry() -> Iterator[str]:
        try:
            yield from hints.stream(redis, tenants)
        finally:
            places.release()

    response = Response(carry(), mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"
    return response
