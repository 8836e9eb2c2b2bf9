"""What is paid ahead, through real rows: pools that carry over, blocks that expire, automatic purchases, retainers."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import select

from billing import actions
from billing.documents.snapshot import Heading, Names, snapshot
from billing.models import DocumentDraft, DocumentSource, EntryState, Lot, PrepaidStanding
from billing.queries.documents import lines_of
from billing.queries.drafts import lines_of as lines_of_draft
from billing.queries.facts import subject_of
from billing.queries.prepaid import balances, lots_of, standings_of
from billing.rules.periods import Period
from tenants.errors import Refused
from tenants.work import Work
from tests.billing.agreed import after, agree, day, figures, issue, lines, month, on
from tests.billing.books import Books

JUNE, JULY, AUGUST = month(6), month(7), month(8)
POOL = {"price": "50000", "minutes": "600", "overage_rate": "10000", "rollover": 1}
BLOCK = {"overage_rate": "12000"}
TOP_UP = {"threshold": "120", "units": "600", "price": "100000"}


def pool(books: Books) -> None:
    """Ten hours a month for 50,000; what is left may be used a month longer; beyond it 10,000 an hour."""
    agree(books, ("care", "pool", POOL, {}))


def test_a_pool_carries_over_and_charges_what_is_beyond(books: Books) -> None:
    pool(books)
    books.log("8", at=day(6, 10))  # June: 10 h granted, 8 h used, 2 h carried
    books.log("14", at=day(7, 10))  # July: 2 + 10 = 12 h, 14 h used: 2 h at 10,000
    assert figures(books, JUNE) == [("fee", 50000), ("used", 0)]
    assert figures(books, JULY) == [("fee", 50000), ("used", 0), ("overage", 20000)]


def test_a_minute_beyond_is_charged_once(books: Books) -> None:
    """12 hours of work in all, 2 of them beyond the 10 of the pool: 12 hours charged, not 14."""
    pool(books)
    books.log("9", at=day(6, 10))
    second = books.log("3", at=day(6, 11))
    used, overage = (line for line in lines(books, JUNE) if line.role in ("used", "overage"))
    assert all(use["lot"] for use in used.explain["uses"])
    assert {use["lot"] for use in overage.explain["uses"]} == {None}
    assert books.draft(JUNE, day(7, 2)).seconds == 12 * 3600
    issue(books, JUNE)
    assert second.charged_seconds == 3 * 3600


def test_released_work_gives_back_what_it_drew(books: Books) -> None:
    """12 h of a pool of 10: 2 beyond. Released, July sees June's 10 h again beside its own 10, and 12 h of work."""
    pool(books)
    entry = books.log("12", at=day(6, 10))
    invoice = issue(books, JUNE)
    keys = {line.role: line.key for line in lines_of(books.session, books.tenant_id, invoice.id)}
    wanted = {keys["overage"]: Decimal(20000)}

    def credit(*release: str) -> None:
        actions.credit_invoice(
            books.session, books.tenant_id, invoice.id, "誤請求", books.agent_id, day(7, 3), wanted=wanted,
            release=release,
        )  # fmt: skip

    with pytest.raises(Refused, match="another line"):
        credit(keys["overage"])
    credit(keys["overage"], keys["used"])
    assert entry.state == EntryState.APPROVED
    assert figures(books, JULY) == [("fee", 50000), ("used", 0), ("overage", 20000)]


def test_what_carries_is_the_same_before_and_after_the_month_is_invoiced(books: Books) -> None:
    pool(books)
    books.log("8", at=day(6, 10))
    books.log("14", at=day(7, 10))
    before = [line.explain["figures"] for line in lines(books, JULY)]
    issue(books, JUNE)
    assert [line.explain["figures"] for line in lines(books, JULY)] == before


def test_late_work_draws_from_the_lots_of_its_day_that_are_left(books: Books) -> None:
    pool(books)
    books.log("8", at=day(6, 10))
    issue(books, JUNE)
    books.log("1", at=day(6, 11))  # June's grant had 2 h left: 1 h of them
    books.log("14", at=day(7, 10))  # 1 h of June's and 10 h of July's: 3 h beyond
    assert figures(books, JULY) == [("fee", 50000), ("used", 0), ("overage", 30000)]


def test_every_period_balances(books: Books) -> None:
    pool(books)
    for number, hours in ((6, "3"), (7, "15"), (8, "0.5")):
        books.log(hours, at=day(number, 10))
        used = next(line for line in lines(books, month(number)) if line.role == "used")
        told = {name: Decimal(value) for name, value in used.explain["figures"].items()}
        assert (
            told["carried in"] + told["granted"] + told["purchased"] == told["drawn"] + told["expired"] + told["left"]
        )
        issue(books, month(number))


def test_a_block_lasts_six_months_and_expires(books: Books) -> None:
    """Ten hours sold on 1 June for five periods after June: 3 h in June, 2 h in September, 5 h lost on 30 November."""
    agree(books, ("block", "block", BLOCK, {}))
    actions.sell_lot(
        books.session, books.tenant_id, "block", Decimal(600), Decimal(100000), books.agent_id, day(6),
        periods_valid=5, on_invoice=True,
    )  # fmt: skip
    books.log("3", at=day(6, 10))
    books.log("2", at=day(9, 10))
    books.log("1", at=day(12, 10))
    assert figures(books, JUNE) == [("sale", 100000), ("used", 0)]
    assert figures(books, month(9)) == [("used", 0)]
    assert figures(books, month(12)) == [("overage", 12000)]
    issue(books, JUNE)
    issue(books, month(9))
    assert figures(books, month(12)) == [("overage", 12000)]
    (lot,) = lots_of(books.session, books.tenant_id)
    assert (int(lot.left), lot.lot.last_day, lot.sold) == (300, on(11, 30), True)


def test_seven_of_ten_hours_used_and_five_more(books: Books) -> None:
    """7 of 10 prepaid hours used and 5 more logged: 3 covered, 2 at the overage rate of 12,000."""
    agree(books, ("block", "block", BLOCK, {}))
    actions.sell_lot(
        books.session, books.tenant_id, "block", Decimal(600), Decimal(100000), books.agent_id, day(6), on_invoice=True
    )
    books.log("7", at=day(6, 10))
    books.log("5", at=day(6, 20))
    found = lines(books, JUNE)
    assert [(line.role, int(line.quantity), int(line.amount)) for line in found] == [
        ("sale", 1, 100000),
        ("used", 600, 0),
        ("overage", 120, 24000),
    ]


def test_a_lot_buys_itself_when_little_is_left(books: Books) -> None:
    """10 h bought, 9 h used: 1 h is less than 2 h, so 10 h more are bought for 100,000; July then begins with 11 h."""
    agree(books, ("block", "block", BLOCK | {"top_up": TOP_UP}, {}))
    actions.sell_lot(books.session, books.tenant_id, "block", Decimal(600), None, books.agent_id, day(6))
    books.log("9", at=day(6, 10))
    books.log("2", at=day(7, 10))
    assert figures(books, JUNE) == [("sale", 100000), ("used", 0)]
    issue(books, JUNE)
    (used,) = lines(books, JULY)
    assert (used.explain["figures"]["carried in"], used.explain["figures"]["left"]) == ("660", "540")


def test_a_sale_has_a_draft_of_its_own_and_is_not_billed_again(books: Books) -> None:
    agree(books, ("block", "block", BLOCK, {}))
    lot = actions.sell_lot(
        books.session, books.tenant_id, "block", Decimal(600), Decimal(100000), books.agent_id, day(6, 5)
    )
    draft = books.session.scalars(select(DocumentDraft).where(DocumentDraft.kind == "sale")).one()
    assert int(draft.net) == 100000
    books.log("1", at=day(6, 10))
    assert figures(books, JUNE) == [("used", 0)]
    with pytest.raises(Refused):
        actions.take_lot_back(books.session, books.tenant_id, lot.id, day(6, 6))


def test_a_lot_covers_earlier_overage_only_when_somebody_says_so(books: Books) -> None:
    agree(books, ("block", "block", BLOCK, {}))
    books.log("2", at=day(6, 10))
    lot = actions.sell_lot(books.session, books.tenant_id, "block", Decimal(600), None, books.agent_id, day(7, 3))
    assert figures(books, JUNE) == [("overage", 24000)]
    actions.cover_earlier(books.session, books.tenant_id, lot.id, on(6, 1), day(7, 3))
    assert figures(books, JUNE) == [("used", 0)]
    books.log("1", at=day(7, 10))
    (used,) = lines(books, JULY)
    assert used.explain["figures"]["left"] == "420"


def test_an_invoiced_month_is_not_covered_any_more(books: Books) -> None:
    agree(books, ("block", "block", BLOCK, {}))
    books.log("2", at=day(6, 10))
    issue(books, JUNE)
    lot = actions.sell_lot(books.session, books.tenant_id, "block", Decimal(600), None, books.agent_id, day(7, 1))
    with pytest.raises(Refused):
        actions.cover_earlier(books.session, books.tenant_id, lot.id, on(6, 1), day(7, 3))


def test_a_lot_ends_when_somebody_says_so_and_may_be_taken_back_unused(books: Books) -> None:
    agree(books, ("block", "block", BLOCK, {}))
    lot = actions.sell_lot(books.session, books.tenant_id, "block", Decimal(600), None, books.agent_id, day(6))
    actions.end_lot(books.session, books.tenant_id, lot.id, on(6, 15), day(6, 2))
    books.log("1", at=day(6, 16))
    assert figures(books, JUNE) == [("used", 0), ("overage", 12000)]
    actions.take_lot_back(books.session, books.tenant_id, lot.id, day(6, 3))
    assert books.session.scalars(select(Lot)).all() == []


def test_a_retainer_pays_for_time_at_its_price(books: Books) -> None:
    """50,000 paid ahead; 4 h at 9,000 take 36,000; of 2 h more (18,000) 14,000 are covered: 4,000 remain."""
    agree(books, ("fund", "retainer", {}, {}))
    actions.sell_lot(
        books.session, books.tenant_id, "fund", Decimal(50000), Decimal(50000), books.agent_id, day(6), on_invoice=True
    )
    books.log("4", at=day(6, 10))
    books.log("2", at=day(7, 10))
    assert set(figures(books, JUNE)) == {("sale", 50000), ("time", 0)}
    issue(books, JUNE)
    assert figures(books, JULY) == [("time", 4000)]


def test_nothing_is_drawn_twice(books: Books) -> None:
    pool(books)
    books.log("8", at=day(6, 10))
    issue(books, JUNE)
    draws = books.session.scalars(select(DocumentSource).where(DocumentSource.kind == "draw")).all()
    assert {draw.part.partition("/")[0] for draw in draws} == {"care:2026-06-01"}
    assert sum(Decimal(draw.rule) for draw in draws) == 480


def test_the_balance_counts_work_that_waits_for_approval(books: Books) -> None:
    pool(books)
    books.log("2", at=day(6, 10))
    said = {"work_type": "remote", "worked_on": on(6, 11), "seconds": 5400}
    actions.log_time(books.session, books.tenant_id, books.ticket_id, books.agent_id, said, day(6, 11), unfinished=True)
    (balance,) = balances(books.session, books.tenant_id, day(6, 12))
    assert [int(units) for units in (balance.available, balance.used, balance.left)] == [600, 210, 390]
    assert balance.last_day == on(7, 31)


def test_everybody_is_warned_once_at_each_step(books: Books) -> None:
    pool(books)
    told: list[list[int]] = []
    for hours, at in (("7", day(6, 10)), ("1", day(6, 11)), ("3", day(6, 12)), ("1", day(6, 13)), ("1", day(7, 2))):
        books.log(hours, at=at)
        actions.count_prepaid(books.session, books.tenant_id, at)
        told.append(sorted(shares(books)))
    assert told == [[], [75], [75, 100], [75, 100], [75, 100]]
    (standing,) = standings_of(books.session, books.tenant_id)
    assert (standing.period_start, standing.told) == (JULY.begin, 0)


def shares(books: Books) -> list[int]:
    return [work.ids[1] for work in books.session.scalars(select(Work).where(Work.kind == "escalations.prepaid"))]


def test_where_nothing_is_prepaid_nothing_stands(books: Books) -> None:
    agree(books, ("support", "tm", {}, {}))
    books.log("2", at=day(6, 10))
    assert actions.count_prepaid(books.session, books.tenant_id, day(6, 12)) == []
    assert books.session.scalars(select(PrepaidStanding)).all() == []


def told(books: Books, period: Period) -> dict[str, str]:
    """How the only prepaid item stood in a period, as its draft's annex says it."""
    draft = books.draft(period, after(period))
    rows = lines(books, period)
    subject = subject_of(books.session, books.tenant_id)
    assert subject is not None
    heading = Heading("", draft.period_end, draft.period_end)
    (balance,) = snapshot(subject, draft, rows, heading, Names({}, {}))["balances"]
    return {name: balance[name] for name in ("granted", "drawn", "expired", "left")}


def test_hours_that_expire_in_a_month_without_work_stand_on_its_document(books: Books) -> None:
    agree(books, ("block", "block", BLOCK, {}))
    actions.sell_lot(
        books.session, books.tenant_id, "block", Decimal(600), Decimal(100000), None, day(6, 2), since=on(6, 2),
        periods_valid=1,
    )  # fmt: skip
    assert figures(books, JULY) == [("used", 0)]
    assert told(books, JULY) == {"granted": "0", "drawn": "0", "expired": "600", "left": "0"}


def test_a_month_in_which_nothing_is_drawn_nor_expires_has_no_line_for_it(books: Books) -> None:
    agree(books, ("block", "block", BLOCK, {}))
    actions.sell_lot(
        books.session, books.tenant_id, "block", Decimal(600), Decimal(100000), None, day(6, 2), since=on(6, 2)
    )
    assert actions.recompute_draft(books.session, books.tenant_id, JULY, after(JULY)) is None


def test_the_bridge_to_a_new_closing_day_grants_its_share_of_the_month(books: Books) -> None:
    """June is invoiced to its end; with closing day 20 July has 20 of the 30 days from 21 June: 400 of 600 minutes."""
    pool(books)
    issue(books, JUNE)
    actions.set_account(books.session, books.tenant_id, {"closing_day": 20}, day(7, 2))
    bridge = Period(on(7, 1), on(7, 21))
    draft = books.draft(bridge, day(7, 22))
    (used,) = (line for line in lines_of_draft(books.session, books.tenant_id, draft.id) if line.role == "used")
    assert used.explain["figures"]["granted"] == "400"
    (fee,) = (line for line in lines_of_draft(books.session, books.tenant_id, draft.id) if line.role == "fee")
    assert int(fee.amount) == 33333
