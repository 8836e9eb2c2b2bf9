"""A client who buys hours ahead: hours that expire and hours that do not, purchases by themselves, what is beyond."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from billing import actions as billing
from billing.models import Document
from tenants.rules import Role
from tests.promises import OFFICE
from tests.stories.day import Desk
from tests.stories.months import Months, sums

BLOCK: dict[str, Any] = {"overage_rate": "12000", "overage_step": "15"}
TOP_UP = {"threshold": "120", "units": "600", "price": "100000", "periods_valid": 1}


def test_six_months(desk: Desk) -> None:
    story = Months(desk, desk.cast.acme)
    story.agrees(story.at(6, 1, 0), OFFICE, {}, ("hours", "block", "時間パック", BLOCK, {}))
    bought_and_used(story)
    beyond = used_up(story)
    bought_by_itself(story)
    note = story.credits(beyond, {story.lines(beyond)[-1].key: Decimal(10005)}, story.at(12, 3))
    assert sums(note) == ("10005", "1000", "11005")  # 1,000.5 down
    story.is_over(date(2026, 12, 1))


def used(story: Months, made: Document) -> dict[str, int]:
    (line,) = [line for line in story.lines(made) if line.role == "used"]
    return {name: int(value) for name, value in line.explain["figures"].items()}


def bought_and_used(story: Months) -> None:
    """1 June: 600 minutes for 100,000 on a sale of their own, until the end of August. 3 h of them in June: 420 left.

    6 July: 300 more for 54,000 on the month's invoice, for ever. 5 h in July come off those that end first: 120 + 300.
    1 h in August, then 60 of the first are lost; 300 stay.
    """
    story.does(lambda session: sell(session, story, 600, 100000, story.at(6, 1), periods_valid=2), story.at(6, 1))
    sale = story.sells(6, 1)
    assert (sale.number, *sums(sale)) == ("SL-000001", "100000", "10000", "110000")
    story.works(story.at(6, 10), 180)
    june = story.month_end(6)
    assert (story.figures(june), *sums(june)) == ([("hours", "used", "0")], "0", "0", "0")
    assert story.left == {"hours": 420}
    story.does(lambda session: sell(session, story, 300, 54000, story.at(7, 6), on_invoice=True), story.at(7, 6))
    story.works(story.at(7, 8, 13), 300)
    july = story.month_end(7)
    assert story.figures(july) == [("hours", "sale", "54000"), ("hours", "used", "0")]
    assert sums(july) == ("54000", "5400", "59400")
    assert story.left == {"hours": 420}
    story.works(story.at(8, 5), 60)
    august = story.month_end(8)
    assert sums(august) == ("0", "0", "0")
    assert used(story, august)["expired"] == 60
    assert story.left == {"hours": 300}


def used_up(story: Months) -> Document:
    """7 h 10 min in September: 430 of 300, 130 beyond, by quarters of an hour 135, at 12,000 an hour 27,000."""
    story.works(story.at(9, 10, 9), 430)
    made = story.month_end(9)
    assert story.figures(made) == [("hours", "used", "0"), ("hours", "overage", "27000")]
    assert sums(made) == ("27000", "2700", "29700")
    assert story.left == {"hours": 0}
    return made


def bought_by_itself(story: Months) -> None:
    """From October 600 more are bought for 100,000 once less than 120 are left, good until the end of the next month.

    7 October: 180 of nothing, so 600 are bought: 420 left. 21 October: 330 more leave 90, so 600 more: 690.
    November: 9 h leave 150, enough; they are lost at its end.
    """
    terms = BLOCK | {"top_up": TOP_UP}
    story.agrees(story.at(10, 1, 0), OFFICE, {}, ("hours", "block", "時間パック", terms, {}))
    story.works(story.at(10, 7), 180)
    story.works(story.at(10, 21), 330)
    october = story.month_end(10)
    assert story.figures(october) == [
        ("hours", "sale", "100000"), ("hours", "sale", "100000"), ("hours", "used", "0"),
    ]  # fmt: skip
    assert sums(october) == ("200000", "20000", "220000")
    assert used(story, october)["purchased"] == 1200
    assert story.left == {"hours": 690}
    story.works(story.at(11, 5, 9), 540)
    november = story.month_end(11)
    assert sums(november) == ("0", "0", "0")
    assert used(story, november)["expired"] == 150
    assert story.left == {"hours": 0}


def sell(session: Session, story: Months, units: int, price: int, at: datetime, **facts: Any) -> None:
    tenant_id, by_id = story.company.id, story.desk.cast.staff[Role.BILLER]
    billing.sell_lot(session, tenant_id, "hours", Decimal(units), Decimal(price), by_id, at, **facts)
