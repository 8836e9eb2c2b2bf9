"""What may come in: one schema reads the form, the JSON and what is stored."""

from billing.schemas.accounts import AccountSchema, IssuerSchema, RateSchema, SeriesSchema, WorkTypeSchema
from billing.schemas.items import OptionsSchema, read_item, read_terms
from billing.schemas.terms import DueSchema, TimeTermsSchema, read_due, read_time, read_travel
from billing.schemas.time import TimeSchema

__all__ = [
    "AccountSchema",
    "DueSchema",
    "IssuerSchema",
    "OptionsSchema",
    "RateSchema",
    "SeriesSchema",
    "TimeSchema",
    "TimeTermsSchema",
    "WorkTypeSchema",
    "read_due",
    "read_item",
    "read_terms",
    "read_time",
    "read_travel",
]
