"""All that one ticket's page says, gathered once for the whole page and for each of its parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import current_app, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.models import WorkType
from msp.settings import Settings
from msp.tickets import desk, queries
from msp.tickets.models import Draft, Ticket
from msp.tickets.opened import Opened, opened
from msp.tickets.rules import DONE, GONE, Channel, Level, TicketKind
from msp.web import send_token
from msp.web.delivery import Deliveries
from msp.web.language import reader
from msp.web.reached import reached_of
from msp.web.standing import Standing, Standings
from msp.web.story import Told, story_of
from msp.web.turns import turns_of
from sla import queries as promises
from sla.models import Clock
from sla.queries import Book
from tenants.isolation import scoped
from tenants.models import Contact
from tenants.rules import Permission, Principal

_WORK_TYPES = scoped(select(WorkType).where(WorkType.retired.is_(False)).order_by(WorkType.place, WorkType.code))
METRICS = ("first_response", "next_response", "resolution")


@dataclass(frozen=True, slots=True)
class ClockLine:
    """One promise on the ticket: where it stands, seconds of open time used and promised."""

    metric: str
    standing: Standing
    spent: int
    target: int
    cycle: int
    runs: bool


def facts(
    rows: Session,
    who: Principal,
    ticket: Ticket,
    now: datetime,
    answer: dict[str, Any] | None = None,
    around: Opened | None = None,
) -> dict[str, Any]:
    """What `tickets/_detail.html` prints. `answer` is what the author typed, where the form is shown again."""
    around = around or opened(rows, ticket, who.login_id)
    told = _told(rows, ticket, around, now)
    book, contact = around.book, around.contact
    followers = desk.followers(rows, ticket) if "followers" in around.has else []
    drafts = queries.drafts_of(rows, ticket.tenant_id, ticket.id, who.login_id or 0) if "drafts" in around.has else {}
    for_whom = reader()
    return {
        "ticket": ticket,
        "client": around.client,
        "contact": contact,
        "followers": followers,
        "now": now,
        "standing": _standing(ticket, book, now),
        "clocks": clock_lines(promises.clocks_of(rows, ticket.tenant_id, ticket.id), book, now),
        "reached": reached_of(rows, ticket, around),
        "story": story_of(told, who.login_id, for_whom.zone),
        "owner_name": around.owner_name,
        "category_name": around.category.name(for_whom.language) if around.category else ticket.category or "",
        "tags": queries.tags_of(rows, ticket.tenant_id, ticket.id) if "tags" in around.has else [],
        "links": desk.linked(rows, ticket) if "links" in around.has else [],
        "beside": desk.open_beside(rows, ticket),
        "may_work": who.may(Permission.WORK_TICKETS),
        "done": ticket.status in DONE,
        "gone": ticket.status in GONE,
        "mine": ticket.owner_id == who.login_id and ticket.taken_at is not None,
        "back": request.query_string.decode("ascii", "ignore"),
        **composer(rows, who, ticket, drafts, [contact, *followers], answer or {}),
    }


def composer(
    rows: Session,
    who: Principal,
    ticket: Ticket,
    drafts: Mapping[str, Draft],
    recipients: list[Contact | None],
    answer: dict[str, Any],
) -> dict[str, Any]:
    """What the composer is filled with: the draft, or what was just typed."""
    kind = answer.get("kind") or request.args.get("kind") or ("note" if list(drafts) == ["note"] else "reply")
    kind = "note" if kind == "note" else "reply"
    draft = drafts.get(kind)
    return {
        "kind": kind,
        "typed": answer,
        "body": answer.get("body") or (draft.text if draft else ""),
        "draft": draft,
        "send_token": _token(ticket, who, kind, answer.get("send_token", "")),
        "recipients": [
            person.name for person in recipients if person is not None and person.email and not person.left_at
        ],
        "work_types": work_types(rows, reader().language),
        "undo_seconds": _settings().undo_seconds,
    }


def _token(ticket: Ticket, who: Principal, kind: str, served: str) -> str:
    """What came back with a held answer stays, so that what it has not seen is asked about again; else a new one."""
    bound = send_token.read(served) if served else None
    return served if bound and bound.fits(ticket, who.login_id) else send_token.seal(ticket, who.login_id, kind)


def clock_lines(clocks: Any, book: Book, now: datetime) -> list[ClockLine]:
    """The promises of a ticket in the order in which they are met; those that were never started are left out."""
    standings = Standings(now, reader().language)
    lines = [_line(clock, book, standings) for clock in clocks if clock.started_at is not None]
    return sorted(lines, key=lambda line: METRICS.index(line.metric))


def choices() -> dict[str, tuple[str, ...]]:
    """The closed lists of the forms; their words stand in `tickets/_words.html`."""
    return {"kinds": tuple(TicketKind), "levels": tuple(Level), "channels": (Channel.PHONE, Channel.DESK, Channel.CHAT)}


def _line(clock: Clock, book: Book, standings: Standings) -> ClockLine:
    if clock.status == "running" and clock.due_at is not None:
        standing = standings.running(clock.due_at, clock.target, book.hours.get(clock.calendar))
    elif clock.status == "paused":
        standing = standings.named("pause")
    elif clock.status == "stopped":
        standing = standings.named("missed" if clock.breached_at else "met")
    else:
        standing = standings.named("none")
    target = clock.target or 0
    spent = clock.spent if standing.left is None else target - standing.left
    return ClockLine(clock.metric, standing, spent, target, clock.cycle, clock.status in ("running", "paused"))


def _standing(ticket: Ticket, book: Book, now: datetime) -> Standing:
    hours = book.hours.get(ticket.due_calendar) if ticket.due_calendar else None
    standings = Standings(now, reader().language)
    return standings.of_ticket(ticket.status, ticket.clock, ticket.breached, ticket.due_at, ticket.due_target, hours)


def _told(rows: Session, ticket: Ticket, around: Opened, now: datetime) -> Told:
    of = (rows, ticket.tenant_id, ticket.id)
    events = queries.events_of(*of)
    return Told(
        events,
        queries.messages_of(*of),
        queries.notes_of(*of) if "notes" in around.has else [],
        queries.attachments_of(*of) if "files" in around.has else [],
        queries.note_attachments_of(*of) if "note_files" in around.has else [],
        Deliveries(rows, ticket, events, around.has, now, timedelta(seconds=_settings().undo_seconds)),
        turns_of(around.book, events, now),
    )


def work_types(rows: Session, language: str) -> list[tuple[str, str]]:
    """The kinds of work there are: (code, name)."""
    return [(each.code, each.name(language)) for each in rows.scalars(_WORK_TYPES)]


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings
