"""Rate limits: counted in Redis, in a small local bucket while it is gone."""

from __future__ import annotations

from functools import partial

from flask import Flask, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from msp.settings import Settings


def _who() -> str:
    """The address of the caller, with the one he tries to sign in as."""
    return f"{get_remote_address()}|{request.form.get('email', '')[:200].lower()}"


limits = Limiter(key_func=_who, default_limits=[], headers_enabled=True)


def install(app: Flask, settings: Settings, whole: str) -> None:
    """Limited views look for themselves; of all others only those of the blueprint that is limited as a `whole`."""
    url = settings.redis_url.replace("unix://", "redis+unix://", 1)
    app.config.update(
        RATELIMIT_STORAGE_URI=url,
        RATELIMIT_STORAGE_OPTIONS={"socket_connect_timeout": 0.5, "socket_timeout": 1},
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=True,
        RATELIMIT_KEY_PREFIX="msp",
    )
    limits.init_app(app)
    before = app.before_request_funcs[None]
    before[:] = [partial(_look, whole) if each == limits._check_request_limit else each for each in before]


def _look(whole: str) -> None:
    if request.blueprint == whole:
        limits._check_request_limit()
