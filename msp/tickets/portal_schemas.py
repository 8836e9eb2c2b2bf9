"""What a client's person may send about a ticket. Messages are msgids of the catalogue."""

from __future__ import annotations

from msp.tickets.rules import Level, TicketKind
from tenants.schemas import FormSchema, choice, chosen, words

LONGEST_TEXT = 100_000


class PortalTicketSchema(FormSchema):
    """A matter, guided: what happened, whom it hits, how far work stands."""

    title = words(300, needed=True)
    text = words(LONGEST_TEXT, needed=True)
    kind = choice(tuple(TicketKind), TicketKind.TROUBLE)
    scope = choice(("one", "some", "everyone"))
    urgency = choice(tuple(Level))
    site = chosen()


class PortalAnswerSchema(FormSchema):
    """The client's words on a ticket that is there."""

    text = words(LONGEST_TEXT, needed=True)
