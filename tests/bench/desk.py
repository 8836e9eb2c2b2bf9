"""The desk as gunicorn serves it, measured."""

from __future__ import annotations

from msp.app import create_app
from msp.settings import Settings
from tests.bench.gauge import Gauge


def serve() -> Gauge:
    """For `gunicorn tests.bench.desk:serve()`."""
    return Gauge(create_app(Settings.read()))
