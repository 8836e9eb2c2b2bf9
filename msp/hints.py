"""Hints that something changed, without saying what: the browser asks again for what it may see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Iterable
from threading import Lock
from time import monotonic
from typing import Any

import structlog
from flask import current_app
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import event
from sqlalchemy.orm import Session

from tenants.isolation import WalledSession

PING = 15.0
LONGEST = 600.0
FEW = 20

log = structlog.get_logger()


class Crier:
    """One connection to Redis on which nothing is answered: an act does not wait to hear who listened to its hints."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._lock = Lock()
        self._connection: Any = None

    def cry(self, tenant_id: int, names: Iterable[str]) -> None:
        """Raises RedisError when Redis is gone."""
        said = ("PUBLISH", _channel(self._redis, tenant_id), " ".join(names))
        with self._lock:
            if self._connection is None:
                self._connection = self._redis.connection_pool.make_connection()
            if self._ended():
                self._connection.disconnect()
                self._connection.connect()
                self._connection.send_command("CLIENT", "REPLY", "OFF")
            self._connection.send_command(*said)

    def _ended(self) -> bool:
        """Nothing is answered here: what can be read is the end."""
        try:
            return not self._connection.is_connected or bool(self._connection.can_read())
        except RedisError:
            return True


def hint(session: Session, tenant_id: int, *names: str) -> None:
    """After the commit, whoever looks at these (`ticket:ACME-1042`, `tickets`) of this tenant is told to look again."""
    session.info.setdefault("hints", set()).update((tenant_id, name) for name in names)


def stream(redis: Redis, tenant_ids: frozenset[int]) -> Generator[str, None, None]:
    """Server-sent events for whoever may see these tenants: hints as they come, a ping at least every 15 seconds.

    It ends after ten minutes, so that a session that was ended does not listen on.
    """
    channels = {_channel(redis, tenant_id) for tenant_id in tenant_ids}
    ears = redis.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
    until = monotonic() + LONGEST
    try:
        if len(channels) <= FEW:
            ears.subscribe(*channels)
        else:
            ears.psubscribe(_channel(redis, "*"))
        yield "retry: 5000\nevent: ping\ndata:\n\n"
        while monotonic() < until:
            asked = monotonic()
            message = ears.get_message(timeout=PING)
            if message is None:
                if monotonic() - asked >= PING:
                    yield "event: ping\ndata:\n\n"
            elif message["channel"].decode() in channels:
                yield "".join(f"data: {name}\n\n" for name in message["data"].decode().split(" "))
    except RedisError:
        yield "retry: 20000\n\n"
    finally:
        ears.close()


@event.listens_for(WalledSession, "after_commit")
def _after_commit(session: Session) -> None:
    hints = session.info.pop("hints", None)
    if not hints:
        return
    names: dict[int, list[str]] = defaultdict(list)
    for tenant_id, name in sorted(hints):
        names[tenant_id].append(name)
    try:
        for tenant_id, changed in names.items():
            current_app.extensions["crier"].cry(tenant_id, changed)
    except RedisError as error:
        log.info("hint_lost", error=str(error))


@event.listens_for(WalledSession, "after_rollback")
def _after_rollback(session: Session) -> None:
    session.info.pop("hints", None)


def _channel(redis: Redis, tenant_id: int | str) -> str:
    database = redis.connection_pool.connection_kwargs.get("db", 0)  # Redis' channels cross its databases
    return f"hints:{database}:{tenant_id}"
