"""How instants, durations, amounts and sizes are written for one reader; every other text comes from the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final, Literal

from jinja2 import Environment
from markupsafe import Markup

from billing.documents.figures import with_currency
from billing.rules.currencies import exponent_of
from billing.rules.money import Money, Number, round_to

Language = Literal["ja", "en"]

MINUS: Final = "\N{MINUS SIGN}"
HARD_SPACE: Final = "\N{NO-BREAK SPACE}"
DAY: Final = timedelta(days=1)
REMEMBERED: Final = 4_096
"""So many instants stay written out: a list names the same ones to whoever asks, and again a minute later."""
SIZES: Final = (("B", 1), ("KB", 1000), ("MB", 1000**2), ("GB", 1000**3))
WEEKDAYS_JA: Final = "月火水木金土日"
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

WORDS: Final[dict[Language, dict[str, str]]] = {
    "ja": {
        "minutes": "{m}分",
        "hours": "{h}時間",
        "hoursMinutes": "{h}時間{m}分",
        "seconds": "{s}秒",
        "left": "残り {time}",
        "over": "超過 {time}",
        "leftSoon": "残り 1分未満",
        "overSoon": "超過 1分未満",
        "paused": "停止中",
        "met": "達成",
        "missed": "未達",
        "none": "期限なし",
        "now": "たった今",
        "ago": "{time}前",
        "ahead": "{time}後",
    },
    "en": {
        "minutes": "{m} min",
        "hours": "{h} h",
        "hoursMinutes": "{h} h {m} min",
        "seconds": "{s} s",
        "left": "{time} left",
        "over": "{time} over",
        "leftSoon": "under 1 min left",
        "overSoon": "under 1 min over",
        "paused": "Paused",
        "met": "Met",
        "missed": "Missed",
        "none": "No target",
        "now": "just now",
        "ago": "{time} ago",
        "ahead": "in {time}",
    },
}


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a text is written: language, zone, and the instant at which he reads."""

    language: Language
    zone: tzinfo
    now: datetime


@lru_cache(maxsize=REMEMBERED)
def iso(instant: datetime) -> str:
    """UTC to the second, as machines read it: `2026-11-21T01:02:00Z`."""
    return f"{instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def day(on: date | datetime, reader: Reader) -> str:
    """`2026年11月21日(土)`, `21 Nov 2026`. An instant is first taken to the reader's zone."""
    here = on.astimezone(reader.zone) if isinstance(on, datetime) else on
    if reader.language == "ja":
        return f"{here.year}年{here.month}月{here.day}日({WEEKDAYS_JA[here.weekday()]})"
    return f"{here.day} {MONTHS[here.month - 1][:3]} {here.year}"


def month(of: date, reader: Reader) -> str:
    """`2026年11月`, `November 2026`."""
    return f"{of.year}年{of.month}月" if reader.language == "ja" else f"{MONTHS[of.month - 1]} {of.year}"


def moment_text(instant: datetime, reader: Reader) -> str:
    """In full: `2026年11月21日(土) 10:02`, `21 Nov 2026, 10:02 JST`. Japanese names zones but Japan's."""
    return _in_full(instant, reader.language, reader.zone)


@lru_cache(maxsize=REMEMBERED)
def _in_full(instant: datetime, language: Language, zone: tzinfo) -> str:
    here = instant.astimezone(zone)
    name = here.tzname() or "UTC"
    name = f"UTC{name}" if name[0] in "+-" else name
    on = day(here.date(), Reader(language, zone, instant))
    if language == "ja":
        return f"{on} {here:%H:%M}" + ("" if name == "JST" else f" {name}")
    return f"{on}, {here:%H:%M} {name}"


def day_compact(instant: datetime, reader: Reader) -> str:
    """`11/21`, `21 Nov`; with the year when it is not this one: `2025/11/21`, `21 Nov 2025`."""
    return _day_compact(instant, reader.language, reader.zone, reader.now.astimezone(reader.zone).year)


@lru_cache(maxsize=REMEMBERED)
def _day_compact(instant: datetime, language: Language, zone: tzinfo, this_year: int) -> str:
    here = instant.astimezone(zone)
    if language == "ja":
        return ("" if here.year == this_year else f"{here.year}/") + f"{here.month}/{here.day}"
    return f"{here.day} {MONTHS[here.month - 1][:3]}" + ("" if here.year == this_year else f" {here.year}")


def moment_compact(instant: datetime, reader: Reader) -> str:
    """`11/21 10:02`, `21 Nov 10:02`; the year stands before or in place of the hour when it is not this one."""
    on = day_compact(instant, reader)
    if reader.language == "en" and instant.astimezone(reader.zone).year != reader.now.astimezone(reader.zone).year:
        return on
    return f"{on} {clock_text(instant, reader)}"


def clock_text(instant: datetime, reader: Reader) -> str:
    """The hour on the reader's clock: `10:02`."""
    return f"{instant.astimezone(reader.zone):%H:%M}"


def span(seconds: int, language: Language) -> str:
    """A length in words, whole minutes, rounded down; from ten hours on without the minutes."""
    hours, minutes = divmod(abs(seconds) // 60, 60)
    words = WORDS[language]
    if not hours:
        return words["minutes"].format(m=minutes)
    return words["hoursMinutes" if minutes and hours < 10 else "hours"].format(h=hours, m=minutes)


def exact_span(seconds: int, language: Language) -> str:
    """A length in words to the minute, rounded down, however long it is: proof needs the minutes."""
    hours, minutes = divmod(abs(seconds) // 60, 60)
    form = "minutes" if not hours else "hoursMinutes" if minutes else "hours"
    return WORDS[language][form].format(h=hours, m=minutes)


def age(instant: datetime, reader: Reader) -> str:
    """Relative within a day of the reader's now, compact beyond it."""
    passed = reader.now - instant
    words = WORDS[reader.language]
    if abs(passed) >= DAY:
        return moment_compact(instant, reader)
    if abs(passed) < timedelta(minutes=1):
        return words["now"]
    seconds = int(abs(passed).total_seconds())
    whole_hours = seconds - seconds % 3600
    return words["ago" if passed > timedelta() else "ahead"].format(time=span(whole_hours or seconds, reader.language))


def sla_words(state: str, left: int | None, language: Language) -> str:
    """What an SLA chip says. `left`: seconds of open time to the promise, below zero once it is over."""
    words = WORDS[language]
    if state in ("track", "risk", "breach") and left is not None:
        way = "left" if left >= 0 else "over"
        return words[f"{way}Soon"] if abs(left) < 60 else words[way].format(time=span(left, language))
    return words[{"pause": "paused", "met": "met", "missed": "missed"}.get(state, "none")]


def hours_minutes(minutes: int) -> str:
    """Worked or billed time as `h:mm`."""
    hours, rest = divmod(abs(minutes), 60)
    return f"{MINUS if minutes < 0 else ''}{hours}:{rest:02}"


def digits(value: Decimal | int) -> str:
    """A number with thousands set apart and a true minus sign; its decimals stay as they are."""
    return f"{value:,f}".replace("-", MINUS) if isinstance(value, Decimal) else f"{value:,}".replace("-", MINUS)


def money(amount: Money | Decimal | int, currency: str | None, language: Language) -> str:
    """`¥3,214,500` for a Japanese reader, `JPY 3,214,500` and `EUR 16.13` else.

    Rounds nothing: a bare amount needs its currency, and one finer than the currency raises `ValueError`.
    """
    if not isinstance(amount, Money):
        if currency is None:
            raise ValueError("an amount without a currency")
        amount = Money(Decimal(amount), currency)
    return with_currency(digits(amount.amount), amount.currency, language)


def change(amount: Decimal, currency: str, language: Language) -> str:
    """A difference between two amounts; growth has its plus where a fall has its minus: `+¥1,200`, `JPY +1,200`."""
    fallen = money(-abs(amount), currency, language)
    return fallen.replace(MINUS, "+") if amount > 0 else fallen


def price(amount: Decimal, currency: str, language: Language) -> str:
    """A unit price, which may be finer than its currency: only the zeros behind the currency's decimals go."""
    decimals = max(exponent_of(currency), -int(amount.normalize().as_tuple().exponent))
    return with_currency(digits(round_to(amount, decimals, "down")), currency, language)


def percent(share: Number, language: Language, places: int = 1) -> str:
    """A share of one as a percentage, half up; what is not all or nothing never reads as 100 or 0."""
    exact = Fraction(share) * 100
    shown = round_to(exact, places, "half_up")
    least = Decimal((0, (1,), -places))
    if exact < 100 <= shown:
        shown -= least
    if exact > 0 >= shown:
        shown += least
    if shown == shown.to_integral_value() and exact in (0, 100):
        shown = Decimal(int(shown))
    return f"{digits(shown)}{'' if language == 'ja' else HARD_SPACE}%"


def file_size(octets: int) -> str:
    """`980 B`, `1.4 MB`, `12 MB`: decimal units, one decimal below ten, rounded up."""
    unit, factor = next((one for one in SIZES if octets < one[1] * 1000), SIZES[-1])
    tenths = -(-octets * 10 // factor)
    number = Decimal(tenths) / 10 if tenths < 100 else -(-octets // factor)
    return f"{number}{HARD_SPACE}{unit}"


def initials(name: str) -> str:
    """One or two characters for an avatar: of a Latin name the first and last initials, else the name's first two."""
    words = name.split()
    if not words:
        return "?"
    if words[0][0].isascii():
        return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()
    return words[0][:2]


def _time(instant: datetime, text: str, reader: Reader, *, relative: bool = False) -> Markup:
    full = moment_text(instant, reader)
    title = f' title="{full}"' if text != full else ""
    mark = " data-ago" if relative else ""
    return Markup(f'<time datetime="{iso(instant)}"{title}{mark}>{text}</time>')  # noqa: S704 - digits and our own words


def install(environment: Environment, reader: Callable[[], Reader]) -> None:
    """Add the filters; `reader` says, whenever one is used, for whom the page is written."""

    def said(write: Callable[..., Any]) -> Callable[..., Any]:
        return lambda value, *rest: write(value, *rest, reader())

    def spoken(write: Callable[..., Any]) -> Callable[..., Any]:
        return lambda value, *rest: write(value, *rest, reader().language)

    environment.filters.update(
        iso=iso,
        day=said(day),
        month=said(month),
        moment=said(lambda at, who: _time(at, moment_text(at, who), who)),
        moment_text=said(moment_text),
        moment_short=said(lambda at, who: _time(at, moment_compact(at, who), who)),
        clock=said(clock_text),
        ago=said(lambda at, who: _time(at, age(at, who), who, relative=abs(who.now - at) < DAY)),
        span=spoken(span),
        exact_span=spoken(exact_span),
        sla_words=spoken(sla_words),
        hours_minutes=hours_minutes,
        digits=digits,
        money=lambda amount, currency=None: money(amount, currency, reader().language),
        change=spoken(change),
        price=spoken(price),
        percent=lambda share, places=1: percent(share, reader().language, places),
        file_size=file_size,
        initials=initials,
    )
    environment.globals["time_words"] = lambda: WORDS[reader().language]
