"""Calendars, contracts with dated versions, clocks and escalations: tables."""

from sla.models.calendars import Calendar, CalendarVersion
from sla.models.clocks import Clock, Escalation
from sla.models.contracts import Contract, ContractVersion, Remeasuring, SurgePack
from sla.models.rosters import Acknowledgement, ClockProcess, Roster, Swap

__all__ = [
    "Acknowledgement",
    "Calendar",
    "CalendarVersion",
    "Clock",
    "ClockProcess",
    "Contract",
    "ContractVersion",
    "Escalation",
    "Remeasuring",
    "Roster",
    "SurgePack",
    "Swap",
]
