"""Calls to other programs: one try of one delivery, and what came of it."""

from __future__ import annotations

from flask import current_app
from prometheus_client import Counter

from msp import clock
from msp.outbox import webhooks, wire
from msp.outbox.models import Webhook
from msp.outbox.wire import Answer, Barred, Unreachable
from msp.settings import Settings
from tenants.db import db

CALLED = Counter("msp_webhook_calls", "Calls of webhooks by what came of them", ["outcome"])


def call(tenant_id: int, delivery_id: int) -> None:
    """Send a delivery that waits, under its own id, and write down the answer."""
    session, at, settings = db.session(), clock.now(), _settings()
    delivery = webhooks.held(session, tenant_id, delivery_id)
    if delivery is None or delivery.state != "waiting":
        return
    hook = session.get_one(Webhook, delivery.webhook_id)
    if hook.shut_at is not None:
        webhooks.refuse(delivery, webhooks.SHUT, at)
        return
    try:
        place = wire.place_of(hook.url, settings.webhook_loopback)
        headers = webhooks.headers_of(delivery, webhooks.secret_of(hook, settings.secret_key), at)
        answer = wire.call(place, delivery.body.encode(), headers)
    except Barred as error:
        webhooks.refuse(delivery, str(error), at)
    except Unreachable as error:
        webhooks.heard(session, delivery, Answer(webhooks.NO_ANSWER, str(error)), at)
    else:
        webhooks.heard(session, delivery, answer, at)
    CALLED.labels(delivery.state).inc()


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings
