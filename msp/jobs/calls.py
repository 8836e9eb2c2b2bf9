"""Rungs of ladders are heard: notices, mails and webhook calls of many steps at once, each under its own key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import force_locale, gettext
from sqlalchemy.orm import Session

from msp.jobs.hearers import CLIENT_ADMIN, Hearers, Person, client_admins
from msp.outbox import actions as outbox
from msp.outbox.actions import Word, Writing
from msp.outbox.office import Office
from msp.outbox.rules import Automatic, Mailbox, answer_subject
from msp.outbox.steps import step_of_promise
from msp.outbox.webhooks import REACHED, UNANSWERED, Happening, announce
from msp.tickets.actions.escalation import facts_of
from msp.tickets.models import Ticket
from sla.models import Escalation
from sla.rules.ladder import Rung
from tenants.models import Contact, Tenant


@dataclass(frozen=True, slots=True)
class Call:
    """A rung that is heard now. `entry` and `place` say which of the ladder it is; place 0 is the step's own."""

    escalation: Escalation
    ticket: Ticket
    rung: Rung
    entry: int = 0
    place: int = 0

    @property
    def key(self) -> str:
        """The same however often the work is done; the first rung of the first entry is plain."""
        plain = f"escalation:{self.escalation.tenant_id}:{self.escalation.id}"
        return plain if (self.entry, self.place) == (0, 0) else f"{plain}:{self.entry}:{self.place}"

    @property
    def data(self) -> dict[str, Any]:
        """What a notice keeps."""
        it = self.escalation
        kept = {"metric": it.metric, "step": it.step, "at": it.at.isoformat(), "title": self.ticket.title}
        return kept | ({"unanswered": True} if self.place else {})


def make(
    session: Session, hearers: Hearers, calls: Sequence[Call], office: Office, at: datetime
) -> dict[str, datetime]:
    """Let everybody hear whom the calls concern and who has not heard yet.

    Answers, by the calls' keys, when the first quiet hours that hold one back are over.
    """
    held: dict[str, datetime] = {}
    words: list[Word] = []
    writings: list[Writing] = []
    phrases: dict[str, Phrases] = {}
    tenant_id = hearers.tenant_id
    client = session.get_one(Tenant, tenant_id)
    for call in calls:
        for login_id, when in sorted(hearers.of(call.rung, call.ticket).items()):
            if when > at:
                held[call.key] = min(when, held.get(call.key, when))
                continue
            if _by(call.rung, "in_app", otherwise=True):
                words.append(Word(login_id, call.key, "escalation", call.ticket.key, call.data))
            if _by(call.rung, "mail", otherwise=login_id == call.ticket.owner_id):
                person = hearers.people[login_id]
                if person.language not in phrases:
                    phrases[person.language] = Phrases.of(person.language, calls)
                writings.append(_letter(call, person, client, office, phrases[person.language]))
    outbox.notify_many(session, tenant_id, words, at)
    outbox.write_many(session, tenant_id, office, writings, at)
    _tell_the_client(session, calls, office, at)
    announce(session, tenant_id, [_happening(call, client, office) for call in calls if _by(call.rung, "webhook")], at)
    return held


def _by(rung: Rung, channel: str, otherwise: bool = False) -> bool:
    """Whether a rung is told this way; `otherwise` where it does not say how."""
    return channel in rung.channels if rung.channels else otherwise


@dataclass(slots=True)
class Phrases:
    """What every letter to the desk says in one language; looked up once for as many as are written together."""

    about: str
    reached: str
    unanswered: str
    in_hand: str
    steps: dict[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def of(cls, language: str, calls: Iterable[Call]) -> Phrases:
        with force_locale(language):
            found = cls(
                about=gettext("%(client)s, %(key)s “%(title)s”"),
                reached=gettext("%(what)s, reached at %(instant)s."),
                unanswered=gettext("Nobody has it in hand yet, so you hear of it now."),
                in_hand=gettext("Say on the ticket’s page that you have it in hand, and nobody else is called:"),
            )
            for one in {(call.escalation.metric, call.escalation.step) for call in calls}:
                found.steps[one] = str(step_of_promise(*one))
        return found


def _letter(call: Call, person: Person, client: Tenant, office: Office, said: Phrases) -> Writing:
    it, ticket = call.escalation, call.ticket
    reached = it.at.astimezone(ZoneInfo(person.zone))
    what = said.steps[it.metric, it.step]
    lines = [
        said.about % {"client": client.name, "key": ticket.key, "title": ticket.title},
        said.reached % {"what": what, "instant": f"{reached:%Y-%m-%d %H:%M}"},
        *([said.unanswered] if call.place else []),
        said.in_hand,
        f"{office.base_url}/tickets/{ticket.key}",
    ]
    return Writing(
        key=f"{call.key}:{person.id}",
        to=(Mailbox(person.email, person.name),),
        subject=f"{ticket.key} {what}",
        text="\n\n".join(lines),
        language=person.language,
        automatic=Automatic.NOTICE,
    )


def _tell_the_client(session: Session, calls: Sequence[Call], office: Office, at: datetime) -> None:
    """The client's admins hear by mail alone; what they answer joins the ticket."""
    concerned = [call for call in calls if CLIENT_ADMIN in call.rung.audience]
    if not concerned:
        return
    for contact in client_admins(session, concerned[0].ticket.tenant_id):
        for call in concerned:
            outbox.write(session, contact.tenant_id, office, _letter_to_client(call, contact), at)


def _letter_to_client(call: Call, contact: Contact) -> Writing:
    it, ticket = call.escalation, call.ticket
    with force_locale(contact.language):
        what = step_of_promise(it.metric, it.step)
        lines = [
            gettext("About %(key)s “%(title)s”:", key=ticket.key, title=ticket.title),
            what,
            gettext("We tell you because your contract says so. We are at it; to add something, answer this mail."),
        ]
    return Writing(
        key=f"{call.key}:client:{contact.id}",
        to=(Mailbox(contact.email or "", contact.name),),
        subject=answer_subject(ticket.key, ticket.title),
        text="\n\n".join(lines),
        language=contact.language,
        ticket_id=ticket.id,
        contact_id=contact.id,
        automatic=Automatic.NOTICE,
    )


def _happening(call: Call, client: Tenant, office: Office) -> Happening:
    it, ticket = call.escalation, call.ticket
    facts = {
        "client": {"key": client.key, "name": client.name},
        "ticket": facts_of(ticket) | {"url": f"{office.base_url}/tickets/{ticket.key}"},
        "promise": {
            "metric": it.metric,
            "cycle": it.cycle,
            "step": it.step,
            "reached_at": it.at.isoformat(timespec="seconds"),
            "due_at": ticket.due_at.isoformat(timespec="seconds") if ticket.due_at else None,
        },
        "rung": call.place,
    }
    return Happening(call.key, UNANSWERED if call.place else REACHED, facts)
