"""Lets the believable desk's tickets happen: each beat through the verb that a person would have used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.schemas import TimeSchema
from msp.files import files
from msp.seed.cast import DOING, Client, Colleague
from msp.seed.enclosures import enclosure
from msp.seed.people import Staff
from msp.seed.plan import Act, Tale
from msp.tickets import actions
from msp.tickets.actions.answer import answer
from msp.tickets.models import Ticket
from msp.tickets.rules import Status
from sla import queries as promises
from sla.models import Escalation
from tenants import actions as people
from tenants.models import Contact, Tenant
from tenants.rules import Kind, Principal

UNDO: Final = timedelta(seconds=10)
TAKES_UP: Final = timedelta(seconds=40)
LATELY: Final = timedelta(days=21)
NIGHT: Final = timedelta(hours=9)
BEGUN: Final = frozenset({"AOZORA", "MARUTO", "SPREE"})
"""Clients to whom somebody has begun an answer."""
THEN: Final = {
    "": None,
    "client": Status.PENDING_CLIENT,
    "vendor": Status.PENDING_VENDOR,
    "visit": Status.SCHEDULED,
}


@dataclass(frozen=True, slots=True)
class Stage:
    """The client whose tickets happen, as rows, and the instant to which they happen."""

    session: Session
    tenant: Tenant
    client: Client
    contacts: Sequence[Contact]
    staff: Staff
    at: datetime
    known: Sequence[object] = ()
    """Rows the verbs ask for again and again, held so that the session need not read them anew."""

    def actor(self, colleague: Colleague) -> actions.Actor:
        return actions.Actor("agent", self.staff.of(colleague), colleague.name)


def play(stage: Stage, tales: Sequence[Tale]) -> list[Ticket]:
    """All tickets of a client, one after the other, each from its first word to the present."""
    tickets: list[Ticket] = []
    for tale in tales:
        ticket = _live(stage, tale)
        if tale.kin is not None:
            actions.link(
                stage.session, ticket, tickets[tale.kin], "related", stage.actor(tale.owner), tale.opened + TAKES_UP
            )
        tickets.append(ticket)
    if stage.client.key in BEGUN:
        _begin_to_answer(stage, tickets, tales)
    stage.session.flush()
    _note_as_told(stage)
    return tickets


def _live(stage: Stage, tale: Tale) -> Ticket:
    ticket = _open(stage, tale)
    for act in tale.acts:
        match act.beat.act:
            case "client":
                _client_writes(stage, ticket, tale, act)
            case "reply":
                _reply(stage, ticket, tale, act)
            case "note":
                _take(stage, ticket, act)
                actions.note(stage.session, ticket, _by(stage, act), act.text, act.at)
                _log(stage, ticket, tale, act)
            case "hand":
                _hand_over(stage, ticket, act)
            case "resolve":
                actions.resolve(stage.session, ticket, _by(stage, act), act.text, act.at)
    _up_to_now(stage, ticket)
    return ticket


def _open(stage: Stage, tale: Tale) -> Ticket:
    story, contact = tale.story, stage.contacts[tale.person]
    uploads = _uploads(stage, story.beats[0].file, tale.title)
    matter = actions.Matter(
        tale.title,
        tale.text,
        tale.channel,
        contact,
        kind=story.kind,
        category=story.category,
        impact=story.impact,
        urgency=story.urgency,
        language=stage.client.language,
        uploads=uploads,
    )
    actor = actions.Actor("client", contact.id, contact.name)
    ticket = actions.open_ticket(stage.session, stage.tenant, matter, actor, tale.opened)
    actions.label(stage.session, ticket, set(story.labels))
    return ticket


def _client_writes(stage: Stage, ticket: Ticket, tale: Tale, act: Act) -> None:
    contact = stage.contacts[tale.person]
    arrival = actions.Arrival(
        act.text,
        tale.channel,
        contact,
        language=stage.client.language,
        uploads=_uploads(stage, act.beat.file, tale.title),
    )
    actions.take_arrival(stage.session, ticket, arrival, act.at)
    if ticket.done or ticket.status in (Status.PENDING_VENDOR, Status.SCHEDULED):
        actions.take_up(stage.session, ticket, actions.Actor("client", contact.id, contact.name), act.at)


def _reply(stage: Stage, ticket: Ticket, tale: Tale, act: Act) -> None:
    _take(stage, ticket, act)
    then = THEN[act.beat.wait] or (Status.OPEN if ticket.status != Status.OPEN else None)
    given = actions.Answer(act.text, ticket.last_message_id, then, uploads=_uploads(stage, act.beat.file, tale.title))
    answer(stage.session, ticket, _by(stage, act), given, act.at, UNDO)
    actions.index(stage.session, ticket.tenant_id, ticket.id, act.text)
    _log(stage, ticket, tale, act)


def _take(stage: Stage, ticket: Ticket, act: Act) -> None:
    """Whoever works on a ticket has opened its page, and takes it first where nobody has it yet."""
    if act.at > stage.at - LATELY:
        who = Principal(Kind.STAFF, login_id=_by(stage, act).id)
        people.looked_at(stage.session, ticket.tenant_id, who, ticket.key, _by(stage, act).name, act.at - TAKES_UP)
    if ticket.taken_at is None:
        by = _by(stage, act)
        actions.assign(stage.session, ticket, by, by.id or 0, by.name, max(ticket.opened_at, act.at - TAKES_UP))


def _hand_over(stage: Stage, ticket: Ticket, act: Act) -> None:
    by = _by(stage, act)
    actions.hand_to_tier(stage.session, ticket, by, 3 if act.beat.text == "lead" else int(act.beat.text), act.at)
    actions.assign(stage.session, ticket, by, by.id or 0, by.name, act.at)


def _log(stage: Stage, ticket: Ticket, tale: Tale, act: Act) -> None:
    """The work that went into the words, ended when they were written."""
    if not act.beat.minutes:
        return
    work_type = act.beat.work_type or tale.story.work_type
    begun = act.at - timedelta(minutes=act.beat.minutes)
    said = {
        "work_type": work_type,
        "started_at": begun.isoformat(),
        "ended_at": act.at.isoformat(),
        "text": DOING[stage.client.language][work_type],
    }
    facts: dict[str, Any] = TimeSchema().load(said)
    by = _by(stage, act)
    billing.log_time(stage.session, stage.tenant.tenant_id, ticket.id, by.id or 0, facts, act.at)


def _by(stage: Stage, act: Act) -> actions.Actor:
    if act.by is None:
        raise ValueError(f"Only the desk does this: {act.beat.act}")
    return stage.actor(act.by)


def _up_to_now(stage: Stage, ticket: Ticket) -> None:
    """What time alone did since: what was resolved is closed in the night after a week, what runs runs on."""
    if ticket.status == Status.RESOLVED and ticket.resolved_at is not None:
        closes = ticket.resolved_at + promises.reopen_window(stage.session, ticket.tenant_id, stage.at) + NIGHT
        if closes < stage.at:
            actions.close(stage.session, ticket, actions.SYSTEM, closes)
    if ticket.undone:
        actions.settle(stage.session, ticket, stage.at)


def _begin_to_answer(stage: Stage, tickets: Sequence[Ticket], tales: Sequence[Tale]) -> None:
    """Somebody has typed an answer to the newest ticket that waits for one, and was called away."""
    for ticket, tale in reversed(list(zip(tickets, tales, strict=True))):
        if tale.awaits_us and tale.left_to_say:
            owner, when = stage.staff.of(tale.owner), stage.at - timedelta(minutes=20)
            actions.keep_draft(stage.session, ticket, owner, "reply", tale.left_to_say, when)
            return


def _note_as_told(stage: Stage) -> None:
    """A step of the past was noticed in the past, and whom it concerned has heard of it then."""
    for step in stage.session.scalars(
        select(Escalation).where(Escalation.tenant_id == stage.tenant.tenant_id, Escalation.told_at.is_(None))
    ):
        step.noticed_at = step.told_at = step.at


def _uploads(stage: Stage, name: str, title: str) -> tuple[actions.Upload, ...]:
    if not name:
        return ()
    content_type, content = enclosure(name, title, stage.client.language)
    place, digest = files().keep(stage.tenant.tenant_id, content)
    return (actions.Upload(name, content_type, len(content), digest, place),)
