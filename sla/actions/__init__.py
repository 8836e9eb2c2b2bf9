"""Verbs on promises: agree on hours, terms and packs, fold tickets' clocks; they write and never commit."""

from sla.actions.calendars import add_calendar, change_hours, copy_holidays, edit_hours, open_calendar, restate_hours
from sla.actions.clocks import Standing, clock_rows, read_clocks, refold, refold_many, standing
from sla.actions.contracts import add_version, agree, first_contract, next_version, reword_version, withdraw_version
from sla.actions.packs import Offer, approve_pack, decide_charge, decline_pack, end_pack, propose_pack, withdraw_pack
from sla.actions.remeasuring import batch_done, carry_to_tickets, restamp, spread
from sla.actions.rosters import keep_roster, retire_roster, stand_in, take_back_swap

__all__ = [
    "Offer",
    "Standing",
    "add_calendar",
    "add_version",
    "agree",
    "approve_pack",
    "batch_done",
    "carry_to_tickets",
    "change_hours",
    "clock_rows",
    "copy_holidays",
    "decide_charge",
    "decline_pack",
    "edit_hours",
    "end_pack",
    "first_contract",
    "keep_roster",
    "next_version",
    "open_calendar",
    "propose_pack",
    "read_clocks",
    "refold",
    "refold_many",
    "restamp",
    "restate_hours",
    "retire_roster",
    "reword_version",
    "spread",
    "stand_in",
    "standing",
    "take_back_swap",
    "withdraw_pack",
    "withdraw_version",
]
