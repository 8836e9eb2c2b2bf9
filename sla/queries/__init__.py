"""Questions about contracts, calendars and clocks; they read."""

from sla.queries.agreements import (
    calendar_history_of,
    calendar_of,
    calendar_versions_of,
    calendars_of,
    closed_until,
    contract_of,
    contracts_of,
    pack_of,
    packs_of,
    packs_to_charge,
    packs_waiting,
    remeasurings_of,
    version_of,
    versions_of,
)
from sla.queries.book import EMPTY, Book, book, compiled, drafted, reopen_window, woven
from sla.queries.clocks import clocks_of, escalations_of
from sla.queries.rosters import acknowledged, compiled_roster, roster, rosters, swaps_of

__all__ = [
    "EMPTY",
    "Book",
    "acknowledged",
    "book",
    "calendar_history_of",
    "calendar_of",
    "calendar_versions_of",
    "calendars_of",
    "clocks_of",
    "closed_until",
    "compiled",
    "compiled_roster",
    "contract_of",
    "contracts_of",
    "drafted",
    "escalations_of",
    "pack_of",
    "packs_of",
    "packs_to_charge",
    "packs_waiting",
    "remeasurings_of",
    "reopen_window",
    "roster",
    "rosters",
    "swaps_of",
    "version_of",
    "versions_of",
    "woven",
]
