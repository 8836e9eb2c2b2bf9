"""Webhooks: addresses of other programs, their secrets, what was sent and what they answered."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from msp import clock, guard
from msp.errors import Refused
from msp.outbox import webhooks
from msp.outbox.models import Webhook
from msp.outbox.schemas import WebhookSchema
from msp.reach import tenant_named
from msp.settings import Settings
from msp.tickets import desk
from msp.web import forms
from msp.web.mending import mend
from tenants.db import db, transaction
from tenants.rules import DESK_KEY, Permission

pages = Blueprint("webhooks", __name__)


@pages.get("/webhooks")
@guard.requires(Permission.RUN_WORK)
def index() -> str:
    return render_template("webhooks/index.html", hooks=webhooks.hooks(db.session()))


@pages.get("/webhooks/new")
@guard.requires(Permission.RUN_WORK)
def form() -> str:
    return _form({}, {})


@pages.post("/webhooks")
@guard.requires(Permission.RUN_WORK)
def create() -> ResponseReturnValue:
    """A new address; its secret is shown on its page."""
    given, errors = forms.read(WebhookSchema())
    if not errors:
        try:
            with transaction() as rows:
                hook = webhooks.add(rows, given["name"], given["url"], _events(), _loopback(), clock.now())
            return redirect(url_for(".show", webhook_id=hook.id, said="made"), 303)
        except Refused as refused:
            errors = mend(refused, "url")
    return _form(_typed(), errors), 422


@pages.get("/webhooks/<int:webhook_id>")
@guard.requires(Permission.RUN_WORK)
def show(webhook_id: int) -> str:
    """One address: its secret, what it hears of, and the last calls with their answers."""
    return _show(webhook_id, None, {})


@pages.post("/webhooks/<int:webhook_id>")
@guard.requires(Permission.RUN_WORK)
def keep(webhook_id: int) -> ResponseReturnValue:
    given, errors = forms.read(WebhookSchema())
    if not errors:
        try:
            with transaction() as rows:
                webhooks.change(_hook(rows, webhook_id), given["name"], given["url"], _events(), _loopback())
            return redirect(url_for(".show", webhook_id=webhook_id, said="kept"), 303)
        except Refused as refused:
            errors = mend(refused, "url")
    return _show(webhook_id, _typed(), errors), 422


@pages.post("/webhooks/<int:webhook_id>/try")
@guard.requires(Permission.RUN_WORK)
def try_out(webhook_id: int) -> ResponseReturnValue:
    """Send a call that says nothing but that it arrives."""
    with transaction() as rows:
        webhooks.try_out(rows, tenant_named(DESK_KEY), _hook(rows, webhook_id), clock.now())
    return redirect(url_for(".show", webhook_id=webhook_id, said="tried"), 303)


@pages.post("/webhooks/<int:webhook_id>/secret")
@guard.requires(Permission.RUN_WORK)
def renew_secret(webhook_id: int) -> ResponseReturnValue:
    with transaction() as rows:
        webhooks.renew_secret(_hook(rows, webhook_id))
    return redirect(url_for(".show", webhook_id=webhook_id, said="renewed"), 303)


@pages.post("/webhooks/<int:webhook_id>/use")
@guard.requires(Permission.RUN_WORK)
def use(webhook_id: int) -> ResponseReturnValue:
    """Shut the address, or open it again."""
    with transaction() as rows:
        hook = _hook(rows, webhook_id)
        webhooks.shut(hook, None if hook.shut_at else clock.now())
    return redirect(url_for(".show", webhook_id=webhook_id, said="kept"), 303)


@pages.post("/webhooks/<tenant:tenant>/deliveries/<int:delivery_id>/again")
@guard.requires(Permission.RUN_WORK)
def send_again(tenant: str, delivery_id: int) -> ResponseReturnValue:
    """Send one call once more, under its own delivery id."""
    with transaction() as rows:
        delivery = webhooks.held(rows, tenant_named(tenant), delivery_id) or abort(404)
        webhooks.send_again(rows, delivery, clock.now())
    return redirect(url_for(".show", webhook_id=delivery.webhook_id, said="again"), 303)


def _show(webhook_id: int, typed: dict[str, Any] | None, errors: forms.Errors) -> str:
    rows, who = db.session(), guard.principal()
    hook = _hook(rows, webhook_id)
    sent = webhooks.deliveries(rows, who.tenants, hook.id)
    return render_template(
        "webhooks/show.html",
        hook=hook,
        secret=webhooks.secret_of(hook, _settings().secret_key),
        deliveries=sent,
        clients=desk.clients(rows, {one.tenant_id for one in sent}) if sent else {},
        events=webhooks.EVENTS,
        typed=typed or {"name": hook.name, "url": hook.url, "events": hook.events},
        errors=errors,
        said=request.args.get("said", ""),
    )


def _form(typed: dict[str, Any], errors: forms.Errors) -> str:
    return render_template("webhooks/form.html", typed=typed, errors=errors, events=webhooks.EVENTS)


def _typed() -> dict[str, Any]:
    return {"name": request.form.get("name", ""), "url": request.form.get("url", ""), "events": _events()}


def _events() -> list[str]:
    return [event for event in webhooks.EVENTS if event in request.form.getlist("events")]


def _hook(rows: Session, webhook_id: int) -> Webhook:
    return rows.get(Webhook, webhook_id) or abort(404)


def _loopback() -> bool:
    return _settings().webhook_loopback


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings
