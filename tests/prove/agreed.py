"""What was agreed in the world of the proofs: a version to come, a pack on offer, a replay of a month."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from msp.reports import replays
from sla import actions as promises
from sla import queries
from tests.promises import OFFICE

SOON, TO_COME = timedelta(days=5), timedelta(days=900)


def of_a_company(session: Session, tenant_id: int, canary: str, at: datetime) -> dict[str, int]:
    """As one company that has a contract: the ids of what was agreed with it."""
    contract = next(each for each in queries.contracts_of(session, tenant_id) if each.is_default)
    calendar = queries.calendars_of(session, tenant_id)[0]
    (*_, last) = queries.versions_of(session, tenant_id, contract.id)
    version = promises.next_version(session, contract, last.terms, at + TO_COME, "pinned", canary, at)
    promises.edit_hours(
        session, calendar, calendar.name, OFFICE | {"holidays": ["2031-01-06"]}, at + TO_COME, canary, at
    )
    offer = promises.Offer(
        canary, at + TO_COME, at + 2 * TO_COME, {"targets": {"P1": {"resolution": 5}}}, message=canary
    )
    pack = promises.propose_pack(session, contract, offer, canary, at)
    bought = promises.propose_pack(session, contract, replace(offer, price=Decimal(50_000)), canary, at)
    promises.approve_pack(session, contract, bought, canary, at)
    soon = promises.Offer(canary, at + SOON, at + 7 * SOON, offer.terms, Decimal(1000))
    billed = promises.propose_pack(session, contract, soon, canary, at)
    promises.approve_pack(session, contract, billed, canary, at)
    replay = replays.replay(session, tenant_id, contract.id, ["2026-05"], last.terms, {}, canary, at)
    return {
        "calendar_id": calendar.id,
        "contract_id": contract.id,
        "version_id": version.id,
        "pack_id": pack.id,
        "bought_id": bought.id,
        "billed_id": billed.id,
        "replay_id": replay.id,
    }
