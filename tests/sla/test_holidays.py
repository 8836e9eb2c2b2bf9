"""Japan's holidays by the Act on National Holidays, and other countries' by their code."""

from datetime import date, timedelta

import pytest

from sla import holidays

DAY = timedelta(days=1)


def monday(year: int, month: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=-first.weekday() % 7 + 7 * (nth - 1))


def equinox(year: int, base: int) -> int:
    """The day of the month, by the Coast Guard's formula (valid 1980-2099) in hundredths of a thousandth of a day."""
    return (base + 242_194 * (year - 1980) - (year - 1980) // 4 * 1_000_000) // 1_000_000


def by_law(year: int) -> set[date]:
    """Articles 2 and 3 as they stand since 2007, with the laws made for 2019, 2020 and 2021."""
    named = {
        date(year, 1, 1),
        monday(year, 1, 2),
        date(year, 2, 11),
        date(year, 3, equinox(year, 20_843_100)),
        date(year, 4, 29),
        date(year, 5, 3),
        date(year, 5, 4),
        date(year, 5, 5),
        monday(year, 9, 3),
        date(year, 9, equinox(year, 23_248_800)),
        date(year, 11, 3),
        date(year, 11, 23),
    }
    marine, mountain, sports = monday(year, 7, 3), date(year, 8, 11), monday(year, 10, 2)
    if year == 2020:
        marine, mountain, sports = date(2020, 7, 23), date(2020, 8, 10), date(2020, 7, 24)
    if year == 2021:
        marine, mountain, sports = date(2021, 7, 22), date(2021, 8, 8), date(2021, 7, 23)
    named |= {marine, sports} | ({mountain} if year >= 2016 else set())
    if year <= 2018:
        named.add(date(year, 12, 23))
    if year >= 2020:
        named.add(date(year, 2, 23))
    if year == 2019:
        named |= {date(2019, 5, 1), date(2019, 10, 22)}
    between = {day + DAY for day in named if day + 2 * DAY in named and day + DAY not in named}
    substitutes = set()
    for day in sorted(named):
        if day.weekday() == 6:
            substitute = day + DAY
            while substitute in named:
                substitute += DAY
            substitutes.add(substitute)
    return named | substitutes | {day for day in between if day.weekday() != 6}


@pytest.mark.parametrize("year", range(2007, 2100))
def test_japans_holidays_are_those_of_the_law(year: int) -> None:
    assert holidays.dates("JP", year) == by_law(year)


def test_the_ten_days_of_2019_and_the_years_of_the_games() -> None:
    golden_week = {date(2019, 4, 27) + timedelta(days=i) for i in range(2, 10)}
    assert {
        day for day in holidays.dates("JP", 2019) if (day.month, day.day) >= (4, 27) and day.month <= 5
    } == golden_week
    assert date(2019, 12, 23) not in holidays.dates("JP", 2019)
    assert {date(2020, 7, 23), date(2020, 7, 24), date(2020, 8, 10)} <= holidays.dates("JP", 2020)
    assert date(2020, 10, 12) not in holidays.dates("JP", 2020)
    assert {date(2021, 7, 22), date(2021, 7, 23), date(2021, 8, 9)} <= holidays.dates("JP", 2021)


def test_a_country_and_a_part_of_it() -> None:
    epiphany = date(2026, 1, 6)
    assert epiphany in holidays.dates("DE-BY", 2026)
    assert epiphany not in holidays.dates("DE", 2026)
    assert holidays.named("JP", 2026)[date(2026, 7, 20)] == "海の日"


@pytest.mark.parametrize("unknown", ["XX", "DE-QQ", "", "../JP"])
def test_an_unknown_set_is_refused(unknown: str) -> None:
    with pytest.raises(ValueError, match="unknown holiday set"):
        holidays.dates(unknown, 2026)
