"""What is open, and for how long, on any day: open = total - paid - credited."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from billing.rules.money import Money, total

Bucket = Literal["current", "1-30", "31-60", "61-90", "over 90"]
BUCKETS: Final[tuple[tuple[Bucket, int], ...]] = (("current", 0), ("1-30", 30), ("31-60", 60), ("61-90", 90))
Dated = tuple[date, Money]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """An issued document and what came in on it, dated; a payment taken back is negative."""

    number: str
    issued: date
    due: date
    total: Money
    paid: tuple[Dated, ...] = ()
    credited: tuple[Dated, ...] = ()
    disputed: Money | None = None

    def open_on(self, day: date) -> Money:
        """What was open at the end of a day; nothing before the document's own. May be negative."""
        currency = self.total.currency
        if day < self.issued:
            return Money.zero(currency)
        return self.total - total((amount for on, amount in (*self.paid, *self.credited) if on <= day), currency)


def bucket_of(due: date, day: date) -> Bucket:
    """By days past due: due that day or later is current."""
    past = (day - due).days
    return next((bucket for bucket, limit in BUCKETS if past <= limit), "over 90")


def ageing(claims: Iterable[Claim], day: date, currency: str) -> dict[Bucket, Money]:
    """The open amounts of a day by bucket, every bucket named. Raises `MixedCurrenciesError`."""
    names: tuple[Bucket, ...] = (*(bucket for bucket, _ in BUCKETS), "over 90")
    sums = {bucket: Money.zero(currency) for bucket in names}
    for claim in claims:
        bucket = bucket_of(claim.due, day)
        sums[bucket] += claim.open_on(day)
    return sums
