"""Weave a contract's versions, the surge packs over them and the edits of their calendars into one chain."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Facts = Mapping[str, Any]
"""Terms in the format of sla.md 5."""

BY_PRIORITY: Final = ("targets", "calendar_by_priority")
BEGINS: Final = "improve"
FALLS_BACK: Final = "pinned"


@dataclass(frozen=True, slots=True)
class Base:
    """A version of the contract as it was agreed; it holds until the next one starts."""

    id: int
    starts: int
    mode: str
    terms: Facts


@dataclass(frozen=True, slots=True)
class Pack:
    """An approved surge pack in [starts, ends): what its terms say goes before the contract's, all else stays."""

    id: int
    starts: int
    ends: int
    terms: Facts


@dataclass(frozen=True, slots=True)
class Piece:
    """Terms that hold from an instant until the next piece, named by where they come from; see `origin`."""

    name: str
    starts: int
    mode: str
    terms: Facts


@dataclass(frozen=True, slots=True)
class Origin:
    """The version a piece comes from, its start, and the packs that lie over it."""

    version_id: int
    starts: int
    packs: tuple[int, ...]


def origin(name: str) -> Origin | None:
    """Read a piece's name, "12@1780272000" or "12@1780272000+3"; None for terms nobody agreed on."""
    version, at, rest = name.partition("@")
    if not at:
        return None
    starts, *packs = rest.split("+")
    return Origin(int(version), int(starts), tuple(map(int, packs)))


def weave(versions: Sequence[Base], packs: Iterable[Pack], edits: Mapping[str, Sequence[int]]) -> list[Piece]:
    """The chain. `versions` oldest first, `edits` the instants at which each calendar was edited.

    A pack begins by `improve` and falls back by `pinned` (sla.md 3), also over a version that begins in between. A
    version crosses over by its own mode, an edit of a calendar in use by `carry`.
    """
    bought = sorted((pack for pack in packs if pack.starts < pack.ends), key=lambda pack: (pack.starts, pack.id))
    borders = {version.starts for version in versions}
    borders |= {border for pack in bought for border in (pack.starts, pack.ends)}
    edited = {name: set(instants) for name, instants in edits.items()}
    borders.update(*edited.values())
    chain: list[Piece] = []
    for at in sorted(borders):
        below = [version for version in versions if version.starts <= at]
        if not below:
            continue
        active = [pack for pack in bought if pack.starts <= at < pack.ends]
        terms = below[-1].terms
        for pack in active:
            terms = laid_over(terms, pack.terms)
        mode = _mode(at, below[-1], bought)
        if mode is None:
            if not any(at in edited.get(name, ()) for name in calendars_named(terms)):
                continue
            mode = "carry"
        name = "+".join([f"{below[-1].id}@{at}", *(str(pack.id) for pack in active)])
        chain.append(Piece(name, at, mode, terms))
    return chain


def laid_over(terms: Facts, pack: Facts) -> dict[str, Any]:
    """What a pack says for a priority and metric, or of anything else, goes before the contract's word."""
    together = dict(terms) | {name: value for name, value in pack.items() if name not in BY_PRIORITY}
    targets = dict(terms.get("targets") or {})
    for priority, metrics in (pack.get("targets") or {}).items():
        targets[priority] = dict(targets.get(priority) or {}) | dict(metrics)
    calendars = dict(terms.get("calendar_by_priority") or {}) | dict(pack.get("calendar_by_priority") or {})
    return together | {"targets": targets, "calendar_by_priority": calendars}


def calendars_named(terms: Facts) -> set[str]:
    """The calendars by which terms count."""
    return {name for name in (terms.get("calendar"), *(terms.get("calendar_by_priority") or {}).values()) if name}


def _mode(at: int, version: Base, packs: Sequence[Pack]) -> str | None:
    """How running promises cross over; None where nothing but a calendar may have changed."""
    if any(pack.starts == at for pack in packs):
        return BEGINS
    if version.starts == at:
        return version.mode
    return FALLS_BACK if any(pack.ends == at for pack in packs) else None
