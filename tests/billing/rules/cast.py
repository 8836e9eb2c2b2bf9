"""The tenant, contract and calendar most engine tests begin with."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from billing.rules.invoice.facts import Contract, Facts, Version
from billing.rules.invoice.items import Item, Rate, Tm
from billing.rules.periods import Period
from billing.rules.tax import DatedTax, Tax
from billing.rules.timesheet.bands import Band, Bands
from billing.rules.timesheet.parts import Entry, TimeTerms
from billing.rules.timesheet.steps import TimeRule
from billing.rules.totals import Terms
from sla.rules.calendar import Calendar, span
from sla.rules.hours import Hours

D = Decimal
TOKYO = "Asia/Tokyo"
JUNE = Period(date(2026, 6, 1), date(2026, 7, 1))
MAY = Period(date(2026, 5, 1), date(2026, 6, 1))
JULY = Period(date(2026, 7, 1), date(2026, 8, 1))
STANDARD = Tax("S", D(10))
TAXES = (DatedTax("standard", STANDARD), DatedTax("reduced", Tax("AA", D(8))))
YEN = Terms("JPY", tax="down")
START = date(2026, 1, 1)

OFFICE = Hours(
    Calendar(
        zone=TOKYO,
        weekly=(*((span("09:00", "12:00"), span("13:00", "18:00")),) * 5, (), ()),
        holidays=frozenset({date(2026, 6, 10)}),
    )
)


def bands(**multipliers: str) -> Bands:
    """The office in Tokyo with a night from 22 to 5 and these multipliers."""
    names: Sequence[Band] = ("business", "after", "holiday", "night")
    return Bands(OFFICE, span("22:00", "05:00"), {name: D(multipliers[name]) for name in names if name in multipliers})


PLAIN_TIME = TimeTerms(TOKYO, rules={"remote": TimeRule("quarter hours", step=15)})


def tokyo(day: int, hour: int = 10, minute: int = 0, month: int = 6) -> datetime:
    """An instant of 2026 by the clock in Tokyo."""
    return datetime(2026, month, day, tzinfo=UTC) + timedelta(hours=hour - 9, minutes=minute)


def worked(key: str, begin: datetime, minutes: int, work_type: str = "support", **more: str) -> Entry:
    """An entry of so many minutes on a ticket of its own, or on the one named."""
    end = begin + timedelta(minutes=minutes)
    told = {"ticket": f"T-{key}", **more}
    return Entry(
        key=key,
        begin=begin,
        end=end,
        seconds=minutes * 60,
        work_type=work_type,
        ticket=told["ticket"],
        item=told.get("item"),
        ticket_item=told.get("ticket_item"),
        site=told.get("site"),
        contract=told.get("contract"),
    )


def contract(*items: Item, key: str = "C1", time: TimeTerms = PLAIN_TIME, default: bool = False) -> Contract:
    """One open version from the first of January."""
    return Contract(key, (Version(begin=START, items=items, time=time),), default=default)


def hourly(price: str, key: str = "tm", work_type: str | None = None) -> Item:
    """Time at a price per hour, for one work type or as the contract's catch-all."""
    named = frozenset({work_type}) if work_type else frozenset[str]()
    return Item(key=key, name="Support by the hour", kind=Tm((Rate(D(price)),)), work_types=named)


def facts(*contracts: Contract, entries: Sequence[Entry] = (), period: Period = JUNE) -> Facts:
    """What the engine is told in most tests: June 2026, yen, tax beside the price."""
    return Facts(
        tenant="ACME",
        period=period,
        terms=YEN,
        desk_time=PLAIN_TIME,
        contracts=contracts,
        entries=tuple(entries),
        taxes=TAXES,
    )
