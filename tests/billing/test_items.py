"""Items of every kind through real rows: counts with tiers, tickets, milestones, advance fees, who pays for what."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from marshmallow import ValidationError
from sqlalchemy import select

from billing import actions
from billing.models import AccountDiscount, ContractItem, TimeEntry
from sla.queries import versions_of
from tenants.errors import Refused
from tenants.models import Agent
from tests.billing.agreed import agree, day, figures, issue, lines, month, next_version, on
from tests.billing.books import Books

JUNE, JULY, AUGUST = month(6), month(7), month(8)
PC: dict[str, Any] = {
    "product": "pc",
    "tiers": [{"up_to": "10", "price": "3000"}, {"price": "2500"}],
    "policy": "average",
}


def count(books: Books, **days: int) -> None:
    """`june_1=12` and so on."""
    numbers = {"june": 6, "july": 7}
    counts = {on(numbers[name.split("_")[0]], int(name.split("_")[1])): many for name, many in days.items()}
    actions.put_counts(books.session, books.tenant_id, "pc", counts, books.agent_id, day(6))


def faults(books: Books, number: int) -> list[str]:
    draft = books.draft(month(number), day(number + 1, 2))
    return [flag["fault"] for flag in draft.flags if flag["level"] != "notice"]


def test_devices_are_averaged_and_priced_tier_by_tier(books: Books) -> None:
    """12 on 15 days, 14 on 15 days: 13 on average. 10 at 3,000 and 3 at 2,500."""
    agree(books, ("pcs", "per_unit", PC, {}))
    count(books, june_1=12, june_16=14)
    assert [(line.quantity, line.price, line.amount) for line in lines(books, JUNE)] == [
        (Decimal(10), Decimal(3000), Decimal(30000)),
        (Decimal(3), Decimal(2500), Decimal(7500)),
    ]


def test_before_any_count_there_is_an_error_and_no_line(books: Books) -> None:
    agree(books, ("pcs", "per_unit", PC, {}))
    books.log()
    assert faults(books, 6) == ["no_counts"]


def test_a_jump_of_a_count_waits_for_a_tick_and_for_another_when_it_moves(books: Books) -> None:
    agree(books, ("pcs", "per_unit", PC | {"policy": "period_end"}, {}))
    count(books, june_1=10)
    count(books, july_1=20)
    assert (faults(books, 6), faults(books, 7)) == ([], ["count_jump"])
    actions.tick_count(books.session, books.tenant_id, "pcs", on(7, 1), books.agent_id, day(7, 2))
    assert faults(books, 7) == []
    count(books, july_2=40)
    assert faults(books, 7) == ["count_jump"]


def test_counts_of_an_invoiced_month_stay(books: Books) -> None:
    agree(books, ("pcs", "per_unit", PC, {}))
    count(books, june_1=12)
    issue(books, JUNE)
    with pytest.raises(Refused):
        count(books, june_2=13)


def tell(books: Books, closed: int, of_month: int) -> None:
    told = actions.TicketTold(books.ticket_id, "ACME-9001", "trouble", day(6, 2), day(closed, of_month))
    actions.tell_tickets(books.session, books.tenant_id, [told], day(closed, of_month))


def test_a_closed_ticket_is_charged_once(books: Books) -> None:
    agree(books, ("calls", "per_ticket", {"price": "4000"}, {}))
    tell(books, 6, 20)
    assert figures(books, JUNE) == [("tickets", 4000)]
    issue(books, JUNE)
    tell(books, 7, 5)  # taken up again and closed once more
    assert figures(books, JULY) == [("tickets", 0)]


def test_a_ticket_told_late_goes_on_the_next_invoice(books: Books) -> None:
    agree(books, ("calls", "per_ticket", {"price": "4000"}, {}))
    books.log("1")
    issue(books, JUNE)
    tell(books, 6, 30)
    assert figures(books, JULY) == [("tickets", 4000)]


def test_bought_tickets_are_drawn_first(books: Books) -> None:
    agree(books, ("calls", "per_ticket", {"price": "4000"}, {}))
    actions.sell_lot(books.session, books.tenant_id, "calls", Decimal(5), None, books.agent_id, day(6))
    tell(books, 6, 20)
    (used,) = lines(books, JUNE)
    assert (used.role, int(used.amount), used.explain["figures"]["left"]) == ("used", 0, "4")


STEPS = [
    {"key": "plan", "name": "設計", "percent": "33.33"},
    {"key": "build", "name": "構築", "percent": "33.33"},
    {"key": "live", "name": "稼働", "percent": "33.34"},
]


def test_milestones_are_billed_as_reached_and_the_last_takes_the_rest(books: Books) -> None:
    """1,000,001: twice 333,300 (333,300.33 rounded), and what is left of it: 333,401."""
    agree(books, ("move", "milestone", {"price": "1000001", "steps": STEPS}, {}))
    reach = [("plan", on(6, 10)), ("build", on(7, 10)), ("live", on(7, 31))]
    for step, reached in reach:
        actions.reach_milestone(books.session, books.tenant_id, "move", step, reached, books.agent_id, day(6, 11))
    assert figures(books, JUNE) == [("milestone", 333300)]
    issue(books, JUNE)
    assert figures(books, JULY) == [("milestone", 333300), ("milestone", 333401)]
    with pytest.raises(Refused):
        actions.miss_milestone(books.session, books.tenant_id, "move", "plan", day(7, 12))
    actions.miss_milestone(books.session, books.tenant_id, "move", "live", day(7, 12))
    assert figures(books, JULY) == [("milestone", 333300)]


def test_a_quarter_paid_ahead_is_credited_from_the_day_of_an_upgrade(books: Books) -> None:
    """June to August, 92 days, at 90,000. From 16 July 47 days: 45,978 back (45,978.26), 61,304 (61,304.35) for
    120,000."""
    ahead = {"timing": "advance", "months": 3}
    made = agree(books, ("care", "fixed", {"price": "90000"}, ahead))
    assert figures(books, JUNE) == [("fee", 90000)]
    issue(books, JUNE)
    next_version(books, made, day(7, 16, hour=0), ("care", "fixed", {"price": "120000"}, ahead))
    assert figures(books, JULY) == [("credit", -45978), ("fee", 61304)]
    issue(books, JULY)
    assert figures(books, AUGUST) == [("fee", 120000)]  # September to November


def test_a_discount_on_the_whole_lowers_what_is_taxed(books: Books) -> None:
    agree(books, ("care", "fixed", {"price": "50000"}, {}))
    books.session.add(
        AccountDiscount(tenant_id=books.tenant_id, percent=Decimal(10), reason="長期割引", since=on(6, 1))
    )
    books.session.flush()
    draft = books.draft(JUNE, day(7, 2))
    assert (draft.net, draft.tax) == (Decimal(45000), Decimal(4500))


def test_a_role_has_its_price(books: Books) -> None:
    """The lead's hour costs 15,000 where the desk's card says so; on-site work keeps its own 12,000."""
    lead = books.session.scalars(select(Agent).where(Agent.role == "lead")).first()
    assert lead is not None
    actions.set_desk_rate(books.session, Decimal(15000), "JPY", on(1, 1), role="lead")
    said = {"started_at": day(6, 10), "ended_at": day(6, 10, hour=11)}
    for at in ("remote", "on_site"):
        actions.log_time(
            books.session, books.tenant_id, books.ticket_id, lead.id, said | {"work_type": at}, day(6, 10, hour=11)
        )
    books.log("1", at=day(6, 12))
    assert sorted(int(line.amount) for line in lines(books, JUNE)) == [9000, 12000, 15000]


def test_an_item_chosen_for_the_ticket_settles_a_tie(books: Books) -> None:
    agree(books, ("one", "tm", {"rates": [{"price": "8000"}]}, {}), ("two", "tm", {"rates": [{"price": "7000"}]}, {}))
    books.log("1", at=day(6, 10))
    assert faults(books, 6) == ["two_items"]
    actions.choose_for_ticket(books.session, books.tenant_id, books.ticket_id, "two", books.agent_id, day(6, 11))
    assert figures(books, JUNE) == [("time", 7000)]
    entry = books.session.scalars(select(TimeEntry)).one()
    facts = {"item_key": "one"}
    actions.edit_time(books.session, books.tenant_id, entry.id, facts, books.agent_id, day(6, 12), approver=True)
    assert figures(books, JUNE) == [("time", 8000)]


@pytest.mark.parametrize(
    ("kind", "terms", "options"),
    [
        ("per_hour", {"price": "1"}, {}),
        ("pool", {"price": "1", "minutes": "0"}, {}),
        ("per_unit", {"product": "pc"}, {}),
        ("per_unit", {"product": "pc", "tiers": [{"price": "1"}, {"up_to": "5", "price": "2"}]}, {}),
        ("milestone", {"price": "1", "steps": []}, {}),
        ("milestone", {"price": "1", "steps": [STEPS[0], STEPS[0]]}, {}),
        ("tm", {}, {"timing": "advance"}),
        ("fixed", {"price": "1"}, {"minimum": "10", "cap": "5"}),
    ],
)
def test_terms_nobody_can_bill_are_refused(
    books: Books, kind: str, terms: dict[str, Any], options: dict[str, Any]
) -> None:
    made = agree(books)
    (version,) = versions_of(books.session, books.tenant_id, made.id)
    with pytest.raises(ValidationError):
        actions.add_item(books.session, books.tenant_id, version.id, "x", kind, "X", terms, day(6), options)


def test_a_version_that_began_is_not_edited(books: Books) -> None:
    made = agree(books, ("care", "fixed", {"price": "50000"}, {}))
    (begun,) = versions_of(books.session, books.tenant_id, made.id)
    coming = next_version(books, made, day(8, hour=0))
    actions.carry_items(books.session, books.tenant_id, begun.id, coming.id)
    put = (books.session, books.tenant_id)
    with pytest.raises(Refused):
        actions.put_item(*put, begun.id, "care", "fixed", "Care", {"price": "60000"}, day(7))
    actions.put_item(*put, coming.id, "care", "fixed", "Care", {"price": "60000"}, day(7))
    actions.put_item(*put, coming.id, "more", "tm", "More", {}, day(7))
    actions.remove_item(*put, coming.id, "more", day(7))
    assert (figures(books, JULY), figures(books, AUGUST)) == ([("fee", 50000)], [("fee", 60000)])


def test_carrying_items_twice_is_carrying_them_once(books: Books) -> None:
    made = agree(books, ("care", "fixed", {"price": "50000"}, {}))
    (begun,) = versions_of(books.session, books.tenant_id, made.id)
    coming = next_version(books, made, day(8, hour=0))
    for _ in range(2):
        actions.carry_items(books.session, books.tenant_id, begun.id, coming.id)
    rows = books.session.scalars(select(ContractItem).where(ContractItem.version_id == coming.id)).all()
    assert [(row.key, row.terms) for row in rows] == [("care", {"price": "50000"})]
