"""A month of promises as a page draws it; the client and the desk look at the same figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from flask_babel import format_date
from flask_babel import gettext as _

from msp.reports.compliance import Result, overall
from msp.reports.figures import Figure, Line
from msp.reports.year import MonthOf
from msp.web import charts
from msp.web.format import HARD_SPACE, Language
from sla.queries import Book
from sla.queries.book import seconds
from sla.rules.calendar import Calendar
from sla.rules.contract import METRICS
from sla.rules.zones import DAY

HOUR = 3600
NARROW = 360
ListUrl = Callable[..., str]
"""Answers the address of the list behind a figure; named words narrow it."""


@dataclass(frozen=True, slots=True)
class Card:
    """One promise of the month: its figure against the goal."""

    metric: str
    figure: Figure
    goal: Decimal | None
    kept: bool | None
    drawing: charts.Drawing | None
    url: str


@dataclass(frozen=True, slots=True)
class Tile:
    """A month to go to; `kept` says whether all its decided promises reach the highest goal."""

    month: date
    figure: Figure
    closed: bool
    here: bool


@dataclass(frozen=True, slots=True)
class Sight:
    """Everything a month's page draws, from one result."""

    result: Result
    whole: Figure
    cards: Sequence[Card]
    tiles: Sequence[Tile]
    year: charts.Drawing
    goal: Decimal | None
    reasons: Sequence[tuple[str, int, str]]
    pareto: charts.Drawing
    heat: charts.Drawing
    heat_rows: Sequence[charts.HeatRow]
    busiest: tuple[str, int, int] | None
    groups: Sequence[tuple[str, Sequence[tuple[str, Figure, str]]]]


def sight(result: Result, year: Sequence[MonthOf], book: Book, list_url: ListUrl, month_url: ListUrl) -> Sight:
    """Draw a month. Every figure knows the address of the list behind it."""
    rows, tiles = _week(result, book), _tiles(result, year)
    reasons = _reasons(result.missed, list_url)
    goal = max(result.goals.values(), default=None)
    return Sight(
        result,
        overall(result.figures),
        [_card(result, metric, list_url) for metric in METRICS if _counts(result.figures[metric])],
        tiles,
        _year(tiles[::-1], goal, month_url),
        goal,
        reasons,
        charts.bars(reasons, tone="2"),
        charts.heat(rows, tip=_("{name} {hour}:00: {count} missed")),
        rows,
        _busiest(rows),
        [_group(result, name, list_url) for name in ("priority", "site", "kind")],
    )


def share_text(share: Fraction | None, language: Language) -> str:
    """A share of one in percent with one decimal, rounded down: it never reads better than it was."""
    if share is None:
        return "–"
    return f"{share_number(share)}{'' if language == 'ja' else HARD_SPACE}%"


def share_number(share: Fraction | None) -> str:
    """The same without its sign; whole where it is all or nothing."""
    if share is None:
        return "–"
    exact = Decimal(100 * share.numerator) / share.denominator
    return str(int(exact)) if share in (0, 1) else str(exact.quantize(Decimal("0.1"), rounding=ROUND_DOWN))


def reason_text(code: str) -> str:
    """Why a promise was broken, in words."""
    words = {
        "volume": _("More requests than usual"),
        "staffing": _("Too few people on duty"),
        "handover": _("Lost in a hand-over"),
        "wrong_priority": _("Weighed too low at first"),
        "overlooked": _("Overlooked"),
        "vendor": _("Waiting for a vendor"),
        "parts": _("Waiting for parts"),
        "access": _("No access to the place or system"),
        "outage": _("Large outage"),
        "complex": _("Harder than expected"),
        "other": _("Another reason"),
        "-": _("No reason given yet"),
    }
    return str(words[code or "-"])


def _counts(figure: Figure) -> bool:
    return bool(figure.decided or figure.running or figure.cancelled)


def _card(result: Result, metric: str, list_url: ListUrl) -> Card:
    figure, goal = result.figures[metric], result.goals.get(metric)
    share = figure.agreed
    drawing = None
    if share is not None:
        drawing = charts.bullet(share, Fraction(goal) / 100 if goal is not None else Fraction(1), width=NARROW)
    return Card(metric, figure, goal, figure.keeps(goal), drawing, list_url(metric=metric, outcome="missed"))


def _tiles(result: Result, year: Sequence[MonthOf]) -> list[Tile]:
    """The months to go to, newest first, from the first in which anything was decided or that is looked at."""
    begun = [one.month for one in year if one.figure.decided or one.month == result.span.month]
    return [
        Tile(one.month, one.figure, one.closed, one.month == result.span.month)
        for one in reversed(year)
        if begun and one.month >= begun[0]
    ]


def _group(result: Result, name: str, list_url: ListUrl) -> tuple[str, list[tuple[str, Figure, str]]]:
    """The figures apart for each word of one kind, each with its list."""
    found = result.by(lambda line: line.word(name))
    return name, [(word, one, list_url(**{name: word})) for word, one in found.items() if _counts(one)]


def _year(year: Sequence[Tile], goal: Decimal | None, month_url: ListUrl) -> charts.Drawing:
    names = [_("kept"), _("missed"), _("left out")]
    piles = [
        charts.Pile(
            format_date(one.month, "LLL"),
            (one.figure.agreed_met, one.figure.agreed_missed, one.figure.excluded + one.figure.cancelled),
            month_url(one.month) if one.figure.decided else "",
        )
        for one in year
    ]
    return charts.stacked(piles, names, target=Fraction(goal) / 100 if goal is not None else None)


def _reasons(missed: Sequence[Line], list_url: ListUrl) -> list[tuple[str, int, str]]:
    """(reason in words, how many, the list), the most frequent first."""
    counts: dict[str, int] = {}
    for line in missed:
        counts[line.reason or "-"] = counts.get(line.reason or "-", 0) + 1
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return [(reason_text(code), count, list_url(outcome="missed", reason=code)) for code, count in ordered]


def _week(result: Result, book: Book) -> list[charts.HeatRow]:
    """When the requests came in whose promises broke: weekdays, and holidays apart, by the contract's clock."""
    zone = ZoneInfo(result.span.zone)
    name = calendar_name_of(book, result.span.begin) or calendar_name_of(book, result.as_of)
    calendar = book.hours[name].calendar if name else None
    names = [_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"), _("Holiday")]
    counts = [[0] * 24 for _name in names]
    for line in result.missed:
        here = line.started.astimezone(zone)
        holiday = calendar is not None and calendar.is_holiday(here.date())
        counts[7 if holiday else here.weekday()][here.hour] += 1
    service = _service(calendar) if calendar else [()] * 7
    rows = [
        charts.HeatRow(str(names[day]), tuple(counts[day]), tuple(service[day]), shaded=not service[day])
        for day in range(7)
    ]
    return [*rows, charts.HeatRow(str(names[7]), tuple(counts[7]), (), shaded=True)]


def calendar_name_of(book: Book, at: datetime) -> str:
    """The name in the book of the calendar that most promises in force at an instant count by; "" without one."""
    terms = book.terms.get(book.contract.holds(seconds(at)) or "")
    named = [promise.calendar for promise in (terms.promises if terms else {}).values() if promise.calendar]
    return max(named, key=named.count) if named else ""


def _service(calendar: Calendar) -> list[list[tuple[Fraction, Fraction]]]:
    """Service hours by weekday as (from, to) in hours of the day; what runs over midnight goes on the next day."""
    days: list[list[tuple[Fraction, Fraction]]] = [[] for _day in range(7)]
    for day, spans in enumerate(calendar.weekly):
        for begin, end in spans:
            days[day].append((Fraction(begin, HOUR), Fraction(min(end, DAY), HOUR)))
            if end > DAY:
                days[(day + 1) % 7].append((Fraction(0), Fraction(end - DAY, HOUR)))
    return [sorted(spans) for spans in days]


def _busiest(rows: Sequence[charts.HeatRow]) -> tuple[str, int, int] | None:
    """(day, hour, how many) of the fullest cell; None where nothing broke or no cell stands out."""
    cells = sorted(
        ((count, row.name, hour) for row in rows for hour, count in enumerate(row.counts) if count), reverse=True
    )
    if not cells or (len(cells) > 1 and cells[0][0] == cells[1][0]):
        return None
    count, name, hour = cells[0]
    return name, hour, count


def words_of(groups: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    """What of an address narrows a list: the known names with words in them."""
    return {name: word for name in names if (word := groups.get(name, "").replace("\0", ""))}
