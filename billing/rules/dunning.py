"""Reminders: a list of proposals first, by level, never for what is questioned, never two on one day."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from billing.rules.ageing import Claim
from billing.rules.money import Money
from billing.rules.payments import in_turn


@dataclass(frozen=True, slots=True)
class Level:
    """A step of the ladder: from so many days past due, and so many days after the reminder before it."""

    name: str
    days_past_due: int
    days_since_last: int = 7


@dataclass(frozen=True, slots=True)
class Reminder:
    """A reminder that was sent for a document; `level` counts from 1."""

    number: str
    level: int
    sent: date


@dataclass(frozen=True, slots=True)
class Proposal:
    """A reminder somebody may send: the undisputed open amount at the next level."""

    number: str
    level: int
    name: str
    days_past_due: int
    amount: Money


def proposals(
    claims: Iterable[Claim], levels: Sequence[Level], sent: Sequence[Reminder], day: date
) -> tuple[Proposal, ...]:
    """What one tenant could be reminded of on a day, oldest due first; nothing on a day that had a reminder.

    Lines in question are taken off; a document with nothing else open is left out. The last level may be repeated.
    """
    if any(reminder.sent == day for reminder in sent):
        return ()
    return tuple(found for claim in in_turn(claims) if (found := _proposal(claim, levels, sent, day)) is not None)


def _proposal(claim: Claim, levels: Sequence[Level], sent: Iterable[Reminder], day: date) -> Proposal | None:
    amount = claim.open_on(day)
    if claim.disputed is not None:
        amount -= claim.disputed
    past = (day - claim.due).days
    if amount <= Money.zero(amount.currency) or past <= 0 or not levels:
        return None
    before = [reminder for reminder in sent if reminder.number == claim.number and reminder.sent <= day]
    number = min(max((reminder.level for reminder in before), default=0) + 1, len(levels))
    level = levels[number - 1]
    last = max((reminder.sent for reminder in before), default=None)
    rested = last is None or (day - last).days >= level.days_since_last
    if past < level.days_past_due or not rested:
        return None
    return Proposal(claim.number, number, level.name, past, amount)
