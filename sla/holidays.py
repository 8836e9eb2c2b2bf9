"""National holidays: a set and a year give dates, from the pinned package; calendars copy what they use."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

YEARS = range(2015, 2041)
"""The years whose dates a calendar copies."""


@lru_cache(maxsize=4_096)
def named(holiday_set: str, year: int) -> Mapping[date, str]:
    """The set's dates in a year with their names, in the country's own language.

    A set is a country's ISO code ("JP", "DE") or one with a subdivision ("DE-BY"). ValueError if it is unknown.
    Japan's include substitute and citizens' holidays (Act on National Holidays, article 3) and those of 2019-2021.
    """
    from holidays import country_holidays  # noqa: PLC0415 - most processes never ask for a holiday, and it takes 3 MB

    country, _, subdivision = holiday_set.partition("-")
    try:
        language = country_holidays(country).default_language
        found = country_holidays(country, subdiv=subdivision or None, years=year, language=language)
    except (NotImplementedError, KeyError, ValueError) as unknown:
        raise ValueError(f"unknown holiday set {holiday_set!r}") from unknown
    return {day: name for day, name in sorted(found.items()) if day.year == year}


@lru_cache(maxsize=4_096)
def dates(holiday_set: str, year: int) -> frozenset[date]:
    """The set's dates in a year."""
    return frozenset(named(holiday_set, year))
