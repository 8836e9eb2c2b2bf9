"""Verbs and questions about webhooks: addresses of other programs, their secrets, and each call with its answer."""

from __future__ import annotations

import hmac
import json
import secrets
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from msp.errors import Refused
from msp.outbox.models import Delivery, Webhook
from msp.outbox.wire import Answer, Barred, Unreachable, place_of, signature
from tenants.isolation import among
from tenants.rows import insert_new
from tenants.work import TRIES, later, later_many, pause

REACHED, UNANSWERED, ACKNOWLEDGED = "escalation.reached", "escalation.unanswered", "escalation.acknowledged"
EVENTS = (REACHED, UNANSWERED, ACKNOWLEDGED)
TRIED_OUT = "webhook.tried_out"
NO_ANSWER = 0
SHUT = "The webhook is shut."


@dataclass(frozen=True, slots=True)
class Happening:
    """Something other programs may hear of, once for its key; `facts` are plain JSON."""

    key: str
    event: str
    facts: Mapping[str, Any]


def add(session: Session, name: str, url: str, events: Sequence[str], loopback: bool, at: datetime) -> Webhook:
    """A new address. Raises Refused for one that may not be called."""
    hook = Webhook(name=name, url=_checked(url, loopback), salt=secrets.token_hex(16), events=list(events), made_at=at)
    session.add(hook)
    session.flush()
    return hook


def change(hook: Webhook, name: str, url: str, events: Sequence[str], loopback: bool) -> None:
    """Another name, address or choice of events. Raises Refused for an address that may not be called."""
    hook.name, hook.url, hook.events = name, _checked(url, loopback), list(events)


def shut(hook: Webhook, at: datetime | None) -> None:
    """Nothing more is sent there; None opens it again."""
    hook.shut_at = at


def renew_secret(hook: Webhook) -> None:
    """From the next call on another secret signs."""
    hook.salt = secrets.token_hex(16)


def secret_of(hook: Webhook, secret_key: str) -> str:
    """What both sides sign with: made anew from the installation's key each time, so that no row or copy holds it."""
    made = hmac.digest(secret_key.encode(), f"webhook {hook.id} {hook.salt}".encode(), "sha256")
    return f"whsec_{made.hex()}"


def announce(session: Session, tenant_id: int, happenings: Iterable[Happening], at: datetime) -> int:
    """Leave a call to each open address that wants the event, once for its key. Returns how many are new."""
    wanted = list(happenings)
    hooks = session.scalars(select(Webhook).where(Webhook.shut_at.is_(None)).order_by(Webhook.id)).all()
    rows = [_row(tenant_id, hook, one, at) for one in wanted for hook in hooks if one.event in hook.events]
    fresh = insert_new(session, Delivery, rows)
    later_many(session, "webhooks.call", tenant_id, [(str(each), [each]) for each in sorted(fresh)], at)
    return len(fresh)


def try_out(session: Session, tenant_id: int, hook: Webhook, at: datetime) -> None:
    """A call that says nothing but that it arrives. Raises Refused where the webhook is shut."""
    if hook.shut_at is not None:
        raise Refused(SHUT)
    happening = Happening(f"try:{at.isoformat()}", TRIED_OUT, {"webhook": hook.name})
    for delivery_id in insert_new(session, Delivery, [_row(tenant_id, hook, happening, at)]):
        later(session, "webhooks.call", tenant_id, delivery_id, at=at)


def send_again(session: Session, delivery: Delivery, at: datetime) -> None:
    """A person asks for it once more, under the same delivery id. Raises Refused while it is on its way."""
    if delivery.state == "waiting":
        raise Refused("It is on its way already.")
    delivery.state, delivery.tries = "waiting", 0
    delivery.again += 1
    key = f"{delivery.id}:{delivery.again}:0"
    later(session, "webhooks.call", delivery.tenant_id, delivery.id, at=at, key=key)


def headers_of(delivery: Delivery, secret: str, at: datetime) -> dict[str, str]:
    """What stands above the body: event, delivery id, the instant, and the signature of instant and body."""
    timestamp = int(at.timestamp())
    return {
        "Content-Type": "application/json",
        "User-Agent": "msp-webhooks/1",
        "Webhook-Event": delivery.event,
        "Webhook-Id": delivery.delivery_id,
        "Webhook-Timestamp": str(timestamp),
        "Webhook-Signature": signature(secret.encode(), timestamp, delivery.body.encode()),
    }


def heard(session: Session, delivery: Delivery, answer: Answer, at: datetime) -> None:
    """What the address said, status 0 for nothing at all. What may yet be taken is tried again, later each time."""
    delivery.tries += 1
    delivery.tried_at, delivery.status, delivery.answer = at, answer.status, answer.text
    if answer.taken:
        delivery.state = "taken"
    elif delivery.tries >= TRIES or answer.status == HTTPStatus.GONE:
        delivery.state = "refused"
    else:
        key, when = f"{delivery.id}:{delivery.again}:{delivery.tries}", at + pause(delivery.tries)
        later(session, "webhooks.call", delivery.tenant_id, delivery.id, at=at, key=key, available_at=when)


def refuse(delivery: Delivery, why: str, at: datetime) -> None:
    """It is not sent, today or later."""
    delivery.state, delivery.status, delivery.answer, delivery.tried_at = "refused", NO_ANSWER, why, at


def hooks(session: Session) -> Sequence[Webhook]:
    """Every address, the shut ones at the end."""
    return session.scalars(select(Webhook).order_by(Webhook.shut_at.is_not(None), Webhook.name, Webhook.id)).all()


def deliveries(session: Session, tenant_ids: Collection[int], webhook_id: int, limit: int = 100) -> Sequence[Delivery]:
    """The calls of one address about these clients, the newest first."""
    return session.scalars(
        select(Delivery)
        .where(among(Delivery.tenant_id, tenant_ids), Delivery.webhook_id == webhook_id)
        .order_by(Delivery.made_at.desc(), Delivery.id.desc())
        .limit(limit)
    ).all()


def held(session: Session, tenant_id: int, delivery_id: int) -> Delivery | None:
    """One call, locked until the commit."""
    return session.scalar(
        select(Delivery)
        .where(Delivery.tenant_id == tenant_id, Delivery.id == delivery_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _row(tenant_id: int, hook: Webhook, happening: Happening, at: datetime) -> dict[str, Any]:
    delivery_id = str(uuid.uuid4())
    body = {"id": delivery_id, "event": happening.event, "at": at.isoformat(timespec="seconds"), **happening.facts}
    return {
        "tenant_id": tenant_id,
        "webhook_id": hook.id,
        "key": happening.key,
        "delivery_id": delivery_id,
        "event": happening.event,
        "body": json.dumps(body, ensure_ascii=False, separators=(",", ":")),
        "made_at": at,
        "state": "waiting",
        "tries": 0,
        "again": 0,
        "answer": "",
    }


def _checked(url: str, loopback: bool) -> str:
    """Raises Refused for what is no web address or lies inside; a name nobody knows today may be known tomorrow."""
    try:
        place_of(url, loopback)
    except Barred as barred:
        said = "Enter the web address of a program on the public network."
        raise Refused(said, {"url": [said]}) from barred
    except Unreachable:
        pass
    return url
