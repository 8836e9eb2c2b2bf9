"""What must be looked at before an answer leaves: whose form, which kind, to whom, whose words, what arrived."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from msp.tickets import desk
from msp.tickets.composed import Composed
from msp.tickets.models import Message, Ticket
from msp.tickets.others import words_of_others
from msp.web import send_token
from msp.web.forms import Errors
from tenants import queries as people
from tenants.actions import add_contact
from tenants.isolation import acting_as
from tenants.models import Contact
from tenants.rules import GATE, Principal, normal_email, normal_name

_BETWEEN = re.compile(r"[\s,;、;，]+")
_ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+")


@dataclass(slots=True)
class Scrutiny:
    """What was found. `errors` can only be mended; of `warnings` a second press, with `confirm`, makes nothing."""

    errors: Errors = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    arrived: Sequence[Message] = ()
    warnings: list[str] = field(default_factory=list)
    ask_tile: bool = False
    confirm: str = ""
    then: str = ""
    status: int = 409
    followers: list[Contact] = field(default_factory=list)
    occasion: str = ""

    @property
    def holds(self) -> bool:
        return bool(self.errors or self.warnings)


def scrutinise(rows: Session, who: Principal, here: Composed, given: dict[str, Any], files: Sequence[str]) -> Scrutiny:
    """Look over an answer and the names of its files. New addresses become contacts of the client here."""
    ticket = here.ticket
    found = Scrutiny(then=given["then"])
    bound = send_token.read(given["send_token"])
    if bound is None or not bound.fits(ticket, who.login_id):
        found.errors["send_token"] = [_("This form was not made for this ticket. Your text is kept as its draft.")]
        return found
    found.occasion = bound.occasion
    if given["kind"] == "note":
        return found
    _check_kind(given, here.drafts, bound, found)
    _check_recipients(rows, ticket, given, found)
    _check_words(rows, here, "\n".join([given["body"], *files]), found)
    _check_arrivals(rows, ticket, bound, found)
    if found.errors:
        found.status = 422
    elif send_token.was_warned(given["confirm"], ticket, who.login_id, found.warnings):
        found.warnings = []
    else:
        found.confirm = send_token.seal_warning(ticket, who.login_id, found.warnings)
    return found


def _check_kind(given: dict[str, Any], drafts: Mapping[str, str], bound: send_token.Bound, found: Scrutiny) -> None:
    """What was typed as a note leaves only by a second act: a saved draft of the reply, or a second press."""
    texts = {kind: text.strip() for kind, text in drafts.items()}
    body = given["body"].strip()
    if texts.get("reply") != body and (bound.kind == "note" or texts.get("note") == body):
        found.warnings.append("note")
        found.said.append(_("This text was written as an internal note. The client would read it."))


def _check_recipients(rows: Session, ticket: Ticket, given: dict[str, Any], found: Scrutiny) -> None:
    """Only people of this client; an outside address must be confirmed by the tile, another client's is refused."""
    for address in filter(None, _BETWEEN.split(given["cc"])):
        if not _ADDRESS.fullmatch(address):
            found.errors["cc"] = [_("%(address)s is no e-mail address.", address=address)]
            continue
        known = people.contact_by_email(rows, ticket.tenant_id, address)
        if known is not None:
            found.followers.append(known)
            continue
        with acting_as(GATE):
            by_address, by_domain = people.tenants_of_sender(rows, address)
        owners = by_address | by_domain
        client = desk.clients(rows, [ticket.tenant_id])[ticket.tenant_id]
        domain = normal_email(address).rpartition("@")[2]
        if owners - {ticket.tenant_id}:
            found.errors["cc"] = [_("%(address)s belongs to another client and is refused.", address=address)]
        elif owners or normal_name(given["tile"]) == normal_name(client.short):
            found.followers.append(add_contact(rows, ticket.tenant_id, address, address))
        else:
            found.ask_tile = True
            words = _("%(domain)s is not a domain of %(client)s.", domain=domain, client=client.name)
            found.errors["cc"] = [words]


def _check_words(rows: Session, here: Composed, text: str, found: Scrutiny) -> None:
    found.words = words_of_others(rows, here.ticket, here.names, text)
    if found.words:
        found.warnings += [f"foreign:{word}" for word in found.words]
        found.said.append(_("Words of other clients stand in this text:"))


def _check_arrivals(rows: Session, ticket: Ticket, bound: send_token.Bound, found: Scrutiny) -> None:
    if ticket.last_message_id != bound.last_seen:
        found.arrived = desk.messages_after(rows, ticket, bound.last_seen or 0)
        found.warnings.append(f"arrived:{ticket.last_message_id}")
        found.said.append(_("This arrived while you were writing:"))
