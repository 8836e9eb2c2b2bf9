"""What reading found out, written on the kept mail's row."""

from __future__ import annotations

from datetime import datetime

from msp.intake.models import RawMail, State, Why
from msp.intake.reading import body_digest
from msp.intake.rules.message import Mail

PREVIEW = 2000


def note(raw: RawMail, mail: Mail, at: datetime) -> None:
    """Sender, subject and the beginning of the text, for lists; ids and digest, for twins."""
    raw.read_at = at
    raw.sender = mail.sender.address if mail.sender else ""
    raw.sender_name = mail.sender.name[:200] if mail.sender else ""
    raw.subject = mail.subject
    raw.preview = (mail.fresh.strip() or mail.text.strip())[:PREVIEW]
    raw.message_id = mail.message_id
    raw.body_digest = body_digest(mail)


def let_go(raw: RawMail, why: Why, ticket_id: int | None = None) -> None:
    """Nobody need look at it; the raw mail stays."""
    raw.state, raw.why, raw.ticket_id = State.DROPPED, why, ticket_id
