"""A desk's mail room under test: mails written by hand, work done at once, and a clock that only we move."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from msp.intake import actions as intake
from msp.intake.models import RawMail
from msp.jobs import perform
from msp.outbox.models import Mail
from msp.tickets import actions as tickets
from msp.tickets.models import Message, Ticket
from msp.tickets.rules import Status
from tenants.db import transaction
from tenants.isolation import acting_as
from tenants.rules import job
from tenants.work import Work, due_work
from tests.cast import Cast, Company

HELP = "help@desk.example"
EDGE = "mx.desk.example"


def mail(
    sender: str,
    subject: str = "印刷できません",
    text: str = "複合機が動きません。",
    message_id: str = "<1@acme.example>",
    to: str = HELP,
    edge: str = "pass",
    **headers: str,
) -> bytes:
    """A mail as our edge hands it over; `edge` is its word on the sender. Underscores in headers are hyphens."""
    made = EmailMessage()
    domain = sender.rpartition("@")[2].rstrip(">")
    if edge:
        made["Authentication-Results"] = f"{EDGE}; dmarc={edge} header.from={domain}"
    made["From"], made["To"], made["Subject"], made["Message-ID"] = sender, to, subject, message_id
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made.as_bytes()


@dataclass
class Mailroom:
    """`arrive` keeps a mail, `work` does all that is due; what came of it can be looked at."""

    app: Flask
    session: Session
    cast: Cast
    at: datetime
    errors: list[str] = field(default_factory=list)

    def arrive(self, raw: bytes, to: str = HELP, sender: str | None = None) -> None:
        """A mail is delivered and everything it entails is done."""
        self.keep(raw, to, sender)
        self.work()

    def keep(self, raw: bytes, to: str = HELP, sender: str | None = None) -> int:
        with acting_as(job(self.cast.desk)), transaction() as rows:
            return intake.keep(rows, self.cast.desk, raw, "smtp", sender, [to], self.at)

    def work(self) -> None:
        """Do what is due until nothing is; what fails stays as it was for a later try."""
        for _ in range(200):
            with acting_as(self.cast.sweep()):
                due = due_work(self.session, self.at)
            if not due:
                return
            for _, tenant_id, work_id in due:
                perform(tenant_id, work_id)
        raise AssertionError(f"Work without end: {due}")

    def wait(self, **span: float) -> None:
        """Time passes, and what fell due is done."""
        self.at += timedelta(**span)
        self.work()

    def again(self) -> None:
        """Every row of work is done once more, as if each worker had died before it could say so."""
        for tenant_id in sorted(self.cast.every):
            with acting_as(job(tenant_id)), transaction() as rows:
                for row in rows.scalars(select(Work).where(Work.done_at.is_not(None))):
                    row.done_at, row.available_at = None, self.at
        self.work()

    def reply(self, ticket: Ticket, text: str, undo: float = 10, then: Status | None = None) -> Message:
        """The agent answers; it leaves when the time to undo is over."""
        with acting_as(self.cast.agent(ticket.tenant_id)) as agent, transaction() as rows:
            actor = tickets.actor_of(agent)
            row = rows.get_one(Ticket, (ticket.tenant_id, ticket.id))
            return tickets.reply(rows, row, actor, tickets.Answer(text, then=then), self.at, timedelta(seconds=undo))

    def tickets(self, company: Company | None = None) -> list[Ticket]:
        of = company or self.cast.acme
        with acting_as(job(of.id)):
            return list(self.session.scalars(select(Ticket).where(Ticket.tenant_id == of.id).order_by(Ticket.id)))

    def ticket(self) -> Ticket:
        (one,) = self.tickets()
        return one

    def messages(self, ticket: Ticket) -> list[Message]:
        with acting_as(job(ticket.tenant_id)):
            found = select(Message).where(Message.tenant_id == ticket.tenant_id, Message.ticket_id == ticket.id)
            return list(self.session.scalars(found.order_by(Message.id)))

    def kept(self, tenant_id: int | None = None) -> list[RawMail]:
        of = tenant_id or self.cast.desk
        with acting_as(job(of)):
            return list(self.session.scalars(select(RawMail).where(RawMail.tenant_id == of).order_by(RawMail.id)))

    def sent(self, tenant_id: int | None = None) -> list[Mail]:
        of = tenant_id or self.cast.acme.id
        with acting_as(job(of)):
            return list(self.session.scalars(select(Mail).where(Mail.tenant_id == of).order_by(Mail.id)))
