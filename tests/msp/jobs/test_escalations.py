"""Who hears of a step, by which way, until somebody has it in hand; and what the ladder does by itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from msp.jobs import JOBS, sweeps
from msp.outbox import webhooks
from msp.outbox.models import Delivery, Mail, Notice
from msp.tickets import actions
from msp.tickets.actions.escalation import ACTS, acknowledge
from msp.tickets.models import Event, Ticket
from msp.tickets.rules import Channel
from sla import actions as promises
from sla.models import Escalation, Roster, Watcher
from sla.schemas import steps
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.models import Contact, Login, Tenant
from tenants.rules import Role, job
from tenants.work import Work
from tests.cast import MONDAY_9, OPENED, Cast
from tests.promises import OFFICE, TARGETS

MINUTE = timedelta(minutes=1)
ALL_DAY = [{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "00:00", "to": "24:00"}]


class Ladder:
    """Acme with a contract of one ladder, a ticket, and a time that only the test moves."""

    def __init__(self, app: Flask, session: Session, cast: Cast) -> None:
        self.app, self.session, self.cast = app, session, cast
        self.at = MONDAY_9

    def agree(self, *steps: dict[str, Any]) -> None:
        with acting_as(job(self.cast.acme.id)), transaction() as session:
            calendar = promises.add_calendar(session, self.cast.acme.id, "本社", OFFICE, OPENED)
            terms = {
                "calendar": str(calendar.id),
                "targets": TARGETS,
                "pause_on": {"resolution": ["pending_client"]},
                "escalations": [{"metric": "first_response", "step": "50%"} | step for step in steps],
            }
            promises.agree(session, self.cast.acme.id, "標準", terms, OPENED)

    def open(self) -> Ticket:
        with acting_as(job(self.cast.acme.id)), transaction() as session:
            contact = session.get_one(Contact, (self.cast.acme.id, self.cast.acme.contacts[Role.REQUESTER]))
            matter = actions.Matter("印刷できません", "複合機です", Channel.MAIL, contact)
            who = actions.Actor("client", contact.id, contact.name)
            return actions.open_ticket(session, session.get_one(Tenant, self.cast.acme.id), matter, who, self.at)

    def pass_to(self, at: datetime) -> None:
        """Time passes: clocks sweep and whatever is due by then is done, each piece twice."""
        self.at = at
        sweeps.due_promises(self.cast.every, at)
        acme = self.cast.acme.id
        for _ in range(6):
            with acting_as(job(acme)), transaction() as session:
                due = session.scalars(
                    select(Work).where(Work.done_at.is_(None), Work.available_at <= at, Work.kind.startswith("escal"))
                ).all()
            if not due:
                return
            for row in due:
                for _again in range(2):
                    with acting_as(job(acme)), transaction() as session:
                        JOBS[row.kind](acme, *row.ids)
                with acting_as(job(acme)), transaction() as session:
                    session.get_one(Work, (acme, row.id)).done_at = at

    def told(self) -> list[int]:
        """Who has a notice, in the order in which it came."""
        with acting_as(job(self.cast.acme.id)):
            rows = self.session.scalars(
                select(Notice.login_id).where(Notice.kind == "escalation").order_by(Notice.at, Notice.login_id)
            )
            return list(rows)

    def rows(self, model: type[Any]) -> list[Any]:
        with acting_as(job(self.cast.acme.id)):
            return list(db.session.scalars(select(model)).all())


@pytest.fixture
def ladder(app: Flask, session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Ladder:
    made = Ladder(app, session, cast)
    monkeypatch.setattr("msp.clock.now", lambda: made.at)
    return made


def after(minutes: int) -> datetime:
    return MONDAY_9 + minutes * MINUTE


def test_owner_and_leads_hear_where_the_step_says_nothing(ladder: Ladder) -> None:
    staff = ladder.cast.staff
    ladder.agree({})
    ladder.open()
    ladder.pass_to(after(120))
    assert sorted(ladder.told()) == sorted({staff[Role.AGENT], staff[Role.LEAD]})
    (mail,) = ladder.rows(Mail)
    assert [one["address"] for one in mail.to] == ["agent@desk.example"]
    assert "ACME-1" in mail.subject
    assert f"{ladder.app.extensions['settings'].base_url}/tickets/ACME-1" in mail.text
    assert ladder.rows(Escalation)[0].told_at == after(120)


def test_a_mail_speaks_its_readers_language(ladder: Ladder) -> None:
    ladder.agree({"tell": ["owner", "lead"], "via": ["mail"]})
    with acting_as(job(ladder.cast.desk)), transaction() as session:
        from_lead = session.get_one(Login, ladder.cast.staff[Role.LEAD])
        from_lead.language = "en"
    ladder.open()
    ladder.pass_to(after(120))
    subjects = {mail.to[0]["address"]: mail.subject for mail in ladder.rows(Mail)}
    assert subjects["lead@desk.example"] == "ACME-1 First response: 50 % of the time used"
    assert subjects["agent@desk.example"] != subjects["lead@desk.example"]
    assert ladder.told() == []


def test_who_may_not_see_the_client_never_hears(ladder: Ladder) -> None:
    ladder.agree({"tell": [f"agent:{ladder.cast.ben}", f"agent:{ladder.cast.nemo}"], "via": ["in-app"]})
    ladder.open()
    ladder.pass_to(after(120))
    assert ladder.told() == [ladder.cast.staff[Role.LEAD]]


def test_acknowledging_ends_the_telling_and_not_the_clock(ladder: Ladder) -> None:
    ladder.agree({"via": ["in_app"]}, {"step": "75%", "via": ["in_app"]})
    ticket = ladder.open()
    ladder.pass_to(after(120))
    before = ladder.told()
    take_in_hand(ladder, ticket)
    ladder.pass_to(after(240))
    assert {one.step: one.told_at is not None for one in ladder.rows(Escalation)} == {"50%": True, "75%": True}
    assert ladder.told() == before
    assert [event.by_name for event in ladder.rows(Event) if event.type == "acknowledged"] == ["相沢"]


def take_in_hand(ladder: Ladder, ticket: Ticket) -> None:
    with acting_as(job(ladder.cast.acme.id)), transaction() as session:
        held = session.get_one(Ticket, (ticket.tenant_id, ticket.id))
        me = actions.Actor("agent", ladder.cast.staff[Role.AGENT], "相沢")
        for _ in range(2):
            acknowledge(session, held, me, "first_response", ladder.at)


def test_nobody_answers_in_open_minutes_so_the_next_rung_hears(ladder: Ladder) -> None:
    staff = ladder.cast.staff
    ladder.agree(
        {"tell": ["owner"], "via": ["in-app"], "ack_minutes": 90, "then": [{"tell": ["lead"], "via": ["in-app"]}]}
    )
    ladder.open()
    ladder.pass_to(after(120))
    ladder.pass_to(after(269))
    assert ladder.told() == [staff[Role.AGENT]]
    ladder.pass_to(after(270))  # 11:00, and an hour of lunch does not count
    assert ladder.told() == [staff[Role.AGENT], staff[Role.LEAD]]


def test_who_has_it_in_hand_keeps_the_next_rung_away(ladder: Ladder) -> None:
    ladder.agree({"tell": ["owner"], "via": ["in-app"], "ack_minutes": 30, "then": [{"tell": ["lead"]}]})
    ticket = ladder.open()
    ladder.pass_to(after(120))
    take_in_hand(ladder, ticket)
    ladder.pass_to(after(400))
    assert ladder.told() == [ladder.cast.staff[Role.AGENT]]


def on_call(ladder: Ladder, **more: Any) -> int:
    facts = {
        "name": "夜間",
        "zone": "Asia/Tokyo",
        "since": MONDAY_9.date(),
        "hand_over_day": 0,
        "hand_over_time": "09:00",
        "shifts": [{**ALL_DAY[0], "people": [ladder.cast.staff[Role.OWNER]]}],
        "quiet": [],
    }
    with acting_as(job(ladder.cast.desk)), transaction() as session:
        return promises.keep_roster(session, Roster(), facts | more).id


QUIET = [{"days": ["mon"], "from": "10:00", "to": "15:00"}]


def test_quiet_hours_of_the_roster_hold_a_notice_back(ladder: Ladder) -> None:
    roster = on_call(ladder, quiet=QUIET)
    ladder.agree({"tell": [f"roster:{roster}"], "via": ["in-app"]})
    ladder.open()
    ladder.pass_to(after(120))
    ladder.pass_to(datetime(2026, 6, 1, 5, 59, tzinfo=UTC))
    assert ladder.told() == []
    ladder.pass_to(datetime(2026, 6, 1, 6, 0, tzinfo=UTC))
    assert ladder.told() == [ladder.cast.staff[Role.OWNER]]


def test_an_urgent_step_goes_through_quiet_hours(ladder: Ladder) -> None:
    roster = on_call(ladder, quiet=QUIET)
    ladder.agree({"tell": [f"roster:{roster}"], "via": ["in-app"], "urgent": True})
    ladder.open()
    ladder.pass_to(after(120))
    assert ladder.told() == [ladder.cast.staff[Role.OWNER]]


def test_where_nobody_is_on_call_the_leads_hear(ladder: Ladder) -> None:
    shift = {"days": ["sun"], "from": "09:00", "to": "10:00", "people": [ladder.cast.staff[Role.OWNER]]}
    roster = on_call(ladder, shifts=[shift])
    ladder.agree({"tell": [f"roster:{roster}"], "via": ["in-app"]})
    ladder.open()
    ladder.pass_to(after(120))
    assert ladder.told() == [ladder.cast.staff[Role.LEAD]]


def test_the_ladder_raises_hands_over_and_calls_the_lead_in_once(ladder: Ladder) -> None:
    ladder.agree({"via": ["in-app"], "act": ["raise", "next_tier", "call_lead"]})
    ticket = ladder.open()
    was = ticket.priority
    ladder.pass_to(after(120))
    now = ladder.rows(Ticket)[0]
    assert (was, now.priority, now.tier) == ("P4", "P3", 2)
    assert [row.login_id for row in ladder.rows(Watcher)] == [ladder.cast.staff[Role.LEAD]]
    done = [event.data["act"] for event in ladder.rows(Event) if event.type == "escalated"]
    assert sorted(done) == ["call_lead", "next_tier", "raise"]


def test_other_programs_hear_under_one_delivery_id(ladder: Ladder) -> None:
    with acting_as(job(ladder.cast.desk)), transaction() as session:
        webhooks.add(session, "監視", "http://127.0.0.1:9/x", [webhooks.REACHED], loopback=True, at=MONDAY_9)
    ladder.agree({"via": ["webhook"]})
    ladder.open()
    ladder.pass_to(after(120))
    (delivery,) = ladder.rows(Delivery)
    body = json.loads(delivery.body)
    assert body["id"] == delivery.delivery_id
    assert (body["ticket"]["key"], body["promise"]["step"], body["client"]["key"]) == ("ACME-1", "50%", "ACME")
    assert ladder.told() == []


def test_the_clients_admin_hears_by_a_mail_he_can_answer(ladder: Ladder) -> None:
    ladder.agree({"tell": ["client_admin"]})
    ticket = ladder.open()
    ladder.pass_to(after(120))
    (mail,) = ladder.rows(Mail)
    assert [one["address"] for one in mail.to] == [ladder.cast.acme.emails[Role.CLIENT_ADMIN]]
    assert (mail.ticket_id, mail.automatic) == (ticket.id, "auto-generated")
    assert ladder.told() == []


def test_the_editor_offers_what_a_ladder_can_do() -> None:
    assert steps.ACTS == ACTS
