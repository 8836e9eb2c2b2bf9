"""A month counted from real tickets, disputed, explained, closed; afterwards everything moves but it does not."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from msp.errors import Refused, Stale
from msp.reports.closing import close_month, due_months
from msp.reports.compliance import Result, result_of
from msp.reports.figures import Line, figure_of
from msp.reports.year import year_of
from msp.tickets import actions
from msp.tickets.models import Ticket
from msp.tickets.rules import Channel, Level
from sla.actions.disputes import answer_dispute, give_reason, lapse_dispute, open_dispute, withdraw_dispute
from sla.models import CreditProposal, CycleOutcome, Dispute, FrozenMonth
from sla.queries import book, contracts_of, versions_of
from sla.queries.compliance import changed_months
from sla.rules.compliance import Entry, count
from sla.rules.disputes import Pace
from tenants.isolation import acting_as
from tenants.models import Contact, Tenant
from tenants.rules import Role, job
from tenants.work import Work
from tests.cast import MONDAY_9, Cast
from tests.promises import agree_on_office_hours

JUNE, HOUR, UNDO = date(2026, 6, 1), timedelta(hours=1), timedelta(seconds=10)
CLOSING = datetime(2026, 7, 9, tzinfo=UTC)
PACE = Pace()


@pytest.fixture
def acme(session: Session, cast: Cast) -> Iterator[Tenant]:
    with acting_as(job(cast.acme.id)):
        agree_on_office_hours(session, cast.acme.id)
        yield session.get_one(Tenant, cast.acme.id)


def lived(session: Session, acme: Tenant, cast: Cast, answered: timedelta, at: datetime = MONDAY_9) -> Ticket:
    """A P3 (two hours to answer, a day of hours to solve), answered and solved after so long."""
    contact = session.get_one(Contact, (acme.tenant_id, cast.acme.contacts[Role.REQUESTER]))
    matter = actions.Matter("印刷できません", "動きません", Channel.MAIL, contact, urgency=Level.HIGH)
    ticket = actions.open_ticket(session, acme, matter, actions.Actor("client", contact.id, contact.name), at)
    agent = actions.Actor("agent", cast.staff[Role.AGENT], "相沢")
    actions.resolve(session, ticket, agent, "直しました", at + answered)
    session.flush()
    return ticket


def june(session: Session, acme: Tenant, at: datetime = CLOSING) -> Result:
    return result_of(session, acme, book(session, acme.tenant_id), JUNE, at)


@pytest.fixture
def broken(session: Session, acme: Tenant, cast: Cast) -> Ticket:
    """One kept promise of each metric, and a first answer that came an hour late."""
    lived(session, acme, cast, HOUR)
    return lived(session, acme, cast, timedelta(hours=4))


def first_answer(ticket: Ticket) -> tuple[int, str, int]:
    return ticket.id, "first_response", 1


def test_every_cycle_stands_in_the_month_with_its_ticket(session: Session, acme: Tenant, broken: Ticket) -> None:
    result = june(session, acme)
    assert {name: (one.met, one.missed) for name, one in result.figures.items()} == {
        "all": (3, 1), "first_response": (1, 1), "next_response": (0, 0), "resolution": (2, 0),
    }  # fmt: skip
    (missed,) = result.missed
    assert (missed.key, missed.priority, missed.over) == (broken.key, "P3", HOUR.total_seconds())
    assert june(session, acme).digest == result.digest


def test_what_is_running_is_listed_apart_until_it_breaks(session: Session, acme: Tenant, cast: Cast) -> None:
    ticket = lived(session, acme, cast, HOUR)
    contact = session.get_one(Contact, (acme.tenant_id, cast.acme.contacts[Role.REQUESTER]))
    actions.take_up(session, ticket, actions.Actor("client", contact.id, contact.name), MONDAY_9 + 2 * HOUR)
    session.flush()
    assert june(session, acme).figures["resolution"].running == 1
    actions.settle(session, ticket, MONDAY_9 + timedelta(days=9))
    session.flush()
    assert (june(session, acme).figures["resolution"].missed, june(session, acme).figures["resolution"].running) == (
        1,
        0,
    )


def test_an_exclusion_both_accepted_leaves_the_agreed_figure_only(
    session: Session, acme: Tenant, broken: Ticket
) -> None:
    one = open_dispute(session, acme.tenant_id, first_answer(broken), "desk", "停電でした", "相沢", PACE, MONDAY_9)
    session.flush()
    assert june(session, acme).figures["first_response"].agreed == june(session, acme).figures["first_response"].strict
    with pytest.raises(Refused):
        answer_dispute(session, one, "desk", True, "", "相沢", MONDAY_9 + HOUR)
    answer_dispute(session, one, "client", True, "", "髙﨑", MONDAY_9 + HOUR)
    session.flush()
    figure = june(session, acme).figures["first_response"]
    assert (figure.strict, figure.agreed, figure.excluded) == (Fraction(1, 2), Fraction(1), 1)


def test_silence_rejects_and_a_late_answer_comes_too_late(session: Session, acme: Tenant, broken: Ticket) -> None:
    one = open_dispute(session, acme.tenant_id, first_answer(broken), "client", "遅い", "髙﨑", PACE, MONDAY_9)
    with pytest.raises(Refused):
        open_dispute(session, acme.tenant_id, first_answer(broken), "desk", "停電", "相沢", PACE, MONDAY_9)
    assert not lapse_dispute(session, one, one.deadline)
    with pytest.raises(Stale):
        answer_dispute(session, one, "desk", True, "", "相沢", one.deadline + UNDO)
    assert lapse_dispute(session, one, one.deadline + UNDO)
    assert (one.status, one.answered_by) == ("rejected", "")
    assert not lapse_dispute(session, one, one.deadline + HOUR)
    kinds = session.scalars(select(Work.kind).where(Work.ids == [one.id]).order_by(Work.kind)).all()
    assert kinds == ["mail.dispute_answered", "mail.disputed", "upkeep.lapse_dispute"]


def test_a_rejection_needs_words_and_only_the_opener_takes_it_back(
    session: Session, acme: Tenant, broken: Ticket
) -> None:
    one = open_dispute(session, acme.tenant_id, first_answer(broken), "client", "遅い", "髙﨑", PACE, MONDAY_9)
    with pytest.raises(Refused):
        answer_dispute(session, one, "desk", False, " ", "相沢", MONDAY_9 + HOUR)
    with pytest.raises(Refused):
        withdraw_dispute(one, "desk", "相沢", MONDAY_9 + HOUR)
    withdraw_dispute(one, "client", "髙﨑", MONDAY_9 + HOUR)
    session.flush()
    assert open_dispute(session, acme.tenant_id, first_answer(broken), "client", "やはり", "髙﨑", PACE, MONDAY_9)


def test_a_month_closes_only_when_it_is_over_explained_and_answered(
    session: Session, acme: Tenant, broken: Ticket
) -> None:
    with pytest.raises(Refused, match="not over"):
        close_month(session, acme, JUNE, "", MONDAY_9 + HOUR)
    with pytest.raises(Refused, match="without a reason"):
        close_month(session, acme, JUNE, "", CLOSING)
    with pytest.raises(Refused, match="words"):
        give_reason(session, acme.tenant_id, first_answer(broken), "other", "", "相沢", CLOSING)
    give_reason(session, acme.tenant_id, first_answer(broken), "staffing", "", "相沢", CLOSING)
    one = open_dispute(session, acme.tenant_id, first_answer(broken), "client", "遅い", "髙﨑", PACE, CLOSING)
    session.flush()
    with pytest.raises(Refused, match="without an answer"):
        close_month(session, acme, JUNE, "", CLOSING)
    answer_dispute(session, one, "desk", False, "人手不足", "相沢", CLOSING + UNDO)
    session.flush()
    assert due_months(session, acme, PACE, CLOSING) == [JUNE]
    assert close_month(session, acme, JUNE, "", CLOSING).sha256
    assert due_months(session, acme, PACE, CLOSING) == []
    with pytest.raises(Refused):
        close_month(session, acme, JUNE, "", CLOSING)


@pytest.fixture
def closed(session: Session, acme: Tenant, broken: Ticket) -> FrozenMonth:
    give_reason(session, acme.tenant_id, first_answer(broken), "staffing", "", "相沢", CLOSING)
    session.flush()
    return close_month(session, acme, JUNE, "相沢", CLOSING)


def test_everything_else_moves_a_frozen_month_does_not(
    session: Session, acme: Tenant, cast: Cast, broken: Ticket, closed: FrozenMonth
) -> None:
    before = june(session, acme)
    assert hashlib.sha256(closed.snapshot.encode()).hexdigest() == closed.sha256 == before.digest
    assert all(line.trace for line in before.lines)
    acme.name, acme.zone, broken.title, broken.kind = "別の会社", "Europe/Berlin", "別の題", "complaint"
    lived(session, acme, cast, timedelta(hours=7), MONDAY_9 + timedelta(days=1))
    (contract,) = contracts_of(session, acme.tenant_id)
    (version,) = versions_of(session, acme.tenant_id, contract.id)
    version.terms = version.terms | {"goals": {"resolution": 99}}
    session.get_one(CycleOutcome, (acme.tenant_id, broken.id, "first_response", 1)).breached_at = None
    session.flush()
    after = june(session, acme, CLOSING + timedelta(days=40))
    assert (after.lines, after.figures, after.goals, after.span, after.digest) == (
        before.lines, before.figures, before.goals, before.span, before.digest,
    )  # fmt: skip
    assert year_of(session, acme, book(session, acme.tenant_id), JUNE)[-1].figure == before.figures["all"]
    for act in (
        lambda: open_dispute(session, acme.tenant_id, (broken.id, "resolution", 1), "client", "x", "y", PACE, CLOSING),
        lambda: close_month(session, acme, JUNE, "", CLOSING),
    ):
        with pytest.raises(Refused):
            act()


def test_nobody_may_change_or_delete_a_closed_month(session: Session, closed: FrozenMonth) -> None:
    def forge() -> None:
        closed.sha256 = "0"
        session.flush()

    def drop() -> None:
        session.delete(closed)
        session.flush()

    for act in (forge, drop):
        point = session.begin_nested()
        with pytest.raises(ProgrammingError, match="permission denied"):
            act()
        point.rollback()


def test_a_changed_byte_of_a_closed_month_is_named(session: Session, acme: Tenant, closed: FrozenMonth) -> None:
    assert changed_months(session, acme.tenant_id) == []
    forged = closed.snapshot.replace("staffing", "volume")
    set_committed_value(closed, "snapshot", forged)
    (fault,) = changed_months(session, acme.tenant_id)
    assert "2026-06" in fault


def test_the_year_counts_open_months_as_their_own_pages_do(
    session: Session, acme: Tenant, cast: Cast, broken: Ticket, closed: FrozenMonth
) -> None:
    lived(session, acme, cast, timedelta(hours=4), datetime(2026, 7, 1, tzinfo=UTC))
    terms, july = book(session, acme.tenant_id), date(2026, 7, 1)
    year = year_of(session, acme, terms, july)
    assert len(year) == 12
    assert [(one.figure.met, one.figure.missed, one.closed) for one in year[-3:]] == [
        (0, 0, False), (3, 1, True), (1, 1, False),
    ]  # fmt: skip
    shown = result_of(session, acme, terms, july, CLOSING).figures["all"]
    assert (shown.met, shown.missed) == (year[-1].figure.met, year[-1].figure.missed)


@pytest.mark.parametrize(("cap", "percent"), [(20, Decimal(15)), (10, Decimal(10))])
def test_a_month_below_its_table_proposes_a_credit_up_to_the_cap(
    session: Session, acme: Tenant, broken: Ticket, cap: int, percent: Decimal
) -> None:
    (contract,) = contracts_of(session, acme.tenant_id)
    (version,) = versions_of(session, acme.tenant_id, contract.id)
    table = [{"below": 95, "percent": 5}, {"below": 80, "percent": 15}, {"below": 50, "percent": 50}]
    version.terms = version.terms | {"credits": table, "credit_cap": cap}
    give_reason(session, acme.tenant_id, first_answer(broken), "volume", "", "相沢", CLOSING)
    session.flush()
    close_month(session, acme, JUNE, "", CLOSING)
    proposal = session.scalars(select(CreditProposal)).one()
    assert (proposal.month, proposal.agreed, proposal.percent, proposal.status) == (
        JUNE,
        Decimal(75),
        percent,
        "proposed",
    )


def test_another_company_sees_none_of_it(session: Session, cast: Cast, broken: Ticket, closed: FrozenMonth) -> None:
    open_ones = (CycleOutcome, Dispute, FrozenMonth)
    with acting_as(job(cast.globex.id)):
        assert [session.scalars(select(model)).all() for model in open_ones] == [[], [], []]


STATES = st.sampled_from(("running", "paused", "stopped", "cancelled", "not_applicable"))
HOURS = st.integers(0, 29 * 24).map(lambda hours: MONDAY_9 + hours * HOUR)


@st.composite
def lines(draw: st.DrawFn, number: int = 0) -> Line:
    """A cycle that begins in June; what is over is so on the spot."""
    state, started, breached = draw(STATES), draw(HOURS), draw(st.booleans())
    stopped = started if state in ("stopped", "cancelled") else None
    broken = started if breached and state != "not_applicable" else None
    entry = Entry(1, "resolution", number, state, 0, breached_at=None if broken is None else 1)
    return Line(
        1, "ACME-1", "", "", "", "resolution", draw(st.integers(1, 99)), state, "P1", started, stopped, broken,
        60, 60, "", "", "", "", draw(st.sampled_from(("", "open", "accepted"))), entry.outcome,
    )  # fmt: skip


@given(st.lists(lines(), max_size=20))
def test_a_figure_counts_what_the_rules_count(month: list[Line]) -> None:
    counted, figure = count((line.entry for line in month), "Asia/Tokyo", 2026, 6), figure_of(month)
    assert (figure.met, figure.missed) == (len(counted.strict.met), len(counted.strict.missed))
    assert (figure.strict, figure.agreed) == (counted.strict.share, counted.agreed.share)
    assert (figure.excluded, figure.cancelled) == (len(counted.excluded), len(counted.cancelled))
    assert (figure.not_applicable, figure.running) == (len(counted.not_applicable), len(counted.running))
    assert [line.entry.outcome for line in month] == [line.outcome for line in month]
    assert [Line.read(line.facts) for line in month] == month
