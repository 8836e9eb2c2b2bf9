"""What stands in the rail and in the portal's head, by what the person may do."""

from __future__ import annotations

from functools import lru_cache

from flask import url_for
from flask_babel import force_locale
from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString

from msp import guard
from msp.web.format import Language
from msp.web.language import choose_language
from tenants.rules import Kind, Permission, Principal

Entry = tuple[str, str, str, bool]
Room = tuple[str, str, str, tuple[str, ...]]
REMEMBERED = 1_024

STAFF: tuple[tuple[Permission, str, LazyString, str], ...] = (
    (Permission.SEE_TICKETS, "tickets.queue", _("Queue"), "inbox"),
    (Permission.TRIAGE, "triage.show", _("Triage"), "mail-question"),
    (Permission.SEE_TICKETS, "search.show", _("Search"), "search"),
    (Permission.WORK_TICKETS, "my_time.week", _("My time"), "clock"),
    (Permission.SEE_TENANTS, "companies.index", _("Clients"), "building-2"),
    (Permission.SEE_TICKETS, "rosters.index", _("On call"), "phone"),
    (Permission.SEE_BILLING, "month.board", _("Month"), "receipt"),
    (Permission.RUN_BILLING, "approvals.index", _("Approvals"), "check-check"),
    (Permission.SEE_PEOPLE, "people.index", _("People"), "users"),
    (Permission.SEE_WORK, "work.index", _("Work"), "list-checks"),
)
CLIENT: tuple[tuple[Permission, str, LazyString, str], ...] = (
    (Permission.OWN_TICKETS, "portal.tickets", _("Tickets"), "inbox"),
    (Permission.OWN_PROMISES, "portal_contract.show", _("Contract"), "file-text"),
    (Permission.OWN_PROMISES, "portal_sla.show", _("Service levels"), "gauge"),
    (Permission.OWN_INVOICES, "portal.invoices", _("Invoices"), "receipt"),
    (Permission.OWN_INVOICES, "prepaid.own", _("Prepaid"), "wallet"),
    (Permission.OWN_ACCESS_LOG, "portal.access_log", _("Access log"), "eye"),
)
ELSEWHERE: dict[str, tuple[str, ...]] = {
    "my_time.week": ("/settings/work-types", "/timer"),
    "month.board": (
        "/sending",
        "/payments",
        "/receivables",
        "/dunning",
        "/exports",
        "/margin",
        "/settings/rates",
        "/settings/issuers",
    ),
}
"""What belongs to a room though its address does not begin with the room's."""


def navigation(who: Principal, path: str) -> list[Entry]:
    """(address, words, icon, whether we are there) of every room this person may enter."""
    rooms = _rooms(who.kind, who.permissions, _company(who), choose_language())
    within = [
        (len(root), address)
        for address, _words, _icon, more in rooms
        for root in (address, *more)
        if path == root or path.startswith(f"{root}/")
    ]
    _length, here = max(within, default=(0, ""))
    return [(address, words, icon, address == here) for address, words, icon, _more in rooms]


def home(who: Principal) -> str:
    """Where a person lands after signing in."""
    entries = navigation(who, "")
    return entries[0][0] if entries else url_for("profile.show")


@lru_cache(maxsize=REMEMBERED)
def _rooms(kind: Kind, allowed: frozenset[Permission], company: str | None, language: Language) -> list[Room]:
    """The rooms of a company, or the desk's, in the order of the rail; the same on each page of whoever may as much."""
    with force_locale(language):
        return [
            (url_for(endpoint, tenant=company), str(words), icon, ELSEWHERE.get(endpoint, ()))
            for permission, endpoint, words, icon in (STAFF if kind is Kind.STAFF else CLIENT)
            if permission in allowed
        ]


def _company(who: Principal) -> str | None:
    """A client's rooms lie under the key of his company; the desk's belong to no client."""
    caller = guard.signed_in()
    if who.kind is Kind.STAFF or caller is None or who.tenant is None:
        return None
    return caller.key_of(who.tenant)
