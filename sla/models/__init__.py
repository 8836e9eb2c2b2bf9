"""Calendars, contracts with dated versions, clocks and escalations: tables."""

from sla.models.calendars import Calendar, CalendarVersion
from sla.models.clocks import Clock, Escalation
from sla.models.contracts import Contract, ContractVersion, Remeasuring, SurgePack

__all__ = [
    "Calendar",
    "CalendarVersion",
    "Clock",
    "Contract",
    "ContractVersion",
    "Escalation",
    "Remeasuring",
    "SurgePack",
]
