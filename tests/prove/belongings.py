"""What else stands in a company's rooms: rows that no ticket brings with it, each with the company's own words."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.models import AccountDiscount, DocumentDraft, DraftLine, ManualLine, Run, RunItem
from billing.queries.facts import entry_key
from msp.intake.models import RawMail, Thread
from msp.outbox.models import Mail
from msp.tickets import actions as tickets
from msp.tickets.models import Message, Ticket
from sla.models import Contract, ContractVersion, Escalation
from tenants import actions as people
from tenants import chain
from tenants.audit import AccessLog
from tenants.isolation import Base, Walled
from tenants.rules import job
from tenants.tokens import KeptAnswer
from tenants.work import ScheduleRun, Work
from tests.cast import Company
from tests.prove import filler, uneven

HERE = "tests/prove/belongings.py"
EMPTY: dict[str, str] = {}
"""Walled tables that hold nothing in the proof's world, each with the reason."""


def around(
    session: Session,
    company: Company,
    ticket: Ticket,
    words: str,
    inside: str,
    follower_id: int,
    at: datetime,
    unsent: Collection[int],
) -> None:
    """What hangs on a ticket: labels, a follower, mails that failed, their threads and addresses, a ladder's steps."""
    tenant_id, ticket_id = ticket.tenant_id, ticket.id
    tickets.label(session, ticket, {words, inside})
    gone = people.add_contact(session, tenant_id, inside, f"gone{ticket_id}@{company.key.lower()}.example")
    gone.left_at = at
    session.flush()
    for contact_id in (follower_id, gone.id):
        tickets.follow(session, ticket, contact_id, at)
    address = f"person@{company.key.lower()}.example"
    for message_id in session.scalars(
        select(Message.id).where(
            Message.tenant_id == tenant_id, Message.ticket_id == ticket_id, Message.id.not_in(unsent)
        )
    ).all():
        session.add(
            Mail(
                tenant_id=tenant_id,
                ticket_id=ticket_id,
                message_id=message_id,
                key=f"reply:{message_id}",
                mail_id=f"<{words}.{message_id}@desk.example>",
                made_at=at,
                to=[{"name": words, "address": address}],
                subject=f"Re: {words}",
                text=words,
                state="failed",
                answers={address: f"550 {words}"},
                last_error=f"550 {words}",
            )
        )
    session.add(
        Thread(tenant_id=tenant_id, mail_id=f"<{words}.{ticket_id}@{company.key.lower()}.example>", ticket_id=ticket_id)
    )
    people.reply_token(session, tenant_id, ticket_id, None, sha256(f"{words}-{ticket_id}".encode()).hexdigest())
    session.add_all(
        Escalation(
            tenant_id=tenant_id,
            ticket_id=ticket_id,
            metric=metric,
            cycle=1,
            step=f"{10 * ticket.number}% {inside}",
            at=at,
            noticed_at=at,
        )
        for metric in ("first_response", "resolution")
    )


def terms(session: Session, company: Company, words: str, price: Decimal, at: datetime) -> None:
    """What is agreed about money: a flat fee paid ahead, how time counts, a name and a multiplier of its own."""
    contract = session.scalars(select(Contract).where(Contract.tenant_id == company.id, Contract.is_default)).one()
    contract.name, of_it = words, ContractVersion.contract_id == contract.id
    version_id = session.scalars(select(ContractVersion.id).where(ContractVersion.tenant_id == company.id, of_it)).one()
    if company.key == uneven.FIRST:  # one item more, so that the others have other ids than the other company's
        steps = [{"key": "all", "name": words, "percent": "100"}]
        billing.add_item(
            session, company.id, version_id, "early", "milestone", words, {"price": "1", "steps": steps}, at
        )
    fee, options = {"price": str(price * 10)}, {"timing": "advance", "work_types": ["onsite"]}
    billing.add_item(session, company.id, version_id, uneven.CARE, "fixed", words, fee, at, options)
    way = [{"basis": "visit", "price": str(price)}]
    billing.count_time(session, company.id, version_id, {"rules": {"remote": {"name": words}}, "travel": way}, at)
    later_on = {"percent": Decimal(5), "reason": words, "since": date(2030, 1, 1)}
    session.add(AccountDiscount(tenant_id=company.id, **later_on))
    multiplier = price / 5000
    billing.set_tenant_work_type(
        session, company.id, "remote", at, name_ja=words, name_en=words, multiplier=multiplier.quantize(Decimal("0.01"))
    )


def by_hand(
    session: Session, company: Company, draft: DocumentDraft, words: str, by_id: int, price: Decimal, at: datetime
) -> dict[str, str]:
    """A computed line changed and a line of one's own, on a draft, and a line as computed. Answers their keys.

    The one company's flat fee is changed, and the other's time.
    """

    def keys() -> list[str]:
        lines = select(DraftLine.key).where(DraftLine.tenant_id == draft.tenant_id, DraftLine.draft_id == draft.id)
        return [key for key in session.scalars(lines.order_by(DraftLine.place)) if not key.startswith("manual")]

    other, *_between, changed = keys()
    if company.key != uneven.FIRST:
        changed, other = other, changed
    billing.change_line(session, draft.tenant_id, draft.id, changed, by_id, words, at, quantity=price / 1000)
    billing.add_line(session, draft.tenant_id, draft.id, by_id, at, name=words, quantity=Decimal(1), price=price)
    session.flush()
    line = session.scalar(select(func.max(ManualLine.id)).where(ManualLine.tenant_id == draft.tenant_id))
    return {"line_key": other, "changed_key": changed, "manual_key": f"manual-{line}"}


def failed_run(session: Session, draft: DocumentDraft, words: str, at: datetime) -> None:
    """A month end that ended without this company's document, and why."""
    run = Run(
        issuer_id=draft.issuer_id, kind="invoice", month=draft.period_start.replace(day=1), state="done", drafts=[]
    )
    run.started_at = run.ended_at = at
    session.add(run)
    session.flush()
    facts = {"place": 1, "draft_id": draft.id, "currency": draft.currency, "payable": draft.payable}
    session.add(RunItem(tenant_id=draft.tenant_id, run_id=run.id, state="failed", reason=words, settled_at=at, **facts))


def open_questions(session: Session, company: Company, draft_id: int, entry_id: int) -> None:
    """What a draft waits for: an entry that two items fit, a count that jumped."""
    draft = session.get_one(DocumentDraft, (company.id, draft_id))
    asked = [("two_items", entry_key(entry_id), f"{uneven.CARE}, block"), ("count_jump", uneven.CARE, "")]
    draft.flags = [
        {"fault": fault, "subject": about, "detail": said, "level": "decision"} for fault, about, said in asked
    ]


def corrections(session: Session, company: Company, entry_id: int, words: str, by_id: int, at: datetime) -> None:
    """A part of an entry not charged, and what it says to the desk alone."""
    billing.edit_time(session, company.id, entry_id, {"note": words}, by_id, at)
    billing.write_off(session, company.id, entry_id, by_id, words, at, seconds=600)


def ledger(session: Session, company: Company, words: str, login_id: int, at: datetime) -> None:
    """What was done and looked at, what the timetable left and what failed of it; a mail that was kept."""
    people.write_down(session, company.id, job(company.id), words, at, subject=words, detail={"said": words})
    session.flush()
    chain.link(session, company.id)
    session.add(
        AccessLog(tenant_id=company.id, hour=at, login_id=login_id, subject=f"{company.key}-1", at=at, name=words)
    )
    session.add(ScheduleRun(tenant_id=company.id, schedule=words, due_at=at))
    kept = {"caller": f"login:{login_id}", "route": "note", "key": words, "at": at, "digest": words, "status": 201}
    session.add(KeptAnswer(tenant_id=company.id, **kept, body=words.replace("ledger", "secret")))
    failed = {"ids": [1], "made_at": at, "available_at": at, "attempts": 12, "last_error": words}
    session.add(Work(tenant_id=company.id, kind="upkeep.link_audit", key=words, parked_at=at, **failed))
    session.add(
        RawMail(
            tenant_id=company.id,
            received_at=at,
            door="pipe",
            digest=words,
            size=1,
            place=words,
            state="triage",
            sender=f"person@{company.key.lower()}.example",
            subject=words,
            preview=words,
        )
    )


def unfurnished(session: Session, company: Company, words: str, at: datetime) -> list[str]:
    """Walled tables that hold no row of this company, say no reason, and could not be filled by what they say."""
    walled = [mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, Walled)]
    bare = [
        model.__tablename__
        for model in walled
        if model.__tablename__ not in EMPTY
        and not session.scalar(select(func.count()).select_from(model).where(model.tenant_id == company.id))
    ]
    left: dict[str, str] = dict.fromkeys(sorted(bare), "")
    for _ in range(len(left)):  # one may hang on another
        left = {table: why for table in left if (why := filler.fill(session, table, company.id, words, at))}
    return [f"{company.key} has no row of {table} ({why}): add one in {HERE}" for table, why in left.items()]
