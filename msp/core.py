"""What every process of a desk stands on: its settings, its rows, the bell, its files and its languages; no pages."""

from __future__ import annotations

import zoneinfo
from importlib import import_module

from flask import Flask
from flask_babel import Babel

from msp import clock, driver, hints, logs, startup
from msp.files import Files
from msp.queue import Bell, connect
from msp.serve.memory import give_back
from msp.settings import Settings
from tenants.db import db

babel = Babel()

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


def create_core(settings: Settings | None = None) -> Flask:
    """An application without doors, for workers, the clock and commands. Raises SettingsError."""
    settings = settings or Settings.read()
    give_back()
    zoneinfo.reset_tzpath(())  # every machine counts with the pinned zones
    for room in ROOMS:
        import_module(room)  # foreign keys name tables of rooms a door may not have opened yet
    clock.set_ahead(settings.clock_ahead)
    logs.configure(settings)
    app = Flask("msp", static_folder=None, template_folder="web/templates")
    app.config.update(_configuration(settings))
    app.extensions["settings"] = settings
    app.extensions["bell"] = bell = Bell(connect(settings.redis_url))
    app.extensions["crier"] = hints.Crier(bell.redis)
    app.extensions["files"] = Files.of(settings)
    db.init_app(app)
    with app.app_context():
        driver.install(db.engine)
        startup.install(db.engine)
    babel.init_app(app)
    return app


def _configuration(settings: Settings) -> dict[str, object]:
    secure = settings.base_url.startswith("https://")
    return {
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": {"pool_size": 10, "max_overflow": 10, "pool_timeout": 5, "pool_use_lifo": True},
        "SESSION_COOKIE_NAME": "__Host-msp" if secure else "msp",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_HTTPONLY": True,
        "MAX_CONTENT_LENGTH": 30 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": secure,
        "BABEL_DEFAULT_LOCALE": "en",
        "BABEL_DEFAULT_TIMEZONE": "Asia/Tokyo",
        "BABEL_TRANSLATION_DIRECTORIES": "translations",
        "TEMPLATES_AUTO_RELOAD": False,
    }
