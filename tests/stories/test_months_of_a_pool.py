"""A managed-service client in Japan: a pool that carries over, the evening, work entered late, and credit notes."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

from lxml import etree
from sqlalchemy import select

from billing import actions as billing
from billing.models import Document, TimeEntry
from tests.billing.electronic import against_schema
from tests.promises import OFFICE
from tests.stories.day import Desk
from tests.stories.months import Months, Said, sums

QUARTERS = {"step": 15}
TIME = {"rules": {"remote": QUARTERS, "on_site": QUARTERS | {"minimum": 60}},
        "multipliers": {"after": "1.25", "holiday": "1.35"}}  # fmt: skip
CARE: dict[str, Any] = {"price": "50000", "minutes": "600", "overage_rate": "10000", "rollover": 1}
CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"


def items(on_site: str) -> tuple[Said, ...]:
    """Ten remote hours a month, visits at a price of their own, and water at the reduced rate."""
    rates = {"rates": [{"price": on_site}]}
    return (
        ("care", "pool", "保守サービス", CARE, {"work_types": ["remote"]}),
        ("visits", "tm", "訪問", rates, {"work_types": ["on_site"]}),
        ("water", "fixed", "天然水", {"price": "3333"}, {"tax_code": "reduced"}),
    )


def begin(desk: Desk) -> Months:
    """From June at 12,000 a visit's hour, from July at 13,000."""
    story = Months(desk, desk.cast.acme)
    start = story.at(6, 1, 0)

    def act(session: Any) -> None:
        billing.add_work_type(session, "on_site", "オンサイト作業", "On-site work", mode="on_site")
        facts = {
            "address": "〒530-0001\n大阪府大阪市北区梅田3-1-3", "attention": "﨑山花子", "einvoice": "jp_pint",
            "endpoint": "1234567890123", "endpoint_scheme": "0188", "buyer_reference": "購買部-42",
        }  # fmt: skip
        billing.set_account(session, story.company.id, facts, start)

    story.does(act, start)
    story.agrees(start, OFFICE, TIME, *items("12000"))
    story.agrees(story.at(7, 1, 0), OFFICE, TIME, *items("13000"))
    return story


def test_four_months(desk: Desk) -> None:
    story = begin(desk)
    june(story)
    july = after_july(story)
    notes = credited(story, july)
    the_rest(story)
    electronic(story, july, notes[-1])
    story.is_over(date(2026, 10, 1))


def june(story: Months) -> None:
    """120 minutes by day; 60 by day and 120 in the evening at 1.25: 330 of 600. A visit of 100 minutes is 105.

    10 %: 50,000 + 105/60 x 12,000 = 71,000, tax 7,100. 8 %: 3,333, tax 266 (266.64 down).
    """
    story.works(story.at(6, 10, 10), 120)
    story.works(story.at(6, 11, 17), 180)
    story.works(story.at(6, 12, 13), 100, "on_site")
    made = story.month_end(6)
    assert story.figures(made) == [
        ("care", "fee", "50000"), ("care", "used", "0"), ("visits", "time", "21000"), ("water", "fee", "3333"),
    ]  # fmt: skip
    assert (made.number, *sums(made)) == ("INV-000001", "74333", "7366", "81699")
    assert story.left == {"care": 270}


def after_july(story: Months) -> Document:
    """Two hours of June are entered on 6 July: 60 minutes of the pool, drawn from June's 270, and a visit at 12,000.

    60 late + 480 + 120 on the Day of the Sea at 1.35 (162) + 240 = 942 of 270 + 600: 72 beyond, at 10,000 = 12,000.
    The visit of 23 July, 17:30 to 18:30: half an hour at 13,000 = 6,500, half an hour at 16,250 = 8,125.
    10 %: 50,000 + 12,000 + 12,000 + 6,500 + 8,125 = 88,625, tax 8,862 (.5 down). 8 %: 3,333, tax 266.
    """
    entered = story.at(7, 6)
    story.works(story.at(6, 25, 10), 60, "on_site", entered)
    story.works(story.at(6, 26, 10), 60, "remote", entered)
    story.works(story.at(7, 15, 9), 180)
    story.works(story.at(7, 15, 13), 300)
    story.works(story.at(7, 20, 10), 120)
    story.works(story.at(7, 22, 13), 240)
    story.works(story.at(7, 23, 17, 30), 60, "on_site")
    made = story.month_end(7)
    assert sorted(story.figures(made)) == [
        ("care", "fee", "50000"), ("care", "overage", "12000"), ("care", "used", "0"),
        ("visits", "time", "12000"), ("visits", "time", "6500"), ("visits", "time", "8125"), ("water", "fee", "3333"),
    ]  # fmt: skip
    assert sums(made) == ("91958", "9128", "101086")
    assert story.left == {"care": 0}
    (late,) = [line for line in story.lines(made) if line.amount == 12000 and line.role == "time"]
    assert (int(late.price), late.since, late.until) == (12000, date(2026, 6, 1), date(2026, 7, 1))
    assert "late_entry" in story.flags
    told = json.loads(made.snapshot)
    assert [each["charged"] for each in told["annex"] if each["on"] == "2026-07-22"] == [240 * 60]
    (balance,) = told["balances"]
    assert (balance["carried_in"], balance["granted"], balance["drawn"], balance["left"]) == ("270", "600", "870", "0")
    return made


def credited(story: Months, july: Document) -> list[Document]:
    """1,005 of the fee, tax 100 (100.5 down). Then 12,000 of the late visit and 1,005 more: 14,010 so far make 1,401,
    less 100 = 1,301 (alone they would make 1,300). The visit's hour is free again."""
    lines = {(line.role, int(line.amount)): line.key for line in story.lines(july)}
    fee, late = lines["fee", 50000], lines["time", 12000]
    first = story.credits(july, {fee: Decimal(1005)}, story.at(8, 10))
    second = story.credits(july, {fee: Decimal(1005), late: Decimal(12000)}, story.at(8, 11), late)
    assert [(note.number, *sums(note)) for note in (first, second)] == [
        ("CN-000001", "1005", "100", "1105"), ("CN-000002", "13005", "1301", "14306"),
    ]  # fmt: skip
    states = story.reads(
        lambda session: session.scalars(select(TimeEntry.worked_on).where(TimeEntry.state == "approved")).all()
    )
    assert states == [date(2026, 6, 25)]
    return [first, second]


def the_rest(story: Months) -> None:
    """August: the visit of June once more at June's 12,000; 120 of 600 used. September: nothing but the fees; August's
    480 are lost at its end, its own 600 stay."""
    story.works(story.at(8, 3, 10), 120)
    august = story.month_end(8)
    assert sorted(story.figures(august)) == [
        ("care", "fee", "50000"), ("care", "used", "0"), ("visits", "time", "12000"), ("water", "fee", "3333"),
    ]  # fmt: skip
    assert sums(august) == ("65333", "6466", "71799")
    assert story.left == {"care": 480}
    september = story.month_end(9)
    assert sums(september) == ("53333", "5266", "58599")
    assert story.left == {"care": 600}


def electronic(story: Months, july: Document, note: Document) -> None:
    """Both go out as PINT for Japan, the reduced rate in its own category, the note with positive amounts."""
    for document in (july, note):
        assert against_schema(story.file(document, "ubl")) == []
    sent, back = (etree.fromstring(story.file(each, "ubl")) for each in (july, note))
    assert sent.findtext(f"{CBC}CustomizationID") == "urn:peppol:pint:billing-1@jp-1"
    assert sent.findtext(f"{CBC}ProfileID") == "urn:peppol:bis:billing"
    ends = [(each.get("schemeID"), each.text) for each in sent.iter(f"{CBC}EndpointID")]
    assert ends == [("0221", "T7000012050002"), ("0188", "1234567890123")]
    assert {each.text for each in sent.iter(f"{CBC}Percent")} == {"8", "10"}
    assert back.findtext(f"{CBC}CreditNoteTypeCode") == "381"
    assert back.findtext(f".//{CBC}PayableAmount") == "14306"
    assert july.number in [each.text for each in back.iter(f"{CBC}ID")]
