"""The bell: after a commit RQ hears which rows of work are due. Redis gone means slower, never wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from time import monotonic

import structlog
from flask import current_app
from prometheus_client import Counter
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import event
from sqlalchemy.orm import Session

from tenants.isolation import WalledSession

QUEUES = ("escalations", "mail", "webhooks", "documents", "upkeep")
BATCH = 50
DEAF_FOR = 5.0
JOB_TIMEOUT = 300

log = structlog.get_logger()
LOST_BELLS = Counter("msp_bells_lost", "Bells that Redis did not take; the relay rings again")


class Bell:
    """One connection to Redis. After a failure it stays silent for some seconds, so that requests do not wait."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.deaf_until = 0.0

    def ring(self, bells: Iterable[tuple[str, int, int]]) -> bool:
        """Tell the workers of (kind, tenant, id); the queue is the kind's first word. False when nobody heard."""
        if monotonic() < self.deaf_until:
            LOST_BELLS.inc()
            return False
        batches: dict[tuple[str, int], list[int]] = defaultdict(list)
        for kind, tenant_id, work_id in bells:
            batches[queue_of(kind), tenant_id].append(work_id)
        try:
            for (name, tenant_id), ids in batches.items():
                queue = Queue(name, connection=self.redis, serializer=JSONSerializer)
                for start in range(0, len(ids), BATCH):
                    queue.enqueue(
                        "msp.jobs.perform",
                        tenant_id,
                        *ids[start : start + BATCH],
                        result_ttl=0,
                        failure_ttl=60,
                        job_timeout=JOB_TIMEOUT,
                    )
        except RedisError as error:
            self.deaf_until = monotonic() + DEAF_FOR
            LOST_BELLS.inc()
            log.warning("bell_lost", error=str(error))
            return False
        return True


def queue_of(kind: str) -> str:
    """`mail.send` is done by the workers of `mail`."""
    return kind.partition(".")[0]


def connect(url: str) -> Redis:
    """Redis with short waits, since nobody may hang on it."""
    return Redis.from_url(url, socket_timeout=2, socket_connect_timeout=0.5)


def connect_worker(url: str) -> Redis:
    """Redis for a worker, which waits for its bell as long as it takes."""
    return Redis.from_url(url)


@event.listens_for(WalledSession, "after_commit")
def _after_commit(session: Session) -> None:
    bells = session.info.pop("bells", None)
    if bells:
        current_app.extensions["bell"].ring(bells)


@event.listens_for(WalledSession, "after_rollback")
def _after_rollback(session: Session) -> None:
    session.info.pop("bells", None)
