"""Hangs /api/v1 up in the application."""

from __future__ import annotations

from flask import Flask

from msp.api import clients, compliance, documents, openapi, page, problems, promises, ticket_acts, tickets, time
from msp.api.frame import api

OPERATIONS = (clients, tickets, ticket_acts, time, documents, promises, compliance)
BLUEPRINTS = (api, page.pages)

for blueprint in BLUEPRINTS:
    for kind, handler in problems.HANDLERS.items():
        blueprint.register_error_handler(kind, handler)


def install(app: Flask) -> None:
    """Register every operation of OPERATIONS, which is what importing them wrote down, and the page about them."""
    openapi.install(app)
    app.register_blueprint(page.pages)
