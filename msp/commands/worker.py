"""msp worker: does the work of one queue, as long as it lives."""

from __future__ import annotations

import gc

import click
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from msp.core import create_core
from msp.embedded import standing
from msp.queue import QUEUES, connect_worker


class Worker(SimpleWorker):
    """Where Redis is away it asks again soon, so that bells are heard seconds after it came back."""

    max_connection_wait_time = 4.0


@click.command()
@click.argument("queue", type=click.Choice(QUEUES))
@click.option("--burst", is_flag=True, help="End when the queue is empty.")
def command(queue: str, burst: bool) -> None:
    """Do the work of one QUEUE. Start as many as you like, on as many machines as you like.

    One queue a process: a worker of several can lose a job for ever when it is killed while it takes it up.
    """
    with standing() as settings:
        app = create_core(settings)
        redis = connect_worker(settings.redis_url)
        gc.freeze()  # what stands from the start is not gone through again at each collection
        with app.app_context():
            worker = Worker(
                [Queue(queue, connection=redis, serializer=JSONSerializer)],
                connection=redis,
                serializer=JSONSerializer,
                maintenance_interval=30,
                log_job_description=False,
            )
            worker.work(burst=burst, logging_level="WARNING")
