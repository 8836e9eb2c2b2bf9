"""Calendars, contracts with dated versions, clocks, escalations, outcomes and closed months: tables."""

from sla.models.calendars import Calendar, CalendarVersion
from sla.models.clocks import Clock, Escalation, Step
from sla.models.compliance import BreachReason, CreditProposal, CycleOutcome, Dispute, FrozenMonth
from sla.models.contracts import Contract, ContractVersion, Remeasuring, SurgePack
from sla.models.rosters import Acknowledgement, ClockProcess, Roster, Swap, Watcher

__all__ = [
    "Acknowledgement",
    "BreachReason",
    "Calendar",
    "CalendarVersion",
    "Clock",
    "ClockProcess",
    "Contract",
    "ContractVersion",
    "CreditProposal",
    "CycleOutcome",
    "Dispute",
    "Escalation",
    "FrozenMonth",
    "Remeasuring",
    "Roster",
    "Step",
    "SurgePack",
    "Swap",
    "Watcher",
]
