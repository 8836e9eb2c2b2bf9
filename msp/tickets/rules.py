"""What is true about tickets: states, kinds, priorities, keys and search tokens."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum


class Status(StrEnum):
    """The codes of sla.md 2."""

    NEW = "new"
    OPEN = "open"
    PENDING_CLIENT = "pending_client"
    PENDING_VENDOR = "pending_vendor"
    SCHEDULED = "scheduled"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    MERGED = "merged"


UNDONE = (Status.NEW, Status.OPEN, Status.PENDING_CLIENT, Status.PENDING_VENDOR, Status.SCHEDULED)
WAITING = (Status.PENDING_CLIENT, Status.PENDING_VENDOR, Status.SCHEDULED)
DONE = (Status.RESOLVED, Status.CLOSED)
GONE = (Status.CANCELLED, Status.MERGED)


class TicketKind(StrEnum):
    """A question is not a trouble and a complaint is neither (product.md)."""

    QUESTION = "question"
    TROUBLE = "trouble"
    COMPLAINT = "complaint"
    REQUEST = "request"


class Channel(StrEnum):
    """How words reached us."""

    MAIL = "mail"
    PHONE = "phone"
    PORTAL = "portal"
    CHAT = "chat"
    DESK = "desk"


class Level(StrEnum):
    """Impact (how many are hit) and urgency (how soon it hurts)."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


PRIORITIES = ("P1", "P2", "P3", "P4")
_MATRIX = {
    (Level.HIGH, Level.HIGH): "P1",
    (Level.HIGH, Level.MEDIUM): "P2",
    (Level.MEDIUM, Level.HIGH): "P2",
    (Level.HIGH, Level.LOW): "P3",
    (Level.MEDIUM, Level.MEDIUM): "P3",
    (Level.LOW, Level.HIGH): "P3",
    (Level.MEDIUM, Level.LOW): "P4",
    (Level.LOW, Level.MEDIUM): "P4",
    (Level.LOW, Level.LOW): "P4",
}


def priority_of(impact: str, urgency: str) -> str:
    """ITIL's matrix of impact and urgency, P1 (worst) to P4."""
    return _MATRIX[Level(impact), Level(urgency)]


_UP = {Level.LOW: Level.MEDIUM, Level.MEDIUM: Level.HIGH, Level.HIGH: Level.HIGH}


def raised(impact: str, urgency: str) -> tuple[Level, Level]:
    """(impact, urgency) of the next better priority: more urgent first, and where that is all, hitting more."""
    now = priority_of(impact, urgency)
    hits, hurts = Level(impact), Level(urgency)
    while priority_of(hits, hurts) == now and (hits, hurts) != (Level.HIGH, Level.HIGH):
        hits, hurts = (hits, _UP[hurts]) if hurts is not Level.HIGH else (_UP[hits], hurts)
    return hits, hurts


_MOVES: dict[Status, frozenset[Status]] = {
    **{status: frozenset({*UNDONE, *DONE, *GONE}) - {Status.NEW} for status in UNDONE},
    Status.RESOLVED: frozenset({Status.OPEN, Status.CLOSED}),
    Status.CLOSED: frozenset({Status.OPEN}),
    Status.CANCELLED: frozenset({Status.OPEN}),
    Status.MERGED: frozenset(),
}


def may_become(now: str, then: str) -> bool:
    """Whether a ticket may go from one status to the other. A merged one stays merged; undoing is its own act."""
    return Status(then) in _MOVES[Status(now)] and now != then


LONGEST_TOKEN = 32
MOST_TOKENS = 1500
_WORD = re.compile(r"[^\W_]+")
_NO_SPACES = re.compile(
    "[\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"
)


def tokens(text: str) -> set[str]:
    """The search tokens of a text: words in NFKC and lower case, pairs of signs where no spaces are written."""
    found: set[str] = set()
    for token in _tokens(unicodedata.normalize("NFKC", text).lower()):
        found.add(token)
        if len(found) >= MOST_TOKENS:
            break
    return found


def query_tokens(text: str) -> list[tuple[str, bool]]:
    """What to look for: (token, as prefix), all of them in one ticket; a single Japanese sign is a prefix."""
    found: dict[str, bool] = {}
    for word in _WORD.findall(unicodedata.normalize("NFKC", text).lower()):
        for part, spaceless in _parts(word):
            if not spaceless:
                found[part[:LONGEST_TOKEN]] = True
            elif len(part) == 1:
                found[part] = True
            else:
                found |= {part[i : i + 2]: False for i in range(len(part) - 1)}
    return list(found.items())


def _tokens(text: str) -> Iterator[str]:
    for word in _WORD.findall(text):
        for part, spaceless in _parts(word):
            if spaceless:
                yield from (part[i : i + 2] for i in range(len(part)))
            else:
                yield part[:LONGEST_TOKEN]


def _parts(word: str) -> Iterator[tuple[str, bool]]:
    """Pieces of a word with whether they are written without spaces (kana, kanji)."""
    at = 0
    for match in _NO_SPACES.finditer(word):
        if match.start() > at:
            yield word[at : match.start()], False
        yield match[0], True
        at = match.end()
    if at < len(word):
        yield word[at:], False
