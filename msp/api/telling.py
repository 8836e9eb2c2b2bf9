"""What the interface tells of a ticket, and to whom: the desk's own words never reach a client's program."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from msp import clock
from msp.api import reach
from msp.tickets import desk, portal, queries
from msp.tickets.models import Attachment, NoteAttachment, Ticket
from tenants.rules import Kind, Principal

PLAIN = (
    "key", "title", "kind", "category", "status", "priority", "impact", "urgency", "channel", "requester", "opened_at",
    "changed_at", "resolved_at", "due_at", "due_metric", "clock", "breached", "version",
)  # fmt: skip


def shown(ticket: Ticket, who: Principal, names: Mapping[int, str]) -> dict[str, Any]:
    """A ticket without its words; `names` are the agents' by id, for the desk."""
    facts = {name: getattr(ticket, name) for name in PLAIN}
    staff = who.kind is Kind.STAFF
    undo = timedelta() if staff else reach.undo()
    facts["client"] = ticket.key.rpartition("-")[0]
    facts["resolution"] = portal.resolution_of(ticket, clock.now(), undo)
    if staff:
        owner = names.get(ticket.owner_id, "")
        facts |= {"owner": owner, "tier": ticket.tier, "follow_up_at": ticket.follow_up_at}
    return facts


def told(rows: Session, who: Principal, ticket: Ticket) -> dict[str, Any]:
    """The ticket as it stands after an act."""
    rows.flush()
    return shown(ticket, who, desk.agent_names(rows, {ticket.owner_id}) if who.kind is Kind.STAFF else {})


def thread_of(rows: Session, who: Principal, ticket: Ticket, at: datetime) -> list[dict[str, Any]]:
    """What was written on a ticket, oldest first."""
    messages = queries.messages_of(rows, ticket.tenant_id, ticket.id)
    files = _files(queries.attachments_of(rows, ticket.tenant_id, ticket.id), "message_id")
    staff = who.kind is Kind.STAFF
    read = (
        [each for each in messages if each.taken_back_at is None] if staff else portal.left(messages, at, reach.undo())
    )
    thread = [
        {
            "kind": "message",
            "at": each.at,
            "by": each.by,
            "name": each.by_name,
            "channel": each.channel,
            "text": each.text,
            "files": files[each.id],
        }
        for each in read
    ]
    if staff:
        thread += _notes(rows, ticket)
    return sorted(thread, key=lambda words: words["at"])


def _notes(rows: Session, ticket: Ticket) -> list[dict[str, Any]]:
    files = _files(queries.note_attachments_of(rows, ticket.tenant_id, ticket.id), "note_id")
    return [
        {
            "kind": "note",
            "at": each.at,
            "by": "agent",
            "name": each.by_name,
            "channel": None,
            "text": each.text,
            "files": files[each.id],
        }
        for each in queries.notes_of(rows, ticket.tenant_id, ticket.id)
    ]


def _files(
    found: Iterable[Attachment | NoteAttachment], of: str
) -> defaultdict[int, list[Attachment | NoteAttachment]]:
    by_words: defaultdict[int, list[Attachment | NoteAttachment]] = defaultdict(list)
    for each in found:
        by_words[getattr(each, of)].append(each)
    return by_words
