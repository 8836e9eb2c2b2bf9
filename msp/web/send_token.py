"""What a composer was made for, signed: an answer cannot leave for another ticket than the one its author saw."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from msp.tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class Bound:
    """The ticket, client and person a composer serves, the last message they saw and the kind it was served as."""

    tenant_id: int
    ticket_id: int
    login_id: int
    last_seen: int | None
    kind: str
    occasion: str

    def fits(self, ticket: Ticket, login_id: int | None) -> bool:
        return (self.tenant_id, self.ticket_id, self.login_id) == (ticket.tenant_id, ticket.id, login_id)


def seal(ticket: Ticket, login_id: int | None, kind: str) -> str:
    """The token of a composer served now."""
    facts = [ticket.tenant_id, ticket.id, login_id, ticket.last_message_id, kind, secrets.token_hex(8)]
    return _signer("composer").dumps(facts)


def read(token: str) -> Bound | None:
    """What a token was made for; None for one that is not ours."""
    try:
        return Bound(*_signer("composer").loads(token))
    except (BadSignature, TypeError):
        return None


def seal_warning(ticket: Ticket, login_id: int | None, warnings: Sequence[str]) -> str:
    """That this person was shown these warnings at this ticket; with it a second press sends."""
    return _signer("warning").dumps([ticket.tenant_id, ticket.id, login_id, list(warnings)])


def was_warned(token: str, ticket: Ticket, login_id: int | None, warnings: Sequence[str]) -> bool:
    """Whether all of the warnings were shown to him before."""
    try:
        tenant_id, ticket_id, shown_to, shown = _signer("warning").loads(token)
    except (BadSignature, TypeError, ValueError):
        return False
    same = (tenant_id, ticket_id, shown_to) == (ticket.tenant_id, ticket.id, login_id)
    return same and set(warnings) <= set(shown)


def _signer(purpose: str) -> URLSafeSerializer:
    return _signer_of(current_app.config["SECRET_KEY"], purpose)


@cache
def _signer_of(secret: str, purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt=f"msp.{purpose}")
