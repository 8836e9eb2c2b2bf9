"""How gunicorn serves the pages (`-c python:msp.serve.pages`); what a machine decides stays in the Procfile."""

import gc

worker_class = "msp.serve.worker.FairWorker"
threads = 8
control_socket_disable = True

OBJECTS_BEFORE_A_LOOK = 10_000


def post_worker_init(_worker: object) -> None:
    """What stands from the start is not gone through again at each collection, and a page is not stopped for one."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BEFORE_A_LOOK)
