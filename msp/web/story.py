"""A ticket's story as it is read: messages, notes and events in one line, with a break at each day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import TypeVar

from msp.tickets.models import Attachment, Event, Message, Note, NoteAttachment
from msp.web.delivery import Deliveries, Delivery
from msp.web.turns import Turn

T = TypeVar("T")
SHOWN = frozenset(
    {
        *("opened", "status", "assigned", "tier", "priority", "described", "linked", "merged"),
        *("follow_up", "follow_up_due", "taken_back", "mail_failed", "sent_again", "acknowledged", "escalated"),
    }
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing that happened: `kind` is message, note, event, clock or day; `row` the row, a date for days."""

    kind: str
    at: datetime
    row: Message | Note | Event | Turn | date
    files: Sequence[Attachment | NoteAttachment] = ()
    delivery: Delivery | None = None
    mine: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """All rows of a ticket's story, as they were read."""

    events: Sequence[Event]
    messages: Sequence[Message]
    notes: Sequence[Note]
    files: Sequence[Attachment] = ()
    note_files: Sequence[NoteAttachment] = ()
    deliveries: Deliveries | None = None
    turns: Sequence[Turn] = ()


def story_of(told: Told, login_id: int | None, zone: tzinfo) -> list[Piece]:
    """The pieces in order, oldest first. A reply that was taken back is told by its event alone."""
    files = _by(told.files, "message_id")
    note_files = _by(told.note_files, "note_id")
    pieces = [
        Piece(
            "message",
            row.at,
            row,
            files[row.id],
            told.deliveries.of(row) if told.deliveries else None,
            row.by == "agent" and row.by_id == login_id,
        )
        for row in told.messages
        if row.taken_back_at is None
    ]
    pieces += [Piece("note", row.at, row, note_files[row.id]) for row in told.notes]
    pieces += [Piece("event", row.at, row) for row in told.events if row.type in SHOWN]
    pieces += [Piece("clock", turn.at, turn) for turn in told.turns]
    ranks = {"message": 1, "note": 2, "event": 3, "clock": 4}
    pieces.sort(key=lambda piece: (piece.at, ranks[piece.kind] if not _is_opening(piece) else 0))
    return list(_with_days(pieces, zone))


def _is_opening(piece: Piece) -> bool:
    return isinstance(piece.row, Event) and piece.row.type == "opened"


def _with_days(pieces: Iterable[Piece], zone: tzinfo) -> Iterable[Piece]:
    shown: date | None = None
    for piece in pieces:
        day = piece.at.astimezone(zone).date()
        if day != shown:
            shown = day
            yield Piece("day", piece.at, day)
        yield piece


def _by(rows: Sequence[T], column: str) -> dict[int, list[T]]:
    found: dict[int, list[T]] = defaultdict(list)
    for row in rows:
        found[getattr(row, column)].append(row)
    return found
