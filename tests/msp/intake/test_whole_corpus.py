"""Every mail of the corpus is kept and comes to a ticket, to an agent or to a reason, none to an error."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from msp.intake.models import State
from msp.intake.rules.senders import Proof
from tenants import actions as people
from tenants.db import transaction
from tenants.isolation import acting_as
from tenants.rules import job
from tenants.work import Work
from tests.mail import make
from tests.msp.mailroom import Mailroom

FILES = sorted(make.CORPUS.glob("*.eml"))


@pytest.fixture
def everybody(room: Mailroom, monkeypatch: pytest.MonkeyPatch) -> Mailroom:
    """A desk that takes each sender at his word; the corpus's people are Acme's."""
    monkeypatch.setattr("msp.intake.reading.proof_of", lambda mail, _: Proof.PROVEN if mail.sender else Proof.UNKNOWN)
    monkeypatch.setattr("msp.intake.actions.sorting.MOST_AN_HOUR", 1000)
    with acting_as(job(room.cast.acme.id)), transaction() as rows:
        people.claim_domain(rows, room.cast.acme.id, "acme.co.jp")
    return room


def test_no_mail_is_lost(everybody: Mailroom) -> None:
    room = everybody
    for file in FILES:
        room.keep(file.read_bytes(), sender="taro@acme.co.jp")
    room.work()
    kept = room.kept()
    assert len(kept) == len({file.read_bytes() for file in FILES})
    assert {row.state for row in kept} <= {State.HANDED_ON, State.TRIAGE, State.DROPPED}
    assert all(row.why for row in kept if row.state != State.HANDED_ON)
    with acting_as(room.cast.sweep()):
        assert room.session.scalars(select(Work.kind).where(Work.done_at.is_(None))).all() == ["mail.waiting"]
    placed = room.kept(room.cast.acme.id)
    assert len(placed) == sum(row.state == State.HANDED_ON for row in kept) > len(FILES) // 2
    assert {row.state for row in placed} <= {State.TICKETED, State.DROPPED}
    assert all(row.ticket_id for row in placed if row.state == State.TICKETED)
