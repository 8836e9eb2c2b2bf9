"""Mail in and out, one handler for each kind of work."""

from __future__ import annotations

from flask import current_app
from prometheus_client import Counter
from sqlalchemy.orm import Session

from msp import clock
from msp.files import files
from msp.hints import hint
from msp.intake import actions as intake
from msp.intake import queries as intake_queries
from msp.jobs import letters
from msp.outbox import actions as outbox
from msp.outbox import queries as outbox_queries
from msp.outbox.models import Mail
from msp.outbox.office import office
from msp.outbox.smtp import post
from msp.settings import Settings
from msp.tickets import queries as tickets
from msp.tickets.actions import index
from msp.tickets.models import Message
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.models import Login
from tenants.rules import job

CAME = Counter("msp_mail_came", "Mails read, by where they went", ["state"])
LEFT = Counter("msp_mail_left", "Mails that were handed to the way out, by what came of it", ["state"])


def read(tenant_id: int, raw_id: int) -> None:
    """Find out whose a kept mail is. The tenant is the desk."""
    went = intake.sort(db.session(), tenant_id, raw_id, office(), clock.now())
    if went is not None:
        CAME.labels(went).inc()


def hand_on(tenant_id: int, raw_id: int) -> None:
    """Copy a mail of the desk to its client, in a transaction that writes there and nowhere else."""
    raw = intake_queries.raw_mail(db.session(), tenant_id, raw_id)
    if raw is not None and raw.moved_to is not None:
        with acting_as(job(raw.moved_to)), transaction() as session:
            intake.receive(session, raw, clock.now())


def place(tenant_id: int, raw_id: int) -> None:
    """Make a mail part of a ticket."""
    intake.take_in(db.session(), tenant_id, raw_id, office(), clock.now())


def reply(tenant_id: int, ticket_id: int, message_id: int) -> None:
    """The time to undo is over: a public reply leaves, if it still is one."""
    session = db.session()
    message = session.get(Message, (tenant_id, message_id), with_for_update=True)
    if message is None or message.ticket_id != ticket_id or message.by != "agent" or message.taken_back_at is not None:
        return
    index(session, tenant_id, ticket_id, message.text)
    letters.write_reply(session, message, office(), clock.now())


def received(tenant_id: int, ticket_id: int) -> None:
    """Tell a verified contact that his mail is here, under which key."""
    letters.write_receipt(db.session(), tenant_id, ticket_id, office(), clock.now())


def resolved(tenant_id: int, ticket_id: int) -> None:
    """Tell the requester how it was resolved."""
    letters.write_resolution(db.session(), tenant_id, ticket_id, office(), clock.now())


def invite(tenant_id: int, login_id: int) -> None:
    """A link to choose a first password."""
    _write_link(tenant_id, login_id, "invite")


def reset(tenant_id: int, login_id: int) -> None:
    """A link to choose another password."""
    _write_link(tenant_id, login_id, "reset")


def send(tenant_id: int, mail_id: int) -> None:
    """Hand one mail to our way out. At least once, under the same Message-ID."""
    session, at, settings = db.session(), clock.now(), _settings()
    mail = outbox_queries.mail_by_id(session, tenant_id, mail_id)
    if mail is None or mail.state != "waiting":
        return
    if not settings.smtp_host:
        outbox.wait_for_a_host(session, tenant_id, at)
        return
    recipients = [one["address"] for one in (*mail.to, *mail.cc) if one["address"] not in mail.answers]
    try:
        sender, content = letters.compose(session, mail, office(), files().read, at)
    except ValueError as error:
        outbox.refuse(mail, str(error))
    else:
        outbox.heard(session, mail, post(settings, sender, recipients, content), at)
    LEFT.labels(mail.state).inc()
    _hint(session, mail)
    if mail.state == "refused" or (mail.state == "sent" and mail.last_error):
        intake.tell_failure(session, mail, at)


def again(tenant_id: int, mail_id: int) -> None:
    """A person asked to send it once more: to whom it concerns now, and not to those who have it."""
    session, at = db.session(), clock.now()
    mail = outbox_queries.mail_by_id(session, tenant_id, mail_id)
    if mail is None or mail.state != "waiting":
        return
    if letters.write_reply_again(session, mail):
        send(tenant_id, mail_id)
    elif mail.answers:
        outbox.heard(session, mail, {}, at)
    else:
        outbox.refuse(mail, "no_address")
        intake.tell_failure(session, mail, at)


def waiting(tenant_id: int) -> None:
    """Look whether there is a way out by now for what waits."""
    session, at = db.session(), clock.now()
    if _settings().smtp_host:
        outbox.send_waiting(session, tenant_id, at)
    elif outbox_queries.waiting_mails(session, tenant_id):
        outbox.wait_for_a_host(session, tenant_id, at)


def _write_link(tenant_id: int, login_id: int, purpose: str) -> None:
    session = db.session()
    login = session.get(Login, login_id)
    if login is not None and login.disabled_at is None:
        letters.write_link(session, tenant_id, login, purpose, office(), clock.now())


def _hint(session: Session, mail: Mail) -> None:
    """Whoever looks at the ticket sees how its mail stands."""
    ticket = tickets.ticket_by_id(session, mail.tenant_id, mail.ticket_id) if mail.ticket_id else None
    if ticket is not None:
        hint(session, mail.tenant_id, f"ticket:{ticket.key}")


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings
