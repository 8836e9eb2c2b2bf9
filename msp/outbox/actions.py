"""Verbs on mail and notices going out; they write and never commit."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from msp.errors import Refused
from msp.hints import hint
from msp.outbox import queries
from msp.outbox.models import Mail, Notice
from msp.outbox.office import Office
from msp.outbox.rules import TOKEN_BYTES, Automatic, Mailbox, Ours, message_id, reply_address, token_hash
from msp.outbox.smtp import is_permanent
from tenants import actions as people
from tenants.rows import change_many, insert_new, set_shared_many
from tenants.work import later, later_many

PATIENCE = 12
NOTICES = "notices"
WAIT_FOR_THE_REST = timedelta(minutes=5)
LOOK_FOR_A_HOST = timedelta(minutes=15)
AN_HOUR, A_DAY = (timedelta(hours=1), 1), (timedelta(days=1), 5)


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A stored file that goes along."""

    name: str
    type: str
    place: str


@dataclass(frozen=True, slots=True)
class Writing:
    """One mail in plain facts; whoever brings them has asked whether they may leave.

    `key` names the occasion and makes the mail once. Answers come back to `ticket_id`, bound to `contact_id` or to
    whoever follows the ticket. A `purpose` puts a one-time link of `login_id` where the text says `{link}`.
    """

    key: str
    to: tuple[Mailbox, ...]
    subject: str
    text: str
    language: str
    cc: tuple[Mailbox, ...] = ()
    ticket_id: int | None = None
    message_id: int | None = None
    contact_id: int | None = None
    references: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    automatic: Automatic | None = None
    purpose: str | None = None
    login_id: int | None = None


def write(session: Session, tenant_id: int, office: Office, writing: Writing, at: datetime) -> Mail | None:
    """Put a mail into the outbox, its Message-ID made for good. None where this occasion has its mail already."""
    if queries.mail_of(session, tenant_id, writing.key) is not None:
        return None
    mail = Mail(
        tenant_id=tenant_id,
        ticket_id=writing.ticket_id,
        message_id=writing.message_id,
        key=writing.key,
        mail_id=writing.key,
        made_at=at,
        to=[_box(one) for one in writing.to],
        cc=[_box(one) for one in writing.cc],
        subject=writing.subject,
        text=writing.text,
        language=writing.language,
        reply_to=_reply_to(session, tenant_id, office, writing),
        references=list(writing.references),
        attachments=[{"name": one.name, "type": one.type, "place": one.place} for one in writing.enclosures],
        automatic=writing.automatic,
        purpose=writing.purpose,
        login_id=writing.login_id,
    )
    session.add(mail)
    session.flush()
    mail.mail_id = message_id(office.keys[0], Ours(tenant_id, writing.ticket_id or 0, mail.id), office.domain)
    later(session, "mail.send", tenant_id, mail.id, at=at)
    return mail


def write_many(session: Session, tenant_id: int, office: Office, writings: Sequence[Writing], at: datetime) -> int:
    """The same for mails of machines which nobody answers, in a handful of statements. Returns how many are new.

    What is not named is what a new mail is anyway, said once for all of them.
    """
    rows: list[dict[str, Any]] = [
        {
            "tenant_id": tenant_id,
            "key": one.key,
            "mail_id": one.key,
            "made_at": at,
            "to": [_box(box) for box in one.to],
            "cc": [_box(box) for box in one.cc],
            "subject": one.subject,
            "text": one.text,
            "language": one.language,
            "automatic": one.automatic,
        }
        for one in writings
    ]
    fresh = sorted(insert_new(session, Mail, rows))
    ids = [
        {"id": each, "mail_id": message_id(office.keys[0], Ours(tenant_id, 0, each), office.domain)} for each in fresh
    ]
    change_many(session, Mail, tenant_id, ids)
    return later_many(session, "mail.send", tenant_id, [(str(each), [each]) for each in fresh], at)


def may_answer(session: Session, tenant_id: int, address: str, at: datetime) -> bool:
    """Whether a machine of ours may answer this address now: one an hour, five a day (safety.md 3)."""
    answers = queries.automatic_answers(session, tenant_id, address, at - A_DAY[0])
    return all(sum(made > at - span for made in answers) < most for span, most in (AN_HOUR, A_DAY))


def heard(session: Session, mail: Mail, answers: dict[str, str], at: datetime) -> None:
    """What the recipients' servers said. Those that said 'later' are asked again; no other gets the mail twice."""
    mail.tries += 1
    final = {one: said for one, said in answers.items() if not said or is_permanent(said)}
    mail.answers = mail.answers | final
    waiting = answers.keys() - final.keys()
    if waiting and mail.tries < PATIENCE:
        key = f"{mail.id}:{mail.tries}"
        later(session, "mail.send", mail.tenant_id, mail.id, at=at, key=key, available_at=at + WAIT_FOR_THE_REST)
    else:
        mail.answers = mail.answers | {one: answers[one] for one in waiting}
        taken = [one for one, said in mail.answers.items() if not said]
        mail.state, mail.sent_at = ("sent", at) if taken else ("refused", None)
    mail.last_error = "; ".join(f"{one}: {said}" for one, said in mail.answers.items() if said) or None


def refuse(mail: Mail, why: str) -> None:
    """It cannot leave as it is, today or later."""
    mail.state, mail.last_error = "refused", why


def bounced(mail: Mail, recipient: str, why: str) -> None:
    """It was taken and came back."""
    mail.state, mail.last_error = "failed", f"{recipient}: {why}" if recipient else why
    if recipient in mail.answers:
        mail.answers = mail.answers | {recipient: why}


def try_again(session: Session, mail: Mail, at: datetime) -> None:
    """A person asks to send a mail anew: to those whose servers said no, to all where it came back without a name.

    Raises Refused while it is on its way and when everybody has it.
    """
    if mail.state == "waiting":
        raise Refused("It is on its way already.")
    has_it: dict[str, str] = {one: said for one, said in mail.answers.items() if not said}
    if mail.state == "sent" and len(has_it) == len(mail.answers):
        raise Refused("Everybody has it already.")
    mail.answers = has_it if len(has_it) < len(mail.answers) else {}
    mail.state, mail.sent_at, mail.last_error, mail.tries = "waiting", None, None, 0
    mail.again += 1
    later(session, "mail.again", mail.tenant_id, mail.id, at=at, key=f"{mail.id}:{mail.again}")


def readdress(mail: Mail, to: Sequence[Mailbox], cc: Sequence[Mailbox]) -> list[str]:
    """Whom it concerns now; answers the addresses that have not got it."""
    mail.to, mail.cc = [_box(one) for one in to], [_box(one) for one in cc]
    return [one["address"] for one in (*mail.to, *mail.cc) if one["address"] not in mail.answers]


def wait_for_a_host(session: Session, tenant_id: int, at: datetime) -> None:
    """There is no way out yet; look again at the next quarter of an hour, once for all mails of the tenant."""
    due = at + LOOK_FOR_A_HOST - timedelta(minutes=at.minute % 15, seconds=at.second, microseconds=at.microsecond)
    later(session, "mail.waiting", tenant_id, at=at, key=f"{due:%Y%m%d%H%M}", available_at=due)


def send_waiting(session: Session, tenant_id: int, at: datetime) -> None:
    """There is a way out now: whatever waits may leave."""
    for mail in queries.waiting_mails(session, tenant_id):
        later(session, "mail.send", tenant_id, mail.id, at=at, key=f"{mail.id}:{at:%Y%m%d%H%M}")


def invite(session: Session, tenant_id: int, login_id: int, at: datetime) -> None:
    """Ask somebody in: a mail with a link to choose a password goes to him."""
    later(session, "mail.invite", tenant_id, login_id, at=at, key=f"{login_id}:{at:%Y%m%d%H%M}")


@dataclass(frozen=True, slots=True)
class Word:
    """Something one person of the desk is told of a ticket, once for this key; `subject` is the ticket's key."""

    login_id: int
    key: str
    kind: str
    subject: str
    data: Mapping[str, Any]


def notify_many(session: Session, about_tenant: int, words: Sequence[Word], at: datetime) -> None:
    """Tell people of the desk of tickets of one client, in one statement."""
    rows = [
        {
            "login_id": one.login_id,
            "about_tenant": about_tenant,
            "key": one.key,
            "at": at,
            "kind": one.kind,
            "subject": one.subject,
            "data": dict(one.data),
        }
        for one in words
    ]
    if set_shared_many(session, Notice, rows):
        hint(session, about_tenant, NOTICES)


def notify(
    session: Session,
    login_ids: Iterable[int],
    about_tenant: int,
    key: str,
    kind: str,
    subject: str,
    data: dict[str, Any],
    at: datetime,
) -> None:
    """Tell people of the desk of a ticket, each once for this key; `subject` is the ticket's key."""
    words = [Word(login_id, key, kind, subject, data) for login_id in sorted(login_ids)]
    notify_many(session, about_tenant, words, at)


def saw_ticket(session: Session, login_id: int, tenant_id: int, key: str, at: datetime) -> None:
    """A person of the desk looked at a ticket: what he was told of it is no news any more."""
    _saw(session, _unseen(login_id, {tenant_id}).where(Notice.subject == key), at)


def saw_notices(session: Session, login_id: int, tenant_ids: Collection[int], until: int, at: datetime) -> None:
    """A person of the desk has seen his notices up to this one; what came later he has not."""
    _saw(session, _unseen(login_id, tenant_ids).where(Notice.id <= until), at)


def _unseen(login_id: int, tenant_ids: Collection[int]) -> Select[Notice]:
    return select(Notice).where(
        Notice.login_id == login_id, Notice.seen_at.is_(None), Notice.about_tenant.in_(sorted(tenant_ids))
    )


def _saw(session: Session, unseen: Select[Notice], at: datetime) -> None:
    for notice in session.scalars(unseen):
        notice.seen_at = at
        hint(session, notice.about_tenant, NOTICES)


def _reply_to(session: Session, tenant_id: int, office: Office, writing: Writing) -> str | None:
    if writing.ticket_id is None:
        return None
    token = secrets.token_bytes(TOKEN_BYTES)
    people.reply_token(session, tenant_id, writing.ticket_id, writing.contact_id, token_hash(token).hex())
    return reply_address(office.mailbox, token)


def _box(box: Mailbox) -> dict[str, str]:
    return {"name": box.name, "address": box.address}
