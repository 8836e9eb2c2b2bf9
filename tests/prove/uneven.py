"""What one company has and the other has not, or otherwise: it shows a question that forgets whose it is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.actions.kenshu import Speaker, say
from billing.models import (
    ContractTime,
    Dispatch,
    DocumentLine,
    DocumentSource,
    EntryState,
    Lot,
    MilestoneReached,
    Opening,
    Reminded,
    TimeEntry,
    Visit,
)
from billing.rules.invoice.items import line_key
from billing.rules.money import Money
from msp.outbox.models import Mail
from msp.reports.deeds import TYPED
from msp.tickets import actions as tickets
from msp.tickets.models import Ticket
from msp.tickets.rules import Channel
from sla.actions import add_version
from sla.models import Acknowledgement, Contract, CycleOutcome, Remeasuring, SurgePack, Watcher
from sla.queries import versions_of
from tenants.audit import AccessLog, Audit
from tenants.models import Contact, Site, Tenant
from tenants.rules import Role
from tests.cast import OPENED, Cast, Company
from tests.promises import agree_on_office_hours

MINUTE, YEARS, MAY = timedelta(minutes=1), timedelta(days=1500), datetime(2026, 5, 20, tzinfo=UTC)
FIRST, CARE = "GLOBEX", "care"
"""Whose rows come first: the other's thing of the same id is then of another kind; and what both buy."""

SPAN = {"begin": "2026-05-31T23:00:00Z", "end": "2026-05-31T23:10:00Z"}
OCCASION = "proof"
RATE = {"price": "9000", "since": "2031-02-01", "work_type": "remote", "role": "lead"}
"""What forms say, and said once before."""


def contracts(session: Session, key: str, tenant_id: int, words: str, at: datetime) -> None:
    """Two each, one with a pack that nobody wanted; the one that holds came second with one of them."""
    aside = Contract(tenant_id=tenant_id, name=words, is_default=False)
    if key == FIRST:
        session.add(aside)
        session.flush()
    agree_on_office_hours(session, tenant_id)
    session.add(aside)
    session.flush()
    version = add_version(session, aside, {}, OPENED + timedelta(days=1))
    if key == FIRST:
        session.add(ContractTime(tenant_id=tenant_id, version_id=version.id, terms={}))
    pack = {"starts_at": at + YEARS, "ends_at": at + YEARS + MINUTE, "terms": {}, "proposed_at": at, "message": words}
    session.add(SurgePack(tenant_id=tenant_id, contract_id=aside.id, name=words, **pack, status="declined"))


def of_the_sibling(session: Session, company: Company, ticket_id: int, agent_id: int, words: str, at: datetime) -> None:
    """Time on the second ticket, at a place, which the first one's pages must not tell."""
    begun, place = at - timedelta(days=3), {"site_id": company.site_id}
    said = {"work_type": "onsite", "started_at": begun, "ended_at": begun + timedelta(minutes=20), "text": words}
    billing.log_time(session, company.id, ticket_id, agent_id, said | place, at)


def by_ben(
    session: Session, company: Company, of: tuple[Ticket, Ticket, Ticket], ben: int, words: str, at: datetime
) -> None:
    """Who serves one company now has time on its first ticket and an answer on its second; once he served the other."""
    begun, (own, sibling, third) = at - timedelta(days=2), of
    said = {"work_type": "remote", "started_at": begun, "ended_at": begun + timedelta(minutes=10)}
    if company.key == FIRST:
        billing.log_time(session, company.id, own.id, ben, said | {"text": "印刷"}, at)
        tickets.reply(session, sibling, tickets.Actor("agent", ben, "Ben"), tickets.Answer(words), at + MINUTE, MINUTE)
    else:
        entry = billing.log_time(session, company.id, sibling.id, ben, said | {"text": words}, at)
        entry.state = EntryState.SUBMITTED
        tickets.reply(session, third, tickets.Actor("agent", ben, "Ben"), tickets.Answer("ben"), at + MINUTE, MINUTE)
        entry = _log(session, sibling, ben, "remote", begun)
        entry.state = EntryState.REJECTED
        _this_morning(session, company, third, ben, words, at + timedelta(hours=23))


def _this_morning(session: Session, company: Company, ticket: Ticket, ben: int, words: str, at: datetime) -> None:
    """What his day would be made of, if it were still his: looked, typed, answered, noted."""
    seen = {"hour": at, "at": at, "login_id": ben, "subject": ticket.key, "name": words}
    session.add(AccessLog(tenant_id=company.id, **seen))
    typing = {"kind": "staff", "verb": TYPED, "subject": f"/tickets/{ticket.key}/draft", "outcome": "done"}
    session.add(Audit(tenant_id=company.id, at=at + 5 * MINUTE, login_id=ben, **typing))
    himself = tickets.Actor("agent", ben, "Ben")
    tickets.reply(session, ticket, himself, tickets.Answer("ben"), at + 10 * MINUTE, MINUTE)
    tickets.note(session, ticket, himself, "ben", at + 15 * MINUTE)


def worked(
    session: Session, company: Company, of: tuple[Ticket, Ticket, Ticket], cast: Cast, inside: str, at: datetime
) -> int:
    """The agent's last work on each ticket is of another kind; somebody was called in; some was written down before.

    Answers the id of a visit.
    """
    (own, sibling, third), agent = of, cast.staff[Role.AGENT]
    billing.choose_for_ticket(session, company.id, third.id, CARE, agent, at)
    cycle = {"ticket_id": sibling.id, "metric": "resolution", "cycle": 1}
    session.add(Acknowledgement(tenant_id=company.id, **cycle, at=at, by_id=agent, by_name=inside))
    session.add(Watcher(tenant_id=company.id, ticket_id=sibling.id, login_id=cast.staff[Role.AUDITOR], since=at))
    _log(session, sibling, agent, "onsite", at)
    visits = [_visit(session, third, agent, at - timedelta(hours=1))]
    if company.key == FIRST:
        _log(session, own, agent, "onsite", at + MINUTE)
        session.add(Watcher(tenant_id=company.id, ticket_id=own.id, login_id=cast.staff[Role.LEAD], since=at))
        tickets.follow(session, third, company.contacts[Role.REQUESTER], at)
        begin = datetime.fromisoformat(SPAN["begin"])
        billing.accept(session, company.id, own.id, agent, begin, begin + MINUTE, at, "remote")
        said = {"agent_id": agent, "visited_at": at, "key": f"visit:{OCCASION}"}
        session.add(Visit(tenant_id=company.id, **said))
    else:
        visits.append(_visit(session, third, agent, at - timedelta(hours=2)))
    return visits[0]


def _visit(session: Session, ticket: Ticket, agent_id: int, at: datetime) -> int:
    work = {"work_type": "onsite", "started_at": at, "ended_at": at + MINUTE}
    return billing.log_visit(session, ticket.tenant_id, agent_id, {"visited_at": at}, [(ticket.id, work)], at).id


def _log(session: Session, ticket: Ticket, agent_id: int, work_type: str, at: datetime) -> TimeEntry:
    said = {"work_type": work_type, "started_at": at, "ended_at": at + 7 * MINUTE, "text": ""}
    return billing.log_time(session, ticket.tenant_id, ticket.id, agent_id, said, at)


def one_more(
    session: Session, company: Company, tenant: Tenant, own_id: int, agent_id: int, words: str, at: datetime
) -> None:
    """A ticket more, and somebody who has the first one in hand."""
    if company.key == FIRST:
        cycle = {"ticket_id": own_id, "metric": "first_response", "cycle": 1}
        session.add(Acknowledgement(tenant_id=company.id, **cycle, at=at, by_id=agent_id, by_name=words))
        contact = session.get_one(Contact, (company.id, company.contacts[Role.CLIENT_ADMIN]))
        matter = tickets.Matter(words, words, Channel.MAIL, contact)
        tickets.open_ticket(session, tenant, matter, tickets.Actor("client", contact.id, contact.name), at)


def before_prices(session: Session, key: str, tenant_id: int, words: str, at: datetime) -> None:
    """A discount in force, another for each; a milestone that was reached."""
    percent = Decimal(3 if key == FIRST else 4)
    billing.add_discount(session, tenant_id, {"percent": percent, "reason": words, "since": date(2026, 6, 1)}, at)
    if key == FIRST:
        session.add(MilestoneReached(tenant_id=tenant_id, item="move", step="plan", reached_on=at.date(), at=at))


def prices(session: Session, key: str, tenant_id: int, words: str, at: datetime) -> None:
    """A price of its own for another kind of work each, and one for work at a place."""
    work_type, price = ("remote", Decimal(6500)) if key == FIRST else ("onsite", Decimal(9100))
    billing.set_tenant_rate(session, tenant_id, price, "JPY", date(2026, 1, 10), at, work_type)
    place = session.scalars(select(Site.id).where(Site.tenant_id == tenant_id, Site.name == words)).one()
    billing.set_tenant_rate(session, tenant_id, Decimal(9900), "JPY", date(2026, 1, 10), at, site_id=place, role="lead")
    if key == FIRST:
        since = date.fromisoformat(RATE["since"])
        billing.set_tenant_rate(session, tenant_id, price, "JPY", since, at, RATE["work_type"], role=RATE["role"])


def before_lots(session: Session, key: str, tenant_id: int, words: str, at: datetime) -> None:
    """A lot that waits on the draft of its sale."""
    if key == FIRST:
        billing.sell_lot(session, tenant_id, "block", Decimal(60), Decimal(9000), None, at, note=words)


def before_payments(session: Session, key: str, tenant_id: int, words: str, by_id: int, at: datetime) -> None:
    """A payment that was taken back."""
    if key == FIRST:
        came = billing.Came(at.date(), Money(Decimal(300), "JPY"), "bank", words)
        paid = billing.enter_payment(session, tenant_id, came, [], by_id, at)
        billing.void_payment(session, tenant_id, paid.id, words, at.date(), by_id, at)


def sent(session: Session, company: Company, document_id: int, words: str, at: datetime) -> None:
    """The document left by mail and was refused."""
    row = Dispatch(tenant_id=company.id, document_id=document_id, turn=0, state="written", made_at=at, settled_at=at)
    session.add(row)
    if company.key == FIRST:
        told = {"level": 1, "name": words, "sent_on": at.date(), "amount": Decimal(1), "currency": "JPY"}
        read = {"contact_id": company.contacts[Role.BILLING_CONTACT], "name": words, "at": at}
        session.add(Opening(tenant_id=company.id, document_id=document_id, **read))
        billing.put_counts(session, company.id, "nas", {at.date(): 3}, None, at)
        session.add(Reminded(tenant_id=company.id, document_id=document_id, **told, mail_key=words, at=at))
        again = Dispatch(tenant_id=company.id, document_id=document_id, turn=7, state="stopped", made_at=at)
        session.add(again)
    address = f"billing@{company.key.lower()}.example"
    refused = {"state": "failed", "answers": {address: f"550 {words}"}, "last_error": f"550 {words}"}
    to = [{"name": words, "address": address}]
    session.add(
        Mail(
            tenant_id=company.id, key=row.key, mail_id=f"<{words}@desk.example>", made_at=at, to=to, subject=words,
            text=words, **refused,
        )
    )  # fmt: skip


def questioned(session: Session, company: Company, document_id: int, words: str, at: datetime) -> None:
    """The last line of the document is in question."""
    last = select(func.max(DocumentLine.place)).where(
        DocumentLine.tenant_id == company.id, DocumentLine.document_id == document_id
    )
    place = session.scalars(last).one()
    asks = Speaker(company.contacts[Role.CLIENT_ADMIN], words, by_desk=False)
    say(session, company.id, document_id, place, "question", words, asks, at)


def taken_back(session: Session, company: Company, contract_id: int, at: datetime) -> None:
    """A version that had begun was withdrawn, and nobody ever said how its time is counted; another is on its way."""
    aside = select(Contract.id).where(Contract.tenant_id == company.id, Contract.is_default.is_(False))
    of, when = session.scalars(aside).one(), {"since": at, "made_at": at}
    session.add(Remeasuring(tenant_id=company.id, contract_id=of, cause="version", **when, done=3, total=7))
    if company.key == FIRST:
        contract = session.get_one(Contract, (company.id, contract_id))
        terms = versions_of(session, company.id, contract.id)[-1].terms
        add_version(session, contract, terms, at - timedelta(days=1)).withdrawn_at = at


def kept_before(session: Session, ticket: Ticket) -> None:
    """A promise that was kept the month before, which may be closed."""
    row = session.get_one(CycleOutcome, (ticket.tenant_id, ticket.id, "first_response", 1))
    row.decided_at, row.breached_at = MAY, None


def charged(session: Session, key: str, tenant_id: int, document_id: int, visit_id: int, at: datetime) -> None:
    """A step of a fixed price stands on the document, the way to a site, and the first lot that was sold."""
    if key == FIRST:
        lot_id = session.scalars(select(func.min(Lot.id)).where(Lot.tenant_id == tenant_id)).one()
        step = {"kind": "milestone", "source_id": 1, "part": f"{line_key('move-build')}/1", "on_date": at.date()}
        way = {"kind": "visit", "source_id": visit_id, "part": "visit", "on_date": at.date()}
        lot = {"kind": "lot", "source_id": lot_id, "part": "sale", "on_date": at.date()}
        for source in (step, way, lot):
            session.add(DocumentSource(tenant_id=tenant_id, document_id=document_id, **source))
