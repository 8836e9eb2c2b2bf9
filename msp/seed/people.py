"""Opens the believable desk: its people, its prices, its clients with theirs and what they bought."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.models import Issuer, WorkType
from billing.queries.settings import APPROVAL
from billing.schemas import AccountSchema
from msp.seed.cast import CLIENTS, COLLEAGUES, DESK_NAME, DESK_NAME_EN, DESK_SHORT, Client, Colleague
from msp.seed.months import begins, months_of
from msp.seed.terms import CATEGORIES, COST_RATES, DESK_RATES, PLANS, WORK_TYPES, counting
from msp.tickets.models import Category
from sla import actions as promises
from sla.queries import versions_of
from tenants import actions as people
from tenants.isolation import acting_as
from tenants.models import Agent, Contact, DeskSetting, LedBy, Tenant
from tenants.rules import GATE, Role, job, normal_name

YEARS_AGO: Final = timedelta(days=500)
REGISTRATION: Final = "T3010401999999"
RISE: Final = Decimal("1.1")


@dataclass(frozen=True, slots=True)
class Staff:
    """The ids of the desk's people, by their addresses."""

    ids: Mapping[str, int]

    def of(self, colleague: Colleague) -> int:
        return self.ids[colleague.email]


def found_desk(session: Session, at: datetime, password_hash: str) -> Tenant:
    """The desk itself, its people and its price list. As the gate, in an empty database."""
    desk = people.found_desk(
        session, DESK_NAME, at - YEARS_AGO, kana="トモシビアイティーサービス", short=DESK_SHORT["ja"]
    )
    with acting_as(job(desk.tenant_id)):
        for one in COLLEAGUES:
            people.hire(
                session,
                one.email,
                one.name,
                one.role,
                sees_all=not one.only,
                kana=one.kana,
                sort_key=normal_name(one.kana),
                tier=one.tier,
                language=one.language,
                password_hash=password_hash,
                signature=f"{one.name}\n{DESK_NAME}" if one.language == "ja" else f"{one.latin}\n{DESK_NAME_EN}",
            )
        session.flush()
        desk.owner_login_id = staff_of(session).of(COLLEAGUES[1])
        _prices_of_desk(session)
    return desk


def staff_of(session: Session) -> Staff:
    """The people of the desk. As `staff` or `system`."""
    rows = session.execute(select(Agent.email, Agent.id))
    return Staff(dict(rows.all()))


def rows_at_hand(session: Session) -> list[object]:
    """What every time entry asks for: the desk's people, its work types, its way of approving."""
    models: tuple[type[Any], ...] = (Agent, WorkType, DeskSetting)
    return [row for model in models for row in session.scalars(select(model))]


def open_client(session: Session, client: Client, staff: Staff, at: datetime, password_hash: str) -> Tenant:
    """One client with its sites, people, contract and account; then it is the tenant of the work. As the gate."""
    english = client.language == "en"
    owner = next(one for one in COLLEAGUES if one.role == Role.AGENT and one.serves(client.key))
    tenant = people.open_tenant(
        session,
        client.key,
        client.name,
        at - YEARS_AGO,
        kana=client.kana,
        sort_key=normal_name(client.kana),
        short=client.short,
        tile=1 + CLIENTS.index(client) % 12,
        language=client.language,
        zone=client.zone,
        billing_zone=client.zone,
        owner_login_id=staff.of(owner),
        mail_name=f"{DESK_SHORT[client.language]} {'for' if english else '窓口 –'} {client.short}",
    )
    with acting_as(job(tenant.tenant_id)):
        people.claim_domain(session, tenant.tenant_id, client.domain)
        _people_of(session, tenant, client, at, password_hash)
        for one in COLLEAGUES:
            if client.key in one.only or client.key in one.never:
                people.allow(session, staff.of(one), tenant.tenant_id, denied=client.key in one.never)
        _contract(session, tenant.tenant_id, client, at)
        _account(session, tenant.tenant_id, client, at)
    return tenant


def _prices_of_desk(session: Session) -> None:
    session.add(DeskSetting(name=APPROVAL, value={"how": "automatic"}))
    issuer = billing.open_issuer(
        session,
        DESK_NAME,
        name_en=DESK_NAME_EN,
        address="〒101-0021 東京都千代田区外神田9-9-9 ともしびビル3階",
        address_en="9-9-9 Sotokanda, Chiyoda-ku, Tokyo 101-0021, Japan",
        phone="03-0000-0000",
        email="billing@desk.example",
        registration_number=REGISTRATION,
        bank="見本銀行 外神田支店（普通）0000000 トモシビアイティーサービス（カ",
        bank_en="Mihon Bank, Sotokanda branch, 0000000, Tomoshibi IT Services Inc.",
        due={"months": 1, "shift": "next"},
    )
    billing.set_series(session, issuer.id, "invoice", "TS-{year}-{number:5}", "fiscal_year")
    known = set(session.scalars(select(WorkType.code)))
    for place, (code, name_ja, name_en, facts) in enumerate(WORK_TYPES):
        if code not in known:
            billing.add_work_type(session, code, name_ja, name_en, place=place, **facts)
    for currency, work_type, price in DESK_RATES:
        billing.set_desk_rate(session, Decimal(price), currency, date(2020, 1, 1), work_type)
    for role, price in COST_RATES:
        billing.set_cost_rate(session, None, Decimal(price), "JPY", date(2020, 1, 1), role)
    for place, (code, name_ja, name_en) in enumerate(CATEGORIES):
        session.add(Category(code=code, parent=None, name_ja=name_ja, name_en=name_en, place=place))


def _people_of(session: Session, tenant: Tenant, client: Client, at: datetime, password_hash: str) -> None:
    sites = {name: people.add_site(session, tenant.tenant_id, name, zone=client.zone) for name in client.sites}
    for place, person in enumerate(client.people):
        led = [sites[name].id for name in person.leads]
        contact = people.add_contact(
            session,
            tenant.tenant_id,
            person.name,
            f"{person.login}@{client.domain}",
            kana=person.kana,
            phone=f"0{3 + place}-0000-{CLIENTS.index(client):02}{place:02}",
            role=person.role,
            language=person.language or client.language,
            site_id=led[0] if led else sites[client.sites[place % len(client.sites)]].id,
            verified_at=at - YEARS_AGO,
        )
        for site_id in led:
            session.add(LedBy(tenant_id=tenant.tenant_id, lead_id=contact.id, site_id=site_id))
        _let_in(session, contact, password_hash)


def _let_in(session: Session, contact: Contact, password_hash: str) -> None:
    login = people.let_in(session, contact)
    with acting_as(GATE):
        login.password_hash = password_hash


def _contract(session: Session, tenant_id: int, client: Client, at: datetime) -> None:
    """What it bought long ago and, where it agreed on better terms since, those from the second billed month on."""
    plan, months = PLANS[client.plan], months_of(client, at)
    calendar = promises.add_calendar(session, tenant_id, plan.calendar[client.language], plan.hours, at - YEARS_AGO)
    begun = begins(months.first, client) - timedelta(days=365)
    contract = promises.agree(session, tenant_id, plan.name[client.language], plan.terms(calendar.id), begun)
    (version,) = versions_of(session, tenant_id, contract.id)
    fees = {client.fee: version.id}
    if client.better:
        later = begins(months.issued[1], client)
        fees[int(client.fee * RISE)] = promises.add_version(session, contract, plan.terms(calendar.id, 75), later).id
    for fee, version_id in fees.items():
        _prices(session, tenant_id, version_id, client, fee, at)


def _prices(session: Session, tenant_id: int, version_id: int, client: Client, fee: int, at: datetime) -> None:
    """A monthly fee, which covers remote work where it is flat, and time at the desk's rates for all the rest."""
    english = client.language == "en"
    taxed = {"tax_code": _tax(client)}
    covered = ["remote", "maintenance"] if client.flat else ["admin"]
    names = ("Monthly support", "Work outside the monthly fee") if english else ("月額サポート", "月額に含まない作業")
    fixed = {"price": str(fee)} | ({"fair_use": {"minutes": 3600}} if client.flat else {})
    billing.add_item(
        session, tenant_id, version_id, "monthly", "fixed", names[0], fixed, at, taxed | {"work_types": covered}, 0
    )
    billing.add_item(session, tenant_id, version_id, "work", "tm", names[1], {}, at, taxed, 1)
    billing.count_time(session, tenant_id, version_id, counting(), at)


def _account(session: Session, tenant_id: int, client: Client, at: datetime) -> None:
    issuer_id = session.scalars(select(Issuer.id).where(Issuer.name == DESK_NAME)).one()
    admin = client.people[0]
    mailed = next((one for one in client.people if one.role == Role.BILLING_CONTACT), admin)
    facts: dict[str, Any] = {
        "issuer_id": issuer_id,
        "currency": client.currency,
        "closing_day": client.closing_day,
        "language": client.language,
        "recipient": client.name,
        "address": client.address,
        "emails": [f"{mailed.login}@{client.domain}"],
        "tax_code": _tax(client),
        "time": counting(),
    }
    billing.set_account(session, tenant_id, AccountSchema().load(facts), at)


def _tax(client: Client) -> str:
    """Services to a company abroad are exports (Consumption Tax Act, article 7)."""
    return "standard" if client.currency == "JPY" else "export"
