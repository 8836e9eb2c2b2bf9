"""create_app(): joins the parts and checks every door."""

from __future__ import annotations

import zoneinfo
from importlib import import_module

from flask import Flask
from flask_babel import Babel
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from msp import clock, guard, logs, startup
from msp.api import door, frame
from msp.files import Files
from msp.queue import Bell, connect
from msp.serve.memory import give_back
from msp.settings import Settings
from msp.web import events, limits, pages, problems
from msp.web.language import choose_language, choose_zone
from tenants.db import db

csrf = CSRFProtect()
babel = Babel()
for machine in door.BLUEPRINTS:
    csrf.exempt(machine)  # asked for at the door itself, since a program has no cookie that could be abused
limits.limits.limit(frame.often, key_func=frame.asker)(frame.api)

ROOMS = (
    "billing.models",
    "msp.intake.models",
    "msp.outbox.models",
    "msp.reports.models",
    "sla.models",
    "tenants.audit",
    "tenants.tokens",
    "tenants.work",
)


def create_app(settings: Settings | None = None, streams: int = 3) -> Flask:
    """The application; `streams` is how many live streams this process carries at once.

    Raises SettingsError, and RuntimeError for a route that does not say who may use it.
    """
    settings = settings or Settings.read()
    give_back()
    zoneinfo.reset_tzpath(())  # every machine counts with the pinned zones
    for room in ROOMS:
        import_module(room)  # foreign keys name tables of rooms a door may not have opened yet
    clock.set_ahead(settings.clock_ahead)
    logs.configure(settings)
    app = Flask("msp", static_folder="web/static", template_folder="web/templates")
    app.config.update(_configuration(settings))
    app.extensions["settings"] = settings
    app.extensions["bell"] = Bell(connect(settings.redis_url))
    app.extensions["files"] = Files.of(settings)
    if settings.trusted_proxies:
        n = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n)  # type: ignore[method-assign]
    db.init_app(app)
    with app.app_context():
        startup.install(db.engine)
    csrf.init_app(app)
    babel.init_app(app, locale_selector=choose_language, timezone_selector=choose_zone)
    guard.install(app)
    limits.install(app, settings)
    problems.install(app)
    pages.install(app)
    door.install(app)
    events.install(app, streams)
    guard.public(app.view_functions["static"])
    guard.check_every_door(app)
    return app


def _configuration(settings: Settings) -> dict[str, object]:
    secure = settings.base_url.startswith("https://")
    return {
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": {"pool_size": 10, "max_overflow": 10, "pool_timeout": 5},
        "SESSION_COOKIE_NAME": "__Host-msp" if secure else "msp",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_HTTPONLY": True,
        "MAX_CONTENT_LENGTH": 30 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": secure,
        "BABEL_DEFAULT_LOCALE": "en",
        "BABEL_TRANSLATION_DIRECTORIES": "translations",
        "TEMPLATES_AUTO_RELOAD": False,
        "SEND_FILE_MAX_AGE_DEFAULT": 3600,
    }
