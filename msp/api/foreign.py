"""A program's answer, too, leaves with words of another client in it only when somebody has confirmed it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from msp.errors import Stale
from msp.tickets.models import Ticket
from msp.tickets.others import client_names, words_of_others
from tenants.rules import Principal


def check_words(rows: Session, who: Principal, ticket: Ticket, text: str, confirmed: bool) -> None:
    """Names, domains and ticket numbers of other clients in a reply. Raises Stale (409) naming them."""
    found = [] if confirmed else words_of_others(rows, ticket, client_names(rows, who), text)
    if found:
        raise Stale(
            "Words of other clients stand in this text; send “confirm” to send it all the same.", {"text": found}
        )
