"""When a calendar is open; count and add open time in O(log n)."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sla.rules.calendar import Calendar
from sla.rules.years import EPOCH_DAY, FIRST_YEAR, LAST_YEAR, Year, compiled, joined, openings
from sla.rules.zones import DAY, zone

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BEFORE_ALL, _AFTER_ALL = -(1 << 62), 1 << 62
_LONGEST_YEAR = 367 * DAY


class _Table(NamedTuple):
    """The compiled years as one: entry 0 is an empty span before all time.

    `bases[i] + t` is the open time before an instant t of span i, `totals[i]` that before the span's end.
    """

    since: int
    until: int
    begins: list[int]
    ends: list[int]
    bases: list[int]
    totals: list[int]
    days: list[int]
    closings: list[int]
    first_year: int
    last_year: int


class Hours:
    """A calendar, compiled year by year as it is asked; build it once and keep it.

    Instants are epoch seconds (UTC), lengths seconds of open time. Instants outside the years 1900-2199 are refused
    with ValueError; what would be found only beyond them is None. Threads may share one.
    """

    __slots__ = ("_table", "_years", "calendar")

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self._years: dict[int, Year] = {}
        all_there_is = Year(_AFTER_ALL, _BEFORE_ALL, [], []) if calendar.open_weekly else _special_days(calendar)
        self._table = _tabulated([all_there_is], LAST_YEAR, FIRST_YEAR)

    def elapsed(self, begin: int, end: int) -> int:
        """Open seconds in [begin, end); 0 if the end is not after the begin."""
        if end <= begin:
            return 0
        table = self._table
        if begin < table[0] or end > table[1]:
            table = self._covering(begin, end)
        begins, ends, bases = table[2], table[3], table[4]
        i = bisect_right(begins, begin) - 1
        j = bisect_right(begins, end, i) - 1
        a, b = ends[i], ends[j]
        return bases[j] + (end if end < b else b) - bases[i] - (begin if begin < a else a)

    def add(self, at: int, seconds: int) -> int | None:
        """The first instant t >= at with elapsed(at, t) >= seconds."""
        if seconds <= 0:
            _refuse_negative(seconds)
            return at
        table = self._table
        if at < table[0] or at > table[1]:
            table = self._covering(at, at)
        i = bisect_right(table[2], at) - 1
        end = table[3][i]
        goal = table[4][i] + (at if at < end else end) + seconds
        while goal > table[5][-1]:
            grown = self._grown(table, 0, _years(goal - table[5][-1]))
            if grown is None:
                return None
            table = grown
        return goal - table[4][bisect_left(table[5], goal, i)]

    def add_late(self, at: int, seconds: int) -> int | None:
        """The last instant t with elapsed(at, t) <= seconds; None if nothing is left that could exceed it."""
        _refuse_negative(seconds)
        table = self._covering(at, at)
        goal = _before(table, at) + seconds
        while goal >= table.totals[-1]:
            grown = self._grown(table, 0, _years(goal - table.totals[-1]))
            if grown is None:
                return None
            table = grown
        return goal - table.bases[bisect_right(table.totals, goal)]

    def sub(self, at: int, seconds: int) -> int | None:
        """The last instant t <= at with elapsed(t, at) >= seconds."""
        if seconds <= 0:
            _refuse_negative(seconds)
            return at
        table = self._covering(at, at)
        while (goal := _before(table, at) - seconds) < 0:
            grown = self._grown(table, _years(-goal), 0)
            if grown is None:
                return None
            table = grown
        return goal - table.bases[bisect_right(table.totals, goal)]

    def sub_far(self, at: int, seconds: int) -> int | None:
        """The first instant t with elapsed(t, at) <= seconds; None if nothing before could exceed it."""
        _refuse_negative(seconds)
        table = self._covering(at, at)
        while (goal := _before(table, at) - seconds) <= 0:
            grown = self._grown(table, _years(-goal), 0)
            if grown is None:
                return None
            table = grown
        return goal - table.bases[bisect_left(table.totals, goal)]

    def end_of_day(self, at: int, days: int) -> int | None:
        """The last closing instant of the days-th open date after the local date of `at`.

        0 asks for that date itself, None if it is not open. A date whose spans have no length (one the zone skipped)
        is not open.
        """
        _refuse_negative(days)
        table = self._covering(at, at)
        today = zone(self.calendar.zone).reading(at) // DAY + EPOCH_DAY
        if days == 0:
            i = bisect_left(table.days, today)
            return table.closings[i] if i < len(table.days) and table.days[i] == today else None
        while (i := bisect_right(table.days, today) + days - 1) >= len(table.days):
            grown = self._grown(table, 0, _years((i - len(table.days)) * DAY))
            if grown is None:
                return None
            table = grown
        return table.closings[i]

    def is_open(self, at: int) -> bool:
        """Whether the second that begins at `at` is open time."""
        return self.elapsed(at, at + 1) == 1

    def closing(self, at: int) -> int | None:
        """The end of the open span that holds `at`, `at` itself while closed; None if it never closes."""
        table = self._covering(at, at + 1)
        while True:
            end = table.ends[bisect_right(table.begins, at) - 1]
            if end < table.until:
                return max(at, end)
            grown = self._grown(table, 0, 1)
            if grown is None:
                return None
            table = grown

    def spans(self, begin: int, end: int) -> Iterator[tuple[int, int]]:
        """The open spans within [begin, end), in order, none touching the next."""
        table = self._covering(begin, max(begin, end))
        i = bisect_right(table.begins, begin) - 1
        while i < len(table.begins) and table.begins[i] < end:
            a, b = max(begin, table.begins[i]), min(end, table.ends[i])
            if a < b:
                yield a, b
            i += 1

    def _covering(self, begin: int, end: int) -> _Table:
        """A table that knows both instants; one year more on a side where the local year differs from the UTC one."""
        table = self._table
        if begin >= table.since and end <= table.until:
            return table
        table = self._compiled(min(_year_of(begin), table.first_year), max(_year_of(end), table.last_year))
        if begin >= table.since and end <= table.until:
            return table
        wider = self._grown(table, int(begin < table.since), int(end > table.until))
        if wider is None:
            raise ValueError(f"an instant outside the years {FIRST_YEAR}-{LAST_YEAR}")
        return wider

    def _grown(self, table: _Table, earlier: int, later: int) -> _Table | None:
        first, last = table.first_year - earlier, table.last_year + later
        if first > last or first < FIRST_YEAR or last > LAST_YEAR:
            return None
        return self._compiled(first, last)

    def _compiled(self, first: int, last: int) -> _Table:
        for year in range(first, last + 1):
            if year not in self._years:
                self._years[year] = compiled(self.calendar, year)
        self._table = table = _tabulated([self._years[year] for year in range(first, last + 1)], first, last)
        return table


def _tabulated(years: list[Year], first: int, last: int) -> _Table:
    spans = [(_BEFORE_ALL, _BEFORE_ALL)]
    for year in years:
        for begin, end in year.spans:
            if begin == spans[-1][1]:
                spans[-1] = (spans[-1][0], end)
            else:
                spans.append((begin, end))
    bases, totals, total = [], [], 0
    for begin, end in spans:
        bases.append(total - begin)
        total += end - begin
        totals.append(total)
    closings = [closing for year in years for closing in year.closings]
    return _Table(
        years[0].begin,
        years[-1].end,
        [begin for begin, _ in spans],
        [end for _, end in spans],
        bases,
        totals,
        [day for day, _ in closings],
        [closing for _, closing in closings],
        first,
        last,
    )


def _special_days(calendar: Calendar) -> Year:
    """All there is of a calendar that opens on special days only, or never."""
    spans: list[tuple[int, int]] = []
    closings = []
    for day in sorted(calendar.special):
        if FIRST_YEAR <= day.year <= LAST_YEAR:
            opened = [span for span in openings(calendar, day, day.year) if span[0] < span[1]]
            spans += opened
            if opened:
                closings.append((day.toordinal(), max(end for _, end in opened)))
    return Year(_BEFORE_ALL, _AFTER_ALL, joined(spans), closings)


def _before(table: _Table, at: int) -> int:
    i = bisect_right(table.begins, at) - 1
    return table.bases[i] + min(at, table.ends[i])


def _year_of(at: int) -> int:
    try:
        year = (_EPOCH + timedelta(seconds=at)).year
    except OverflowError:
        year = LAST_YEAR + 1
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"an instant outside the years {FIRST_YEAR}-{LAST_YEAR}")
    return year


def _years(seconds: int) -> int:
    """Years that must be added before so much more can be open, at least one: what is out of reach is known at once."""
    return max(1, seconds // _LONGEST_YEAR)


def _refuse_negative(amount: int) -> None:
    if amount < 0:
        raise ValueError("a length of time is not negative")
