"""Surge packs: the desk proposes, the client's admin decides, and the contract's own terms return by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from sla.actions.contracts import check_terms
from sla.actions.remeasuring import call_off, carry_to_tickets, restamp
from sla.models import Contract, SurgePack
from sla.queries.agreements import versions_of
from sla.rules.weave import laid_over
from tenants.errors import Refused, Stale
from tenants.work import later


@dataclass(frozen=True, slots=True)
class Offer:
    """What the desk offers: terms of sla.md 5 that go before the contract's in [starts_at, ends_at), and the price.

    `item_key` names the item of the contract that bills it; `price` is for the whole pack, in units of `currency`.
    """

    name: str
    starts_at: datetime
    ends_at: datetime
    terms: Mapping[str, Any]
    price: Decimal | None = None
    currency: str = "JPY"
    item_key: str = ""
    message: str = ""


def propose_pack(session: Session, contract: Contract, offer: Offer, by: str, at: datetime) -> SurgePack:
    """Offer a pack; the client's admins hear of it. Nothing changes until one approves. Raises Refused."""
    if offer.ends_at <= offer.starts_at:
        raise Refused("A surge pack ends after it begins.", {"ends_at": ["A surge pack ends after it begins."]})
    if offer.ends_at <= at:
        raise Refused("This time has passed.", {"ends_at": ["This time has passed."]})
    below = versions_of(session, contract.tenant_id, contract.id)
    if not offer.terms or not below:
        raise Refused("A surge pack changes something of a contract.", {"targets": ["Fill in what the pack improves."]})
    for version in below:
        check_terms(session, contract.tenant_id, laid_over(version.terms, offer.terms))
    pack = SurgePack(
        tenant_id=contract.tenant_id,
        contract_id=contract.id,
        name=offer.name,
        starts_at=offer.starts_at.replace(microsecond=0),
        ends_at=offer.ends_at.replace(microsecond=0),
        terms=dict(offer.terms),
        price=offer.price,
        currency=offer.currency,
        item_key=offer.item_key,
        message=offer.message,
        proposed_at=at,
        proposed_by=by,
    )
    session.add(pack)
    session.flush()
    later(session, "mail.pack_offered", pack.tenant_id, pack.id, at=at)
    return pack


def approve_pack(session: Session, contract: Contract, pack: SurgePack, by: str, at: datetime) -> None:
    """The client takes it: it begins at its start, or now where that has passed, and falls back at its end.

    Its price waits from now on for a draft.
    """
    _undecided(pack)
    if pack.ends_at <= at:
        raise Refused("This time has passed.")
    pack.status, pack.decided_by, pack.decided_at = "approved", by, at.replace(microsecond=0)
    pack.charge = "proposed" if pack.price else "none"
    restamp(contract)
    session.flush()
    carry_to_tickets(session, contract, "pack", pack.begins, at)
    carry_to_tickets(session, contract, "pack", pack.ends, at)
    later(session, "mail.pack_answered", pack.tenant_id, pack.id, at=at)


def decline_pack(session: Session, pack: SurgePack, by: str, at: datetime) -> None:
    """The client does not want it."""
    _undecided(pack)
    pack.status, pack.decided_by, pack.decided_at = "declined", by, at
    later(session, "mail.pack_answered", pack.tenant_id, pack.id, at=at)


def decide_charge(pack: SurgePack, draft_id: int | None, by: str, at: datetime) -> None:
    """Its price stands on this draft, or, without one, is let be. Raises Stale where that was decided before."""
    if pack.charge != "proposed":
        raise Stale("This has been decided meanwhile.")
    pack.charge = "declined" if draft_id is None else "accepted"
    pack.charge_draft_id, pack.charge_decided_by, pack.charge_decided_at = draft_id, by, at


def withdraw_pack(pack: SurgePack, by: str, at: datetime) -> None:
    """The desk takes its offer back before anybody decided."""
    _undecided(pack)
    pack.status, pack.ended_by, pack.ended_at = "withdrawn", by, at


def end_pack(session: Session, contract: Contract, pack: SurgePack, ends_at: datetime, by: str, at: datetime) -> None:
    """End an approved pack before its time, now or at a later instant; what ran until then stays. Raises Refused.

    One that ends before it began costs nothing, unless its price stands on a draft already.
    """
    ends_at = ends_at.replace(microsecond=0)
    if pack.status != "approved" or pack.ends <= at:
        raise Refused("Only a pack that is yet to end can end earlier.")
    if ends_at < at.replace(microsecond=0) or ends_at >= pack.ends:
        raise Refused(
            "It ends now or later, and before its agreed end.",
            {"ends_at": ["It ends now or later, and before its agreed end."]},
        )
    call_off(session, contract, "pack", pack.ends, at)
    if ends_at <= pack.begins:
        call_off(session, contract, "pack", pack.begins, at)
        pack.charge = "none" if pack.charge == "proposed" else pack.charge
    pack.ended_at, pack.ended_by = ends_at, by
    restamp(contract)
    session.flush()
    carry_to_tickets(session, contract, "pack", ends_at, at)


def _undecided(pack: SurgePack) -> None:
    if pack.status != "proposed":
        raise Stale("This was decided before.")
