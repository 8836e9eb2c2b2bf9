"""Whether this process lives, whether it can serve, and its figures."""

from __future__ import annotations

from ipaddress import ip_address

from flask import Blueprint, Response, abort, current_app, request
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from msp import clock, guard
from msp.queue import QUEUES
from msp.reports.vitals import Vitals, vitals
from msp.web.vitals import Figures, Own
from tenants import queries
from tenants.db import db
from tenants.isolation import acting_as
from tenants.rules import GATE, sweep

pages = Blueprint("health", __name__)


@pages.get("/healthz")
@guard.public
def alive() -> Response:
    return Response("ok\n", mimetype="text/plain")


@pages.get("/readyz")
@guard.public
def ready() -> Response:
    """503 while the database does not answer; a missing Redis is named and makes nothing wrong."""
    try:
        with acting_as(GATE):
            queries.every_tenant(db.session())
    except SQLAlchemyError:
        db.session.rollback()
        return Response("the database does not answer\n", status=503, mimetype="text/plain")
    try:
        current_app.extensions["bell"].redis.ping()
    except RedisError:
        return Response("ready, but Redis does not answer: bells are late\n", mimetype="text/plain")
    return Response("ready\n", mimetype="text/plain")


@pages.get("/metrics")
@guard.public
def metrics() -> Response:
    """For the watch on our own network; to anybody else there is nothing here.

    First what this process counted, then how the whole desk does, which the rows know: workers and clocks need no door.
    """
    address = ip_address(request.remote_addr or "0.0.0.0")  # noqa: S104 - nobody's address, no binding
    if not address.is_private:
        abort(404)
    told = CollectorRegistry()
    told.register(Own(REGISTRY))
    told.register(Figures(_vitals()))
    return Response(generate_latest(told), content_type=CONTENT_TYPE_LATEST)


def _vitals() -> Vitals | None:
    try:
        with acting_as(GATE):
            tenants = queries.every_tenant(db.session())
        with acting_as(sweep(tenants)):
            found = vitals(db.session(), QUEUES, clock.now())
    except SQLAlchemyError:
        found = None
    db.session.rollback()
    return found
