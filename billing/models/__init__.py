"""What work is worth, kept: time entries, rates, contract items, drafts, documents and their series."""

from billing.models.accounts import BillingAccount, Issuer, NumberSeries, SeriesLink, TaxRate
from billing.models.afterwards import Dispatch, LineWord, Opening, Reminded
from billing.models.counts import CountedTicket, CountTick, MilestoneReached, TicketItem, TicketTally, UnitCount
from billing.models.documents import BilledAhead, Document, DocumentLine, DocumentSource, DocumentTax, Rendering
from billing.models.drafts import DocumentDraft, DraftLine, DraftSource, LineOverride, ManualLine
from billing.models.journal import ExportBatch, JournalRow
from billing.models.money_in import Allocation, BankImport, BankLine, OpenDocument, Payment
from billing.models.prepaid import AccountDiscount, Lot, PrepaidStanding
from billing.models.prices import ContractItem, ContractTime, CostRate, DeskRate, TenantRate, TenantWorkType, WorkType
from billing.models.runs import Run, RunItem
from billing.models.time import EntryState, TimeChange, TimeEntry, TimeNote, WriteOff
from billing.models.timers import PassedOver, Timer, Visit

__all__ = [
    "AccountDiscount",
    "Allocation",
    "BankImport",
    "BankLine",
    "BilledAhead",
    "BillingAccount",
    "ContractItem",
    "ContractTime",
    "CostRate",
    "CountTick",
    "CountedTicket",
    "DeskRate",
    "Dispatch",
    "Document",
    "DocumentDraft",
    "DocumentLine",
    "DocumentSource",
    "DocumentTax",
    "DraftLine",
    "DraftSource",
    "EntryState",
    "ExportBatch",
    "Issuer",
    "JournalRow",
    "LineOverride",
    "LineWord",
    "Lot",
    "ManualLine",
    "MilestoneReached",
    "NumberSeries",
    "OpenDocument",
    "Opening",
    "PassedOver",
    "Payment",
    "PrepaidStanding",
    "Reminded",
    "Rendering",
    "Run",
    "RunItem",
    "SeriesLink",
    "TaxRate",
    "TenantRate",
    "TenantWorkType",
    "TicketItem",
    "TicketTally",
    "TimeChange",
    "TimeEntry",
    "TimeNote",
    "Timer",
    "UnitCount",
    "Visit",
    "WorkType",
    "WriteOff",
]
