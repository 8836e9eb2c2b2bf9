"""What work is worth, kept: time entries, rates, contract items, drafts, documents and their series."""

from billing.models.accounts import BillingAccount, Issuer, NumberSeries, SeriesLink, TaxRate
from billing.models.documents import BilledAhead, Document, DocumentLine, DocumentSource, DocumentTax, Rendering
from billing.models.drafts import DocumentDraft, DraftLine, DraftSource, LineOverride, ManualLine
from billing.models.prices import ContractItem, ContractTime, CostRate, DeskRate, TenantRate, TenantWorkType, WorkType
from billing.models.time import EntryState, TimeChange, TimeEntry, TimeNote, WriteOff
from billing.models.timers import PassedOver, Timer, Visit

__all__ = [
    "BilledAhead",
    "BillingAccount",
    "ContractItem",
    "ContractTime",
    "CostRate",
    "DeskRate",
    "Document",
    "DocumentDraft",
    "DocumentLine",
    "DocumentSource",
    "DocumentTax",
    "DraftLine",
    "DraftSource",
    "EntryState",
    "Issuer",
    "LineOverride",
    "ManualLine",
    "NumberSeries",
    "PassedOver",
    "Rendering",
    "SeriesLink",
    "TaxRate",
    "TenantRate",
    "TenantWorkType",
    "TimeChange",
    "TimeEntry",
    "TimeNote",
    "Timer",
    "Visit",
    "WorkType",
    "WriteOff",
]
