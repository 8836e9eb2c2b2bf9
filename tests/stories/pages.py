"""Every page of a desk that is open: its address, and for whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from msp.guard import permissions_of
from msp.web.ticket_fields import EDITS
from tenants import actions as people
from tenants.db import transaction
from tenants.isolation import acting_as
from tenants.models import Login
from tenants.rules import GATE, MAY, Role
from tests.prove.cases import path_of

NO_PAGES = {
    *("static", "health.alive", "health.ready", "health.metrics", "events.listen", "entrance.front", "portal.front"),
    *("attachments.of_message", "attachments.of_note", "attachments.formatted", "portal_tickets.file"),
    *(
        "invoices.issued_pdf",
        "invoices.issued_xml",
        "portal.invoice_pdf",
        "client_sla.file",
        "portal_sla.file",
        "receivables.as_file",
        "exports.download",
        "contracts.progress",
        "decisions.of_ticket",
        "first_contract.price",
        "tickets.views",
        "new_ticket.callers",
        "search.palette",
        "notices.bell",
        "api_page.document",
        "api_page.nothing",
    ),
}
"""What answers a file, a stream, a part of a page or another address. Every other GET is looked at."""

FIRST_SEEN_BY = {"entrance": (None,), "api_page": (None,), "style_guide": (Role.OWNER,)}
"""Rooms that are the same for everybody are looked at once."""

LANGUAGES = ("ja", "en")
WIDTHS = (1440, 390)
Value = Callable[[Rule, str], str]


@dataclass(frozen=True, slots=True)
class House:
    """A desk that is open: its address, who comes in by which e-mail address, and what stands under an argument."""

    app: Flask
    url: str
    emails: dict[Role, str]
    value: Value
    ticket: str

    def prefer(self, role: Role | None, language: str) -> None:
        """The person's own setting; of nobody it is known what the browser asks for."""
        if role is None:
            return
        with self.app.app_context(), transaction() as rows, acting_as(GATE):
            login = rows.scalars(select(Login).where(Login.email == self.emails[role])).one()
            people.set_preferences(rows, login.id, language=language, theme="auto")


def addresses(house: House, role: Role | None, but: Role | None = None) -> Iterator[tuple[str, str, int]]:
    """(name, address, expected status) of every page a role may open; `but` leaves out what another one sees, too."""
    for rule in sorted(house.app.url_map.iter_rules(), key=lambda one: one.endpoint):
        if "GET" not in (rule.methods or ()) or rule.endpoint in NO_PAGES or rule.endpoint.startswith("api."):
            continue
        if not _sees(house, role, rule) or (but is not None and _sees(house, but, rule)):
            continue
        values = {name: house.value(rule, name) for name in rule.arguments}
        if "" in values.values():
            continue
        if "what" in values:
            yield from (
                (f"{rule.endpoint}-{what}", path_of(rule, values | {"what": what}), 200) for what in sorted(EDITS)
            )
            continue
        yield rule.endpoint, path_of(rule, values), 200
        for number, more in enumerate(_queries(house.ticket, rule.endpoint), 1):
            yield f"{rule.endpoint}-{number}", f"{path_of(rule, values)}?{more}", 200
    yield "problem", "/nothing-here", 404


def _sees(house: House, role: Role | None, rule: Rule) -> bool:
    wanted = permissions_of(house.app.view_functions[rule.endpoint]) or ()
    may = not wanted or (role is not None and not MAY[role].isdisjoint(wanted))
    return may and role in FIRST_SEEN_BY.get(rule.endpoint.split(".")[0], (role,))


def _queries(ticket: str, endpoint: str) -> tuple[str, ...]:
    """What else one address shows."""
    return {
        "tickets.queue": ("view=done", f"view=all&ticket={ticket}"),
        "search.show": (f"q={ticket}",),
        "portal.tickets": ("view=done",),
    }.get(endpoint, ())
