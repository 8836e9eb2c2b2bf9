"""Two companies with the same ids, each full of words of its own that nobody else may ever see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from email.message import EmailMessage
from typing import Any

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing import actions as billing
from msp.intake import actions as intake
from msp.intake.models import RawMail
from msp.jobs import documents as document_jobs
from msp.tickets import actions as tickets
from msp.tickets.models import Category, Ticket
from sla.models import Calendar
from tenants import actions as people
from tenants import work
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.models import Contact, LedBy, Site, Tenant
from tenants.passwords import hash_password
from tenants.rules import Role, job
from tests.cast import PASSWORD, Cast, Company
from tests.prove import after, agreed, belongings, corrected, matters, priced, promised, uneven, watching
from tests.prove.marked import FRESH, INSIDE, OWN, SIBLING, THIRD, canary

ORA, ODA = "ora@desk.example", "oda@desk.example"
CLOSING: dict[str, int | None] = {"ACME": None, "GLOBEX": 20}


@dataclass(frozen=True, slots=True)
class Furniture:
    """What stands in one company's rooms; ids are the same in the other's as far as may be.

    `beside` are the ids of its second ticket: right for the company, wrong under the first ticket's address.
    """

    company: Company
    ids: dict[str, Any]
    beside: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class World:
    """Everything the walls are tried on. `ora` and `oda` run the desk and see one company each."""

    cast: Cast
    acme: Furniture
    globex: Furniture
    desk: Furniture
    ora: int = 0
    oda: int = 0


def furnish_desk(cast: Cast, at: datetime) -> Furniture:
    """Prices, an issuer, a category; a mail in triage."""
    with acting_as(job(cast.desk)), transaction() as session:
        issuer = billing.open_issuer(
            session,
            "株式会社デスク",
            name_en="Desk Inc.",
            address="東京都千代田区1-1",
            registration_number="T7000012050002",
        )
        billing.add_work_type(session, "remote", "リモート作業", "Remote work")
        billing.add_work_type(session, "onsite", "訪問作業", "Work on site")
        billing.set_desk_rate(session, Decimal(9000), "JPY", date(2020, 1, 1))
        session.add(Category(code="it", parent=None, name_ja="情報機器", name_en="IT"))
        assert intake.keep(session, cast.desk, _letter(), "pipe", "x@nowhere.example", ["help@desk.example"], at) == 1
        raw = session.scalars(select(RawMail).where(RawMail.tenant_id == cast.desk)).one()
        raw.state = "triage"
        watched = watching.of_the_desk(session, cast, at)
        watched |= priced.of_the_desk(session, cast)
        watched |= after.of_the_desk(session, issuer.id, f"{uneven.FIRST}recipient", at)
        return Furniture(Company(cast.desk, "DESK"), {"raw_id": raw.id, "issuer_id": issuer.id} | watched)


def furnish(cast: Cast, company: Company, desk: Furniture, at: datetime) -> Furniture:
    """A company's tickets, words, files, time, draft and document, all with its canary in them."""
    ids: dict[str, Any] = {}
    beside: dict[str, Any] = {}
    at += matters.LATER[company.key]
    with acting_as(job(company.id)), transaction() as session:
        tenant = session.get_one(Tenant, company.id)
        tenant.name, tenant.signature = f"髙﨑商店㈱ {canary(company.key, 'name')}", canary(company.key, "signature")
        ids["work_id"] = work.later(session, "upkeep.link_audit", company.id, 1, at=at, key="world") or 0
        uneven.contracts(session, company.key, company.id, canary(company.key, "aside"), at)
        people.add_site(session, company.id, canary(company.key, "site"))
        session.get_one(Site, (company.id, company.site_id)).name = canary(company.key, "place")
        domain = f"{company.key.lower()}.example"
        person = people.add_contact(session, company.id, canary(company.key, "person"), "person@both.example")
        people.add_site(session, company.id, f"{company.key}別館")
        for calendar in session.scalars(select(Calendar).where(Calendar.tenant_id == company.id)):
            calendar.name = canary(company.key, "hours")
        for contact in session.scalars(select(Contact).where(Contact.tenant_id == company.id)):
            contact.name = contact.name if contact is person else f"{contact.name} {canary(company.key, 'called')}"
        ids |= {"colleague_id": person.id, "colleague": "person@both.example", "domain": domain, "name": tenant.name}
        price = Decimal(7777 if company.key == "ACME" else 8888)
        billing.set_tenant_rate(session, company.id, price, "JPY", date(2020, 1, 1), at)
        uneven.prices(session, company.key, company.id, canary(company.key, "site"), at)
        led, lead = company.contacts[Role.REQUESTER], company.contacts[Role.TEAM_LEAD]
        session.add(LedBy(tenant_id=company.id, lead_id=lead, contact_id=led))
        if company.key == "GLOBEX":  # what only one of them has shows a question that forgets whose it is
            session.add(LedBy(tenant_id=company.id, lead_id=lead, contact_id=person.id))
            people.add_contact(session, company.id, canary(company.key, "only"), "only@solely.example")
            ids["only_site_id"] = people.add_site(session, company.id, canary(company.key, "only")).id
            people.let_in(session, person)
        belongings.terms(session, company, canary(company.key, "terms"), price, at)
        ids |= agreed.of_a_company(session, company.id, canary(company.key, "agreed"), at)
        own = matters.opened(session, cast, company, tenant, Role.REQUESTER, at, ids)
        sibling = matters.opened(session, cast, company, tenant, Role.CLIENT_ADMIN, at, beside)
        third = matters.opened(session, cast, company, tenant, None, at, {})
        fresh = matters.settled_a_moment_ago(session, cast, company, tenant, at)
        assert [each.number for each in (own, sibling, third, fresh)] == [OWN, SIBLING, THIRD, FRESH]
        tickets.link(session, own, sibling, "related", matters.by_desk(cast), at)
        inside = canary(company.key, INSIDE[Role.CLIENT_ADMIN])
        uneven.of_the_sibling(session, company, sibling.id, cast.staff[Role.AGENT], inside, at)
        uneven.by_ben(session, company, (own, sibling, third), cast.ben, inside, at)
        _bill(session, cast, company, desk, own, at, ids)
        ids |= promised.of_a_company(session, tenant, (own, sibling, third), canary(company.key, "promised"), at)
        uneven.kept_before(session, fresh)
        uneven.before_prices(session, company.key, company.id, canary(company.key, "uneven"), at)
        ids |= priced.of_a_company(session, company.key, company.id, canary(company.key, "priced"), at)
        if company.key == "ACME":
            begun = f"{ids['ticket_id']}:{ids['twice_id']}"
            for row in session.scalars(select(work.Work).where(work.Work.kind == "mail.reply")):
                row.done_at = at if row.key == begun else None
        paid, owner = canary(company.key, "paid"), cast.staff[Role.OWNER]
        visit_id = uneven.worked(session, company, (own, sibling, third), cast, inside, at)
        uneven.charged(session, company.key, company.id, ids["document_id"], visit_id, at)
        uneven.before_payments(session, company.key, company.id, paid, owner, at)
        ids |= after.of_a_company(session, company.id, ids["document_id"], paid, owner, at)
        ids["contact_id"], ids["lead_id"] = company.contacts[Role.REQUESTER], company.contacts[Role.TEAM_LEAD]
        ids["site_id"] = company.site_id
        ids |= watching.of_a_company(session, company.id, canary(company.key, "secret"), at)
        uneven.one_more(session, company, tenant, own.id, cast.staff[Role.AGENT], canary(company.key, "more"), at)
        uneven.sent(session, company, ids["document_id"], canary(company.key, "sent"), at)
        for document_id in (ids["document_id"], ids["credited_id"]):
            uneven.questioned(session, company, document_id, canary(company.key, "asked"), at)
        uneven.taken_back(session, company, ids["contract_id"], at)
        belongings.open_questions(session, company, ids["draft_id"], ids["entry_id"])
        belongings.ledger(session, company, canary(company.key, "ledger"), cast.staff[Role.AGENT], at)
    with acting_as(job(company.id)), transaction() as session:
        document_jobs.render(company.id, ids["document_id"])
        session.flush()
        assert not (bare := belongings.unfurnished(session, company, canary(company.key, "row"), at)), "; ".join(bare)
    return Furniture(company, ids, beside)


def _bill(
    session: Session, cast: Cast, company: Company, desk: Furniture, ticket: Ticket, at: datetime, ids: dict[str, Any]
) -> None:
    account = {
        "issuer_id": desk.ids["issuer_id"],
        "recipient": canary(company.key, "recipient"),
        "emails": [company.emails[Role.BILLING_CONTACT]],
        "closing_day": CLOSING[company.key],
        "due": None,
    }
    agent_id, owner = cast.staff[Role.AGENT], cast.staff[Role.OWNER]
    long_due = {"closing_day": corrected.CLOSING, "due": {"net_days": 0}}
    billing.set_account(session, company.id, account | long_due, at)
    credited = canary(company.key, "credited")
    ids |= corrected.of_a_company(session, company.key, company.id, ticket.id, agent_id, owner, credited, at)
    billing.set_account(session, company.id, account, at)
    for months in (2, 1, 0):
        begun = at - timedelta(days=31 * months)
        said = {"work_type": "remote", "started_at": begun, "ended_at": begun + timedelta(hours=1)}
        entry = billing.log_time(
            session, company.id, ticket.id, agent_id, said | {"text": canary(company.key, "time")}, at
        )
        session.flush()
        belongings.corrections(session, company, entry.id, canary(company.key, "writtenoff"), agent_id, at)
        ids["entry_id"] = entry.id
    ready, last, running = (
        billing.draft_of_day(session, company.id, (at - timedelta(days=31 * months)).date(), at) for months in (2, 1, 0)
    )
    assert ready is not None
    assert last is not None
    assert running is not None
    price = Decimal(3000 if company.key == "ACME" else 4000)
    issued = billing.issue(session, company.id, last.id, owner, at)
    ids |= {"document_id": issued.id, "document": issued.number}
    ids |= belongings.by_hand(session, company, running, canary(company.key, "hand"), owner, price, at)
    belongings.failed_run(session, ready, canary(company.key, "run"), at)
    ids |= {"draft_id": running.id, "ready_id": ready.id, "ready_hash": ready.calc_hash}


def _letter() -> bytes:
    letter = EmailMessage()
    letter["From"], letter["To"] = "stranger@nowhere.example", "help@desk.example"
    letter["Subject"], letter["Message-ID"] = "はじめまして", "<world@nowhere.example>"
    letter.set_content("教えてください")
    return letter.as_bytes()


def _put_under_the_clock(furniture: Furniture, logins: Sequence[int], at: datetime) -> None:
    """Whoever works has a timer on the company's first ticket."""
    company = furniture.company
    with acting_as(job(company.id)), transaction() as session:
        for login_id in logins:
            billing.start_timer(session, company.id, furniture.ids["ticket_id"], login_id, at)


def _who_sees_one(cast: Cast, email: str, company: Company) -> int:
    """Another owner, whose list holds one company only; the desk's own row is written last."""
    with acting_as(job(cast.desk)), transaction() as session:
        session.get_one(Tenant, cast.desk).signature = "デスク"
        name = email.partition("@")[0].title()
        hired = people.hire(session, email, name, Role.OWNER, sees_all=False, password_hash=hash_password(PASSWORD))
        session.flush()
        people.allow(session, hired.id, company.id)
        return hired.id


def build(cast: Cast, at: datetime, rewind: object) -> World:
    """The whole world, committed; inside an app context. `rewind` lets ids begin at one again between the companies."""
    assert callable(rewind)
    desk = furnish_desk(cast, at)
    rewind()
    acme = furnish(cast, cast.acme, desk, at)
    rewind()
    globex = furnish(cast, cast.globex, desk, at)
    _put_under_the_clock(acme, [cast.staff[role] for role in (Role.AGENT, Role.LEAD, Role.OWNER)], at)
    ora, oda = _who_sees_one(cast, ORA, cast.globex), _who_sees_one(cast, ODA, cast.acme)
    _put_under_the_clock(acme, (oda,), at)
    _put_under_the_clock(globex, (cast.ben, ora), at + timedelta(hours=23, minutes=50))
    theirs = {"only_theirs": globex.ids["colleague_id"] + 1, "only_their_site": globex.ids["only_site_id"]}
    acme.ids.update(theirs, stranger="only@solely.example")
    globex.ids.update({name: each + 5000 for name, each in theirs.items()}, stranger="nobody@solely.example")
    db.session.remove()
    current_app.logger.debug("the world stands")
    return World(cast, acme, globex, desk, ora, oda)
