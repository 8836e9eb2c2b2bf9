"""Every mail of the corpus is kept and comes to a ticket, to an agent or to a reason, none to an error."""

from __future__ import annotations

import pytest

from msp.intake import actions
from msp.intake.models import State
from msp.intake.rules.senders import Proof
from msp.outbox.office import office
from tenants import actions as people
from tenants.db import transaction
from tenants.isolation import acting_as
from tenants.rules import job
from tests.mail import make
from tests.msp.mailroom import HELP, Mailroom

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
    room, desk, acme = everybody, everybody.cast.desk, everybody.cast.acme.id
    contents = [file.read_bytes() for file in FILES]
    with acting_as(job(desk)), transaction() as rows:
        for content in contents:
            actions.keep(rows, desk, content, "smtp", "taro@acme.co.jp", [HELP], room.at)
    kept = room.kept()
    assert len(kept) == len(set(contents))
    with acting_as(job(desk)), transaction() as rows:
        for raw in kept:
            actions.sort(rows, desk, raw.id, office(), room.at)
    assert {raw.state for raw in kept} <= {State.HANDED_ON, State.TRIAGE, State.DROPPED}
    assert all(raw.why for raw in kept if raw.state != State.HANDED_ON)
    ours = [raw for raw in kept if raw.state == State.HANDED_ON]
    with acting_as(job(acme)), transaction() as rows:
        for raw in ours:
            actions.receive(rows, raw, room.at)
    placed = room.kept(acme)
    assert len(placed) == len(ours) > len(FILES) // 2
    with acting_as(job(acme)), transaction() as rows:
        for raw in placed:
            actions.take_in(rows, acme, raw.id, office(), room.at)
    assert {raw.state for raw in placed} <= {State.TICKETED, State.DROPPED}
    assert all(raw.ticket_id for raw in placed if raw.state == State.TICKETED)
