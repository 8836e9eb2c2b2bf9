"""What was said of a line of an invoice, and where it stands by that: accepted, in question, settled, or nothing."""

from collections.abc import Iterable
from typing import Final, Literal

Standing = Literal["", "accepted", "questioned", "settled"]
BY_CLIENT: Final = ("accept", "question", "say", "withdraw")
BY_DESK: Final = ("say", "settle")
_AFTER: Final[dict[str, Standing]] = {
    "accept": "accepted",
    "question": "questioned",
    "settle": "settled",
    "withdraw": "",
}


def standing(kinds: Iterable[str]) -> Standing:
    """The last word that decides, of all in their order; a mere answer decides nothing."""
    now: Standing = ""
    for kind in kinds:
        now = _AFTER.get(kind, now)
    return now


def fits(now: Standing, kind: str, by_desk: bool) -> bool:
    """Whether a side may say this as things stand: one settles or withdraws only what is in question."""
    if kind not in (BY_DESK if by_desk else BY_CLIENT):
        return False
    if kind in {"settle", "withdraw"}:
        return now == "questioned"
    return not (kind == "accept" and now == "accepted") and not (kind == "question" and now == "questioned")
