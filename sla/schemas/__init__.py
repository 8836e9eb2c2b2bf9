"""What may come in about calendars, contracts and packs; one schema reads a form and the JSON of a program."""

from sla.schemas.calendars import CalendarSchema, DueSchema, RestatementSchema
from sla.schemas.spans import local_instant
from sla.schemas.terms import PackSchema, VersionSchema

__all__ = [
    "CalendarSchema",
    "DueSchema",
    "PackSchema",
    "RestatementSchema",
    "VersionSchema",
    "local_instant",
]
