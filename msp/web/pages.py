"""Every page of the house is hung up here, with what all of them know."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, g, request, session, url_for
from flask_babel import gettext as _

from billing.schemas.counting_form import rule_minutes
from msp import guard
from msp.outbox.steps import step_of_promise, step_text
from msp.web import (
    access,
    accounts,
    answers,
    approvals,
    attachments,
    bank,
    board_mends,
    calendars,
    client_sla,
    clocks,
    companies,
    contacts,
    contract_editor,
    contracts,
    counting_terms,
    counts,
    credit_notes,
    credits,
    decisions,
    drafts,
    dunning,
    entrance,
    entries,
    escalations,
    exports,
    first_contract,
    format,
    health,
    invoices,
    issuers,
    items,
    language,
    margin,
    milestones,
    money_what_if,
    month,
    month_pace,
    my_day,
    my_time,
    new_ticket,
    notices,
    pack_charges,
    payments,
    people,
    portal,
    portal_contract,
    portal_invoice,
    portal_sla,
    portal_tickets,
    prepaid,
    printing,
    profile,
    questions,
    rates,
    receivables,
    rosters,
    runs,
    sales,
    search,
    sending,
    style_guide,
    surge,
    ticket_acts,
    ticket_clock,
    ticket_fields,
    ticket_time,
    tickets,
    timer,
    tokens,
    triage,
    visits,
    webhooks,
    what_if,
    work,
    work_types,
)
from msp.web.navigation import navigation
from tenants.rules import Kind, Permission, Principal

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def install(app: Flask) -> None:
    """Register the rooms' pages, the filters, the wide context and the headers."""
    desk = (tickets, ticket_acts, ticket_fields, ticket_clock, answers, drafts, attachments, new_ticket, search, triage)
    clients = (
        portal,
        portal_tickets,
        month,
        board_mends,
        runs,
        sales,
        invoices,
        credit_notes,
        companies,
        contacts,
        contracts,
        accounts,
        people,
        access,
        work,
    )
    promised = (client_sla, credits, month_pace, portal_sla)
    watch = (escalations, rosters, webhooks, clocks)
    hours = (timer, my_time, my_day, ticket_time, entries, approvals, visits, work_types)
    agreed = (contract_editor, calendars, surge, what_if, portal_contract, pack_charges)
    after = (sending, bank, payments, receivables, portal_invoice, questions, dunning, exports, margin)
    terms = (items, counting_terms, first_contract, prepaid, counts, milestones, decisions, money_what_if)
    priced = (*terms, rates, issuers)
    rooms = (*desk, *hours, *clients, *promised, *agreed, *priced, *after, *watch)
    for room in (health, entrance, profile, tokens, notices, style_guide, *rooms):
        app.register_blueprint(room.pages)
    printing.install(app)
    format.install(app.jinja_env, language.reader)
    app.jinja_env.filters |= {"step": _step, "rule_minutes": rule_minutes}
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.context_processor(_wide)
    app.after_request(_headers)


def _wide() -> dict[str, Any]:
    """What every template may use; documented at the top of _layout.html."""
    caller = guard.signed_in()
    who = g.get("principal")
    known: dict[str, Any] = {
        "principal": who,
        "language": language.choose_language(),
        "theme": language.choose_theme(),
        "desk_name": session.get("desk", ""),
        "sign_out_url": url_for("entrance.sign_out") if who else None,
        "theme_url": url_for("profile.theme"),
    }
    if who is not None and caller is not None:
        known |= {
            "principal_name": session.get("name", ""),
            "events_url": url_for("events.listen"),
            "keys_off": not caller.single_keys,
            "navigation": navigation(who, request.path),
            "palette_url": url_for("search.palette") if who.kind is Kind.STAFF else None,
            "bell_url": url_for("notices.bell") if who.kind is Kind.STAFF else None,
            "timer": timer.chip if _works(who) else None,
            "timer_live": timer.hint_name(caller.login_id) if _works(who) else None,
            "profile_menu": [(url_for("profile.show"), _("Your settings"), "settings")],
        }
    return known


def _step(said: str | tuple[str, str]) -> str:
    """A ladder's step in words, alone or after its promise: `75%` or `("resolution", "75%")`."""
    return step_text(said) if isinstance(said, str) else step_of_promise(*said)


def _works(who: Principal) -> bool:
    """Whether somebody works on tickets, and so has a timer."""
    return who.kind is Kind.STAFF and who.may(Permission.WORK_TICKETS)


def _headers(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", CSP)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
        response.vary.add("HX-Request")
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response
