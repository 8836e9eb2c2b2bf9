"""How gunicorn serves the pages (`-c python:msp.serve.pages`); what a machine decides stays in the Procfile."""

import gc
from typing import Any

from msp.serve.turns import Turns

worker_class = "gthread"
threads = 8
control_socket_disable = True

OBJECTS_BEFORE_A_LOOK = 10_000


def post_worker_init(worker: Any) -> None:
    """What stands from the start is not gone through again at each collection, and a page is not stopped for one."""
    worker.wsgi = Turns(worker.wsgi)
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BEFORE_A_LOOK)


def pre_request(worker: Any, request: Any) -> None:
    """Who would have to wait here is not kept: his next request may find a process with less to do."""
    if worker.wsgi.taken:
        request.force_close()
