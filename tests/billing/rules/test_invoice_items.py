"""Fees, counts, tickets, milestones and travel on a document."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from billing.rules.counts import Tier
from billing.rules.discounts import Discount
from billing.rules.invoice.document import AheadLine, Document
from billing.rules.invoice.engine import invoice
from billing.rules.invoice.facts import Contract, Facts, ManualLine, Override, TicketFact, TravelRate, Version, Visit
from billing.rules.invoice.items import FairUse, Fixed, Item, Kind, Milestone, Milestones, PerTicket, PerUnit
from billing.rules.periods import Period, next_period
from billing.rules.prorate import FULL_MONTH, Proration
from billing.rules.totals import Terms
from tests.billing.rules.cast import JULY, JUNE, MAY, PLAIN_TIME, START, D, contract, facts, hourly, tokyo, worked
from tests.billing.rules.figures import figures


def item(kind: Kind, key: str = "x") -> Item:
    return Item(key=key, name="A thing", kind=kind)


def flat(price: str, key: str = "fee") -> Item:
    return item(Fixed(D(price)), key)


def versions(*told: tuple[date, date | None, Item]) -> Contract:
    return Contract("C1", tuple(Version(begin=a, end=b, items=(thing,), time=PLAIN_TIME) for a, b, thing in told))


def seen(document: Document) -> list[tuple[str, Decimal]]:
    return [(line.key, line.amount) for line in document.lines]


def faults(document: Document) -> list[str]:
    return [finding.fault for finding in (*document.errors, *document.decisions, *document.notices)]


def test_a_fee_comes_once_a_period() -> None:
    (line,) = invoice(facts(contract(flat("50000")))).lines
    assert (line.key, line.amount, line.unit, line.service) == ("fee::::", D(50000), "MON", JUNE)


def test_a_fee_begins_and_changes_by_days_so_that_the_line_multiplies_out() -> None:
    told = versions((date(2026, 6, 11), date(2026, 6, 21), flat("30000")), (date(2026, 6, 21), None, flat("60000")))
    lines = invoice(facts(told)).lines
    assert [(line.key, line.unit) for line in lines] == [("fee::::", "DAY"), ("fee:::::2", "DAY")]
    assert [(line.line.quantity, line.line.base_quantity) for line in lines] == [figures("10 30")] * 2
    assert [line.amount for line in lines] == list(figures("10000 20000"))


def test_a_quarter_is_billed_when_it_is_over() -> None:
    quarterly = contract(replace(flat("90000"), months=3))
    assert seen(invoice(facts(quarterly, period=MAY))) == []
    (line,) = invoice(facts(quarterly)).lines
    assert (line.amount, line.service) == (D(90000), Period(date(2026, 4, 1), date(2026, 7, 1)))


def test_a_quarter_cut_by_the_end_is_billed_with_its_last_day() -> None:
    told = versions((START, date(2026, 5, 16), replace(flat("91000"), months=3)))
    assert [line.amount for line in invoice(facts(told, period=MAY)).lines] == [D(45000)]
    assert seen(invoice(facts(told))) == []


def test_in_advance_the_next_month_is_billed_and_a_start_catches_up() -> None:
    ahead = replace(flat("30000"), timing="advance")
    document = invoice(facts(versions((date(2026, 6, 21), None, ahead))))
    assert [(line.service, line.amount) for line in document.lines] == [
        (Period(date(2026, 6, 21), date(2026, 7, 1)), D(10000)),
        (JULY, D(30000)),
    ]
    told = replace(facts(versions((date(2026, 6, 21), None, ahead)), period=JULY), ahead=document.ahead)
    assert [line.service for line in invoice(told).lines] == [next_period(JULY)]


def test_a_change_of_what_was_billed_ahead_is_credited_and_charged_anew() -> None:
    old, new = replace(flat("30000"), timing="advance"), replace(flat("60000"), timing="advance")
    told = versions((START, date(2026, 6, 21), old), (date(2026, 6, 21), None, new))
    billed = AheadLine("fee", JUNE.begin, JUNE.end, JUNE, D(30000), D(1))
    document = invoice(replace(facts(told), ahead=(billed,)))
    assert seen(document) == [("fee:credit:::", D(-10000)), ("fee::::", D(20000)), ("fee:::::2", D(60000))]
    again = replace(facts(told), ahead=(billed, *document.ahead))
    assert seen(invoice(again)) == []


def test_an_end_gives_back_what_was_billed_beyond_it() -> None:
    told = versions((START, date(2026, 6, 11), replace(flat("30000"), timing="advance")))
    billed = AheadLine("fee", JUNE.begin, JUNE.end, JUNE, D(30000), D(1))
    assert seen(invoice(replace(facts(told), ahead=(billed,)))) == [("fee:credit:::", D(-20000))]
    kept = versions((START, date(2026, 6, 11), replace(flat("30000"), timing="advance", proration=FULL_MONTH)))
    assert seen(invoice(replace(facts(kept), ahead=(billed,)))) == []


def test_a_free_month_billed_ahead_is_not_billed_again() -> None:
    free, paid = replace(flat("0"), timing="advance"), replace(flat("30000"), timing="advance")
    told = facts(versions((START, JULY.begin, free), (JULY.begin, None, paid)))
    document = invoice(replace(told, ahead=(AheadLine("fee", JUNE.begin, JUNE.end, JUNE, D(0), D(1)),)))
    assert [(line.service, line.amount) for line in document.lines] == [(JULY, D(30000))]


def test_a_flat_fee_covers_its_work_until_it_is_more_than_fair() -> None:
    covered = replace(item(Fixed(D(50000), FairUse(60, D(8000))), "fee"), work_types=frozenset({"support"}))
    document = invoice(facts(contract(covered), entries=[worked("a", tokyo(2), 90)]))
    assert seen(document) == [("fee::::", D(50000)), ("fee:fair-use:::", D(4000))]
    alert = replace(covered, kind=Fixed(D(50000), FairUse(60)))
    document = invoice(facts(contract(alert), entries=[worked("a", tokyo(2), 90)]))
    assert (seen(document), faults(document)) == ([("fee::::", D(50000))], ["fair_use"])
    assert [(use.key, use.charged) for use in document.covered] == [("a", 5400)]


def counting(kind: PerUnit, *told: int, before: int | None = None) -> Facts:
    counts = {date(2026, 6, day + 1): count for day, count in enumerate(told)}
    known = {"x": D(before)} if before is not None else {}
    return replace(facts(contract(item(kind))), counts={"pc": counts}, counted_before=known)


def test_an_amount_comes_from_the_exact_price_whatever_the_line_has_room_for() -> None:
    letters = replace(flat("1"), quantity=D(5_500_000), price_includes_tax=True)
    (line,) = invoice(facts(contract(letters))).lines
    assert (line.line.price, line.amount) == (D("0.909091"), D(5_000_000))


def test_units_are_counted_and_priced() -> None:
    document = invoice(counting(PerUnit("pc", D(500)), *[20] * 30))
    assert [(line.line.quantity, line.amount) for line in document.lines] == [figures("20 10000")]
    assert faults(document) == []


def test_tiers_stand_on_lines_of_their_own() -> None:
    tiers = (Tier(D(10), D(500)), Tier(None, D(400)))
    document = invoice(counting(PerUnit("pc", tiers=tiers), *[12] * 30))
    assert seen(document) == [("x::::", D(5000)), ("x-tier2::::", D(800))]


def test_daily_counts_are_billed_as_runs() -> None:
    document = invoice(counting(PerUnit("pc", D(300), policy="daily"), *[10] * 10, *[20] * 20))
    assert [line.amount for line in document.lines] == list(figures("1000 4000"))


def test_stale_counts_are_marked_jumps_ask_and_nothing_counted_is_an_error() -> None:
    kind = PerUnit("pc", D(500))
    jumped = counting(kind, 20, before=10)
    assert faults(invoice(jumped)) == ["count_jump", "stale_count"]
    assert faults(invoice(replace(jumped, ticked=frozenset({"x"})))) == ["stale_count"]
    nothing = invoice(counting(kind))
    assert (nothing.lines, faults(nothing)) == ((), ["no_counts"])


def test_a_quantity_beyond_the_last_tier_is_an_error() -> None:
    assert faults(invoice(counting(PerUnit("pc", tiers=(Tier(D(1), D(1)),)), *[2] * 30))) == ["no_tier"]


def test_units_in_advance_keep_the_count_they_were_billed_with() -> None:
    ahead = replace(item(PerUnit("pc", D(300))), timing="advance")
    counts = dict.fromkeys(JUNE, 12)
    told = replace(facts(contract(ahead)), counts={"pc": counts})
    billed = AheadLine("x", JUNE.begin, JUNE.end, JUNE, D(300), D(10))
    assert [(line.service, line.amount) for line in invoice(replace(told, ahead=(billed,))).lines] == [(JULY, D(3600))]
    ended = versions((START, date(2026, 5, 22), ahead))
    assert seen(invoice(replace(facts(ended), ahead=(billed,)))) == [("x:credit:::", D(-3000))]


def test_tickets_are_counted_by_the_day_they_closed() -> None:
    tickets = [
        TicketFact(key="T-1", kind="question", opened=tokyo(1, month=5), closed=tokyo(1, 0)),
        TicketFact(key="T-2", kind="question", opened=tokyo(1), closed=tokyo(1, 0, month=7)),
        TicketFact(key="T-3", kind="trouble", opened=tokyo(1), closed=tokyo(2)),
        TicketFact(key="T-4", kind="question", opened=tokyo(1)),
    ]
    kind = PerTicket(D(3000), kinds=frozenset({"question"}))
    (line,) = invoice(replace(facts(contract(item(kind))), tickets=tuple(tickets))).lines
    assert (line.amount, [use.key for use in line.explain.uses]) == (D(3000), ["T-1"])


def test_the_last_milestone_takes_the_remainder() -> None:
    reached = (date(2026, 6, 5), date(2026, 6, 6), date(2026, 7, 1))
    steps = tuple(Milestone(f"m{day}", "done", D("33.33"), day) for day in reached)
    told = contract(item(Milestones(D(1000), steps)))
    assert [line.amount for line in invoice(facts(told)).lines] == list(figures("333 333"))
    assert [line.amount for line in invoice(facts(told, period=JULY)).lines] == [D(334)]


def test_a_visit_carries_its_way_once() -> None:
    table = (TravelRate("zone", D(4000), "A"), TravelRate("km", D(50)))
    version = Version(begin=START, items=(), time=PLAIN_TIME, travel=table)
    told = replace(
        facts(Contract("C1", (version,), default=True)),
        visits=(
            Visit(key="v1", at=tokyo(2), site="Osaka", zone="A", km=D("12.5")),
            Visit(key="v2", at=tokyo(3), site="Osaka", zone="A"),
            Visit(key="v3", at=tokyo(4), site="Mars", zone="Z"),
        ),
    )
    document = invoice(told)
    assert seen(document) == [("travel:A::4000:Osaka", D(8000)), ("travel:km::50:Osaka", D(625))]
    assert [(finding.fault, finding.subject) for finding in document.errors] == [("no_price", "v3")]


def test_a_minimum_is_trued_up_by_the_days_in_service() -> None:
    least = replace(hourly("8000"), minimum=D(30000))
    told = versions((date(2026, 6, 16), None, least))
    document = invoice(facts(told, entries=[worked("a", tokyo(20), 60)]))
    assert seen(document)[1:] == [("tm:true_up:::", D(7000))]
    in_full = versions((date(2026, 6, 16), None, replace(least, proration=FULL_MONTH)))
    assert seen(invoice(facts(in_full))) == [("tm:true_up:::", D(30000))]
    by_days = replace(flat("10000"), minimum=D(30000))
    assert seen(invoice(facts(versions((date(2026, 6, 16), None, by_days))))) == [
        ("fee::::", D(5000)),
        ("fee:true_up:::", D(10000)),
    ]


def test_between_two_closing_days_a_minimum_is_its_share_of_the_month() -> None:
    bridge = facts(
        contract(replace(hourly("8000"), minimum=D(31000))), period=Period(date(2026, 6, 1), date(2026, 6, 21))
    )
    assert seen(invoice(replace(bridge, closing_day=20))) == [("tm:true_up:::", D(20000))]  # 20 of 31 days


def test_a_minimum_billed_ahead_is_by_the_days_of_its_own_month() -> None:
    thirty = replace(flat("0"), months=3, timing="advance", minimum=D(30000), proration=Proration(basis="fixed_30"))
    assert seen(invoice(facts(versions((date(2026, 6, 16), None, thirty)))))[-1] == ("fee:true_up:::", D(15000))


def test_a_minimum_of_a_quarter_waits_for_its_end() -> None:
    least = contract(replace(flat("60000"), months=3, minimum=D(90000)))
    assert seen(invoice(facts(least, period=MAY))) == []
    assert seen(invoice(facts(least))) == [("fee::::", D(60000)), ("fee:true_up:::", D(30000))]


def test_an_item_that_turns_into_another_kind_is_billed_as_both() -> None:
    told = versions((START, date(2026, 6, 16), flat("30000", "x")), (date(2026, 6, 16), None, hourly("8000", "x")))
    document = invoice(facts(told, entries=[worked("a", tokyo(20), 60)]))
    assert [(line.role, str(line.amount)) for line in document.lines] == [("fee", "15000"), ("time", "8000")]


def test_a_cap_holds_the_fees() -> None:
    capped = replace(hourly("8000"), cap=D(10000))
    document = invoice(facts(contract(capped), entries=[worked("a", tokyo(20), 120)]))
    assert [line.amount for line in document.lines] == list(figures("16000 -6000"))


def test_a_discount_lowers_the_line_and_the_tax() -> None:
    document = invoice(facts(contract(replace(flat("1005"), discount=Discount(percent=D(10))))))
    assert (document.lines[0].amount, document.totals.tax) == figures("904 90")
    off = replace(facts(contract(flat("1005"))), discounts=(Discount(percent=D(10)), Discount(amount=D(4))))
    assert (invoice(off).totals.net, invoice(off).totals.tax) == figures("900 90")


def test_a_required_purchase_order_blocks() -> None:
    told = contract(replace(flat("1"), po_required=True))
    assert faults(invoice(facts(told))) == ["po_missing"]
    assert invoice(facts(contract(replace(flat("1"), po_required=True, po_number="PO-7")))).can_be_issued


def test_manual_lines_and_overrides_stay_and_say_where_facts_moved() -> None:
    told = replace(
        facts(contract(flat("1000"))),
        manual=(ManualLine(key="manual:1", name="Cable", quantity=D(2), price=D(300)),),
        overrides=(
            Override(key="fee::::", reason="goodwill", price=D(900), seen_price=D(800)),
            Override(key="gone", reason="?", price=D(1)),
        ),
    )
    document = invoice(told)
    assert [(line.amount, line.note) for line in document.lines] == [(D(900), "goodwill"), (D(600), "")]
    assert faults(document) == ["override_moved", "override_lost"]


def test_a_negative_total_is_flagged() -> None:
    told = replace(facts(), manual=(ManualLine(key="m", name="Back", quantity=D(-1), price=D(300)),))
    assert faults(invoice(told)) == ["negative_total"]


def test_all_amounts_include_tax_where_the_document_says_so() -> None:
    told = replace(facts(contract(flat("11000"))), terms=Terms("JPY", prices_include_tax=True, tax="down"))
    foot = invoice(told).totals
    assert (foot.gross, foot.tax, foot.net) == figures("11000 1000 10000")


@given(st.dates(date(2026, 5, 15), date(2026, 7, 15)), st.integers(0, 100000))
def test_months_of_one_fee_add_up_wherever_it_changes_hands(day: date, price: int) -> None:
    """A version that changes nothing changes no amount."""
    fee = flat(str(price))
    for period in (MAY, JUNE, JULY):
        whole = invoice(facts(versions((START, None, fee)), period=period))
        cut = invoice(facts(versions((START, day, fee), (day, None, fee)), period=period))
        assert seen(whole) == seen(cut)
        assert whole.totals == cut.totals
