"""What the engine answers: lines that explain themselves, totals, and what keeps the document from being issued."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from billing.rules.money import Number
from billing.rules.periods import Period
from billing.rules.prepaid import Ledger, Lot
from billing.rules.timesheet.bands import Band
from billing.rules.totals import Adjustment, Line, Totals

Role = Literal[
    "time", "fee", "used", "overage", "sale", "prepayment", "units", "tickets", "milestone", "travel", "credit",
    "true_up", "cap", "manual",
]  # fmt: skip

Fault = Literal[
    "no_price", "no_tax_rate", "no_counts", "no_tier", "unknown_item", "two_items", "two_rates", "count_jump",
    "po_missing", "late_entry", "fair_use", "stale_count", "negative_total", "override_moved", "override_lost",
    "pool_low", "topped_up",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong or worth a look, about an entry, an item or a line, with the facts that tell why."""

    fault: Fault
    subject: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Use:
    """One entry's (ticket's, visit's) share in a line: worked and charged seconds, band, rule, the lot drawn from."""

    key: str
    ticket: str | None
    begin: datetime
    worked: Number
    charged: Number
    band: Band | None = None
    multiplier: Decimal = Decimal(1)
    rule: str = ""
    lot: str | None = None
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Explain:
    """How a line came about: the kind of calculation, its figures by name, and the uses behind it."""

    how: str
    figures: Mapping[str, Number | date | str] = field(default_factory=dict)
    uses: tuple[Use, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLine:
    """A line with its stable key. Text is made later from `role`, `name` and the explanation, in the reader's language.

    `unit` is a code of UN/ECE recommendation 20. `amount` is the line's net in the sense of the document's prices.
    """

    key: str
    role: Role
    name: str
    line: Line
    amount: Decimal
    explain: Explain
    unit: str = "C62"
    service: Period | None = None
    item: str | None = None
    work_type: str | None = None
    band: Band | None = None
    site: str | None = None
    account: str = ""
    po_number: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class AheadLine:
    """What an advance line billed, so that a later change knows what to credit. Price and quantity are per cycle.

    `item` is the item's key (with the tier's where it has tiers). Of two rows for one day the later one holds; a price
    or quantity of 0 means nothing is billed any more.
    """

    item: str
    begin: date
    end: date
    cycle: Period
    price: Decimal
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One tenant's document for one period. With errors or decisions it cannot be issued, but can be looked at.

    `covered` is work that stands on no line: a flat fee covers it, or there was nothing to charge. `ledgers` and the
    lots made (`new_lots`: grants, automatic purchases) are by item.
    """

    tenant: str
    period: Period
    currency: str
    lines: tuple[DocumentLine, ...]
    allowances: tuple[Adjustment, ...]
    totals: Totals
    errors: tuple[Finding, ...] = ()
    decisions: tuple[Finding, ...] = ()
    notices: tuple[Finding, ...] = ()
    ledgers: Mapping[str, Ledger] = field(default_factory=dict)
    new_lots: Mapping[str, tuple[Lot, ...]] = field(default_factory=dict)
    ahead: tuple[AheadLine, ...] = ()
    covered: tuple[Use, ...] = ()

    @property
    def can_be_issued(self) -> bool:
        return not self.errors and not self.decisions
