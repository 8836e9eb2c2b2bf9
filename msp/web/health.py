"""Whether this process lives, whether it can serve, and its figures."""

from __future__ import annotations

from ipaddress import ip_address

from flask import Blueprint, Response, abort, current_app, request
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from msp import guard
from tenants import queries
from tenants.db import db
from tenants.isolation import acting_as
from tenants.rules import GATE

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
    """For the watch on our own network; to anybody else there is nothing here."""
    address = ip_address(request.remote_addr or "0.0.0.0")  # noqa: S104 - nobody's address, no binding
    if not address.is_private:
        abort(404)
    return Response(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)
