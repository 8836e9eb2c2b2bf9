"""Pools, blocks, retainers and bought tickets on a document."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from billing.rules.invoice.document import Document
from billing.rules.invoice.engine import invoice
from billing.rules.invoice.facts import Facts, PaidLot, TaxedAt, TicketFact
from billing.rules.invoice.items import Block, Item, Kind, PerTicket, Pool, Rate, Retainer, TopUp
from billing.rules.prepaid import Lot
from billing.rules.prorate import BY_DAYS
from billing.rules.timesheet.parts import Entry
from tests.billing.rules.cast import PLAIN_TIME, START, D, bands, contract, facts, tokyo, worked
from tests.billing.rules.figures import figures


def seen(document: Document) -> list[tuple[str, Decimal]]:
    return [(line.key, line.amount) for line in document.lines]


def told(kind: Kind, entries: Sequence[Entry] = (), *lots: PaidLot) -> Facts:
    time = replace(PLAIN_TIME, bands=bands(after="1.5"))
    return replace(facts(contract(Item(key="x", name="Hours", kind=kind), time=time), entries=entries), lots=lots)


def lot(
    units: int, left: int, price: int = 0, since: date = START, taxed: TaxedAt = "sale", new: bool = False
) -> PaidLot:
    bought = Lot(key=f"lot-{since}", source="purchase", units=units, since=since)
    return PaidLot(item="x", lot=bought, left=left, price=D(price), taxed=taxed, new=new)


TEN_HOURS = Pool(D(80000), D(600), overage_rate=D(10000))


def test_seven_of_ten_hours_used_and_five_more_logged() -> None:
    document = invoice(
        told(TEN_HOURS, [worked("a", tokyo(2, 9), 180), worked("b", tokyo(3, 13), 240), worked("c", tokyo(4, 13), 300)])
    )
    assert seen(document) == [("x::::", D(80000)), ("x:used:::", D(0)), ("x:overage:::", D(20000))]
    ledger = document.ledgers["x"]
    assert [int(units) for units in (ledger.granted, ledger.drawn, ledger.overage)] == [600, 600, 120]
    used, beyond = document.lines[1:]
    assert [(use.key, use.charged) for use in used.explain.uses if use.lot] == [
        ("a", 10800),
        ("b", 14400),
        ("c", 10800),
    ]
    assert (beyond.line.quantity, beyond.line.base_quantity, beyond.line.price) == figures("120 60 10000")
    assert [finding.detail for finding in document.notices] == ["100 %"]


def test_after_hours_burn_faster_or_cost_more() -> None:
    late = [worked("a", tokyo(2, 18), 240)]
    burned = invoice(told(replace(TEN_HOURS, minutes=D(300)), late))
    assert burned.ledgers["x"].overage == 60
    priced = invoice(told(replace(TEN_HOURS, minutes=D(180), multiplier_on="price"), late))
    assert priced.ledgers["x"].overage == 60
    assert priced.lines[-1].line.quantity == 90


def test_overage_without_a_price_is_an_error() -> None:
    document = invoice(told(replace(TEN_HOURS, overage_rate=None, minutes=D(0)), [worked("a", tokyo(2), 60)]))
    assert [finding.fault for finding in document.errors] == ["no_price"]


def test_a_first_grant_may_be_prorated() -> None:
    begun = contract(Item(key="x", name="Hours", kind=TEN_HOURS, proration=BY_DAYS))
    late = replace(begun, versions=tuple(replace(version, begin=date(2026, 6, 16)) for version in begun.versions))
    document = invoice(facts(late))
    assert document.ledgers["x"].granted == 300
    assert document.lines[0].amount == 40000


def test_a_block_is_sold_then_drawn() -> None:
    sold = invoice(told(Block(D(9000)), [], lot(600, 600, 70000, date(2026, 6, 5), new=True)))
    assert seen(sold) == [("x:sale::lot-2026-06-05:", D(70000))]
    drawn = invoice(told(Block(D(9000)), [worked("a", tokyo(2), 90)], lot(600, 60, 70000)))
    assert seen(drawn) == [("x:used:::", D(0)), ("x:overage:::", D(4500))]


def test_tax_comes_at_the_sale_or_at_use_and_never_at_both() -> None:
    paid = lot(600, 600, 60000, date(2026, 6, 1), "use", new=True)
    document = invoice(told(Block(), [worked("a", tokyo(2), 120)], paid))
    assert [line.role for line in document.lines] == ["sale", "used", "used", "prepayment"]
    assert [line.amount for line in document.lines] == list(figures("60000 0 12000 -12000"))
    assert (document.totals.net, document.totals.tax) == figures("60000 1200")
    taxed = invoice(told(Block(), [worked("a", tokyo(2), 120)], replace(paid, taxed="sale")))
    assert (taxed.totals.net, taxed.totals.tax) == figures("60000 6000")


def test_a_block_refills_itself_below_its_threshold() -> None:
    kind = Block(D(9000), top_up=TopUp(D(60), D(600), D(70000)))
    document = invoice(told(kind, [worked("a", tokyo(2), 90), worked("b", tokyo(1), 30)], lot(600, 120, 1)))
    assert seen(document) == [("x:sale::x:2026-06-01:top-up:1:", D(70000)), ("x:used:::", D(0))]
    (bought,) = document.new_lots["x"]
    assert bought.since == date(2026, 6, 2)
    assert document.ledgers["x"].carried_out == 600


RETAINER = Retainer((Rate(D(8000)),))


def test_a_retainer_pays_at_the_price_of_time_and_the_rest_is_billed() -> None:
    document = invoice(told(RETAINER, [worked("a", tokyo(2), 60), worked("b", tokyo(3), 60)], lot(10000, 10000, 10000)))
    (line,) = document.lines
    assert (line.amount, line.line.allowances) == (D(6000), figures("10000"))
    assert document.totals.tax == 600
    assert document.ledgers["x"].overage == 6000


def test_a_retainer_taxed_at_use_bears_tax_on_all_the_work() -> None:
    document = invoice(told(RETAINER, [worked("a", tokyo(2), 120)], lot(10000, 10000, 10000, taxed="use")))
    assert [line.role for line in document.lines] == ["time", "prepayment"]
    assert [line.amount for line in document.lines] == list(figures("16000 -10000"))
    assert (document.totals.net, document.totals.tax, document.totals.payable) == figures("6000 1600 7600")


def test_bought_tickets_are_drawn_first() -> None:
    tickets = tuple(
        TicketFact(key=f"T-{day}", kind="question", opened=tokyo(day), closed=tokyo(day)) for day in (1, 2, 3)
    )
    document = invoice(replace(told(PerTicket(D(3000)), [], lot(2, 2, 5000)), tickets=tickets))
    assert seen(document) == [("x:used:::", D(0)), ("x::::", D(3000))]
    assert [use.key for use in document.lines[1].explain.uses] == ["T-3"]


@given(
    st.lists(st.tuples(st.integers(1, 30), st.integers(0, 23), st.integers(1, 600)), max_size=6),
    st.integers(0, 40000),
    st.sampled_from(["sale", "use"]),
)
def test_a_retainer_moves_no_yen(work: list[tuple[int, int, int]], left: int, taxed: TaxedAt) -> None:
    """What the time is worth = what the retainer gave + what is billed."""
    entries = [worked(str(number), tokyo(day, hour), minutes) for number, (day, hour, minutes) in enumerate(work)]
    alone = invoice(told(RETAINER, entries))
    document = invoice(told(RETAINER, entries, lot(left or 1, left, 1, taxed=taxed)))
    assert document.ledgers["x"].drawn == alone.totals.net - document.totals.net == min(left, alone.totals.net)
