"""Replays that are kept: few tickets are folded at once, many by work that another worker can go on with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from msp.reports.models import Replay
from msp.reports.sums import Sums, WhatIf
from msp.reports.what_if import CHUNK, Question, add_chunk, answer, ask, how_many
from tenants.work import later

AT_ONCE = 2_000


def replay(
    session: Session,
    tenant_id: int,
    contract_id: int | None,
    months: Sequence[str],
    terms: Mapping[str, Any],
    calendars: Mapping[str, Mapping[str, Any]],
    by: str,
    at: datetime,
) -> Replay:
    """Ask what these months would have been; up to 2,000 tickets are folded before this returns. Raises ValueError."""
    question = ask(session, tenant_id, months, terms, calendars, at)
    kept = Replay(
        tenant_id=tenant_id,
        contract_id=contract_id,
        asked_at=at,
        by_name=by,
        months=list(months),
        terms=dict(terms),
        calendars={name: dict(facts) for name, facts in calendars.items()},
        total=how_many(session, tenant_id, question),
        sums=Sums().written(),
    )
    session.add(kept)
    session.flush()
    if kept.total > AT_ONCE:
        later(session, "upkeep.replay", tenant_id, kept.id, at=at, key=f"{kept.id}:0")
        return kept
    while kept.finished_at is None:
        _step(session, kept, question, at)
    return kept


def go_on(session: Session, tenant_id: int, replay_id: int, at: datetime) -> None:
    """Fold the next tickets of a replay and leave the rest as work."""
    kept = session.get_one(Replay, (tenant_id, replay_id), with_for_update=True)
    if kept.finished_at is None:
        _step(session, kept, _question(session, kept), at)
        if kept.finished_at is None:
            later(session, "upkeep.replay", tenant_id, kept.id, at=at, key=f"{kept.id}:{kept.cursor}")


def replay_of(session: Session, tenant_id: int, replay_id: int) -> Replay | None:
    return session.scalar(select(Replay).where(Replay.tenant_id == tenant_id, Replay.id == replay_id))


def read(session: Session, kept: Replay) -> WhatIf:
    """What came of it so far."""
    return answer(session, kept.tenant_id, _question(session, kept), Sums.read(kept.sums))


def _step(session: Session, kept: Replay, question: Question, at: datetime) -> None:
    sums = Sums.read(kept.sums)
    last = add_chunk(session, kept.tenant_id, question, sums, kept.cursor, CHUNK)
    kept.sums, kept.done = sums.written(), sums.tickets
    if last is None:
        kept.finished_at = at
    else:
        kept.cursor = last


def _question(session: Session, kept: Replay) -> Question:
    return ask(session, kept.tenant_id, kept.months, kept.terms, kept.calendars, kept.asked_at)
