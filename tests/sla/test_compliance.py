"""A month counted from its clocks: once each, in the month of the outcome, strict and agreed."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from sla.rules.clock import fold
from sla.rules.compliance import Contest, Entry, Tally, borders, count, count_by, credit, digest, entries, flips
from sla.rules.hours import Hours
from sla.rules.reading import calendar, event, terms
from tests.sla.facts import ALWAYS, PLAIN, created, epoch, status

TOKYO = "Asia/Tokyo"
NOON = epoch("12:00", "2026-06-15")
LAST_OF_MAY, FIRST_OF_JUNE = epoch("14:59", "2026-05-31"), epoch("15:00", "2026-05-31")

MET = Entry(1, "resolution", 1, "stopped", NOON - 3_600, NOON, priority="P1", site="Osaka")
MISSED = Entry(2, "resolution", 1, "running", NOON - 3_600, None, NOON, priority="P2", site="Osaka")


def test_months_are_those_of_the_contracts_zone() -> None:
    assert borders(TOKYO, 2026, 6) == (FIRST_OF_JUNE, epoch("15:00", "2026-06-30"))
    assert borders("Europe/Berlin", 2026, 12) == (epoch("23:00", "2026-11-30"), epoch("23:00", "2026-12-31"))


def test_met_counts_where_it_stopped_and_missed_where_it_broke_even_while_open() -> None:
    month = count([MET, MISSED], TOKYO, 2026, 6)
    assert (month.strict.met, month.strict.missed, month.running) == ((MET,), (MISSED,), ())
    late = replace(MISSED, start=LAST_OF_MAY - 60, stop=NOON, state="stopped", breached_at=LAST_OF_MAY)
    assert count([late], TOKYO, 2026, 6).strict.missed == ()
    assert count([late], TOKYO, 2026, 5).strict.missed == (late,)


def test_what_both_sides_excluded_stays_in_the_strict_figure_only() -> None:
    excluded = replace(MISSED, excluded=True)
    month = count([MET, excluded], TOKYO, 2026, 6)
    assert (month.strict.percent(), month.agreed.percent()) == (Decimal("50.0"), Decimal("100.0"))
    assert month.excluded == (excluded,)


def test_cancelled_not_applicable_and_running_are_listed_apart() -> None:
    cancelled = replace(MISSED, state="cancelled", stop=NOON)
    foreign = Entry(3, "first_response", 0, "not_applicable", NOON)
    paused = Entry(4, "resolution", 1, "paused", NOON - 60)
    month = count([cancelled, foreign, paused], TOKYO, 2026, 6)
    assert month.strict.share is None
    assert (month.cancelled, month.not_applicable, month.running) == ((cancelled,), (foreign,), (paused,))
    assert count([paused], TOKYO, 2026, 7).running == (paused,)
    assert count([paused], TOKYO, 2026, 5).running == ()


def test_figures_by_priority_have_their_own_lists() -> None:
    months = count_by(lambda entry: entry.priority, [MET, MISSED], TOKYO, 2026, 6)
    assert {name: month.strict.share for name, month in months.items()} == {"P1": Fraction(1), "P2": Fraction(0)}


def test_a_percentage_never_reads_better_than_it_was() -> None:
    tally = Tally((MET,) * 1_999, (MISSED,))
    assert tally.percent() == Decimal("99.9")
    assert Tally((MET,) * 2, (MISSED,)).percent(2) == Decimal("66.66")


def test_a_ticket_brings_all_its_cycles() -> None:
    hours = {"always": Hours(calendar(ALWAYS, lambda _set, _year: frozenset()))}
    story = [event(fact) for fact in (created(), status("05:00", "resolved"))]
    clocks = fold(story, {"std": terms("std", PLAIN, hours)}, "std", NOON).clocks.values()
    brought = entries(7, epoch("00:00"), clocks, priority="P1", excluded={("resolution", 1)})
    assert [(entry.metric, entry.outcome, entry.decided_at, entry.excluded) for entry in brought] == [
        ("first_response", "missed", epoch("00:30"), False),
        ("resolution", "missed", epoch("04:00"), True),
    ]
    agents = fold([event(created(by="agent"))], {"std": terms("std", PLAIN, hours)}, "std", NOON).clocks.values()
    assert [entry.outcome for entry in entries(8, NOON, agents)] == ["not_applicable", "missed"]


def test_other_terms_flip_what_they_flip() -> None:
    kept = replace(MISSED, state="stopped", stop=NOON, breached_at=None)
    assert flips([MET, MISSED], [MET, kept]) == [(MISSED, kept)]


def test_a_contest_needs_both_before_the_deadline_and_silence_rejects() -> None:
    assert Contest("storm", NOON, NOON - 1, NOON).agreed
    assert not Contest("storm", NOON, NOON - 1).agreed
    assert not Contest("storm", NOON, NOON - 1, NOON + 1).agreed


def test_a_credit_is_the_best_row_below_and_never_more_than_the_cap() -> None:
    table = {Decimal(95): Decimal(5), Decimal(90): Decimal(10), Decimal(50): Decimal(50)}
    assert credit(Tally((MET,) * 95, (MISSED,) * 5), table, Decimal(20)) == 0
    assert credit(Tally((MET,) * 92, (MISSED,) * 8), table, Decimal(20)) == 5
    assert credit(Tally((), (MISSED,)), table, Decimal(20)) == 20
    assert credit(Tally((), ()), table, Decimal(20)) == 0


def test_a_seal_knows_facts_not_their_order() -> None:
    assert digest({"a": 1, "b": ["月"]}) == digest({"b": ["月"], "a": 1}) != digest({"a": 1, "b": []})
