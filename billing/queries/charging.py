"""Which items time of a day may be charged to, and which of them the contract's own order chooses."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

from sqlalchemy.orm import Session

from billing.queries.contracts import contracts_of
from billing.queries.counted import ticket_items
from billing.queries.facts import some_time, subject_of, terms_of
from billing.rules.invoice.facts import Facts
from billing.rules.invoice.resolve import UnresolvedError, resolve, time_items
from billing.rules.timesheet.parts import Entry
from billing.schemas import read_time
from tenants.errors import Refused

By = Literal["item", "card", "tie"]


@dataclass(frozen=True, slots=True)
class Charging:
    """Items in force on a day as (key, name).

    `rule` is what the contract's order chooses: an item called `name`, a rate card, or nothing, since two fit.
    """

    items: Sequence[tuple[str, str]]
    rule: By
    name: str = ""

    @property
    def open(self) -> bool:
        """Whether there is anything to choose."""
        return len(self.items) > 1


def charging(
    session: Session,
    tenant_id: int,
    ticket_id: int,
    work_type: str,
    day: date,
    *,
    begun: datetime | None = None,
    contract_id: int | None = None,
    site_id: int | None = None,
) -> Charging | None:
    """For work of a kind on a ticket; None for a tenant nobody has said yet how to bill."""
    subject = subject_of(session, tenant_id)
    if subject is None:
        return None
    account, zone = subject.account, subject.tenant.billing_zone
    contracts = contracts_of(session, tenant_id, zone, account)
    facts = Facts(
        tenant=str(tenant_id),
        period=subject.period(day),
        terms=terms_of(subject),
        desk_time=read_time(account.time, zone, account.closing_day, None),
        contracts=contracts,
    )
    work = Entry(
        key="",
        begin=(begun or some_time(day, zone, contracts)).astimezone(UTC),
        seconds=0,
        work_type=work_type,
        contract=str(contract_id) if contract_id else None,
        ticket_item=ticket_items(session, tenant_id, {ticket_id}).get(ticket_id),
        site=str(site_id) if site_id else None,
    )
    items = [(item.key, item.name) for item in time_items(work, facts)]
    try:
        hit = resolve(work, facts)
    except UnresolvedError:
        return Charging(items, "tie")
    return Charging(items, "item", hit.item.name) if hit.item else Charging(items, "card")


def check_item(found: Charging | None, key: str | None, held: Collection[str | None] = ()) -> None:
    """Raises `Refused` at the field for an item that is not offered, unless it is the one that stands there."""
    offered = {name for name, _ in found.items} if found else set()
    if key and key not in offered and key not in held:
        raise Refused("Choose one of these.", {"item": ["Choose one of these."]})
