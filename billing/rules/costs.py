"""What an hour costs the desk on a day: an agent's own rate before that of his role, the latest that has begun."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Cost:
    """A price per hour from a day on, of an agent or of everybody in a role."""

    price: Decimal
    currency: str
    since: date
    agent: int | None = None
    role: str | None = None


def cost_on(costs: Iterable[Cost], agent: int, role: str, day: date) -> Cost | None:
    """The rate that holds on a day; None where nobody said any."""
    begun = [cost for cost in costs if cost.since <= day]
    own = [cost for cost in begun if cost.agent == agent]
    shared = [cost for cost in begun if cost.agent is None and cost.role == role]
    return max(own or shared, key=lambda cost: cost.since, default=None)


def cost_of(seconds: int, cost: Cost) -> Fraction:
    """Exactly what so many seconds cost; whoever shows it rounds once."""
    return Fraction(seconds, 3600) * Fraction(cost.price)


def shares(amount: Decimal, charged: Mapping[int, Fraction]) -> dict[int, Fraction]:
    """A line's amount over the entries behind it, by what was charged of each; nothing where nothing was."""
    whole = sum(charged.values(), Fraction())
    if not whole:
        return {}
    return {entry: Fraction(amount) * part / whole for entry, part in charged.items()}
