"""create_app(): joins the parts and checks every door."""

from __future__ import annotations

from flask import Flask
from flask_babel import get_babel
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from msp import guard
from msp.api import door, frame
from msp.core import create_core
from msp.settings import Settings
from msp.web import assets, events, limits, pages, problems
from msp.web.language import choose_language, choose_zone

csrf = CSRFProtect()
for machine in door.BLUEPRINTS:
    csrf.exempt(machine)  # asked for at the door itself, since a program has no cookie that could be abused
limits.limits.limit(frame.often, key_func=frame.asker)(frame.api)


def create_app(settings: Settings | None = None, streams: int = 3) -> Flask:
    """The application; `streams` is how many live streams this process carries at once.

    Raises SettingsError, and RuntimeError for a route that does not say who may use it.
    """
    settings = settings or Settings.read()
    app = create_core(settings)
    if settings.trusted_proxies:
        n = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n)  # type: ignore[method-assign]
    csrf.init_app(app)
    languages = get_babel(app)
    languages.locale_selector, languages.timezone_selector = choose_language, choose_zone
    guard.install(app)
    limits.install(app, settings, frame.api.name)
    problems.install(app)
    pages.install(app)
    door.install(app)
    events.install(app, streams)
    assets.install(app)
    guard.public(app.view_functions["static"])
    guard.check_every_door(app)
    return app
