"""Figures as a test states them."""

from decimal import Decimal


def figures(text: str) -> tuple[Decimal, ...]:
    """The numbers of a sentence like "900 225.50", exactly."""
    return tuple(Decimal(number) for number in text.split())
