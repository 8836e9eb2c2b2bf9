"""Rounding time: a value to a step, a span's ends, and the sum of a scope given back to its entries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Literal

from billing.rules.money import Direction, Number, round_to, share_out

StepMode = Literal["up", "down", "nearest"]
SpanMode = Literal["outward", "up", "down", "nearest"]
Tie = Literal["up", "down"]
Scope = Literal["ticket", "ticket_day", "entry"]

MINUTE = 60


@dataclass(frozen=True, slots=True)
class TimeRule:
    """How worked time becomes charged time. Step and minimum in minutes; a step of 0 keeps the seconds."""

    name: str = "exact"
    scope: Scope = "ticket"
    step: int = 0
    mode: StepMode = "up"
    tie: Tie = "up"
    minimum: int = 0


@dataclass(frozen=True, slots=True)
class SpanRule:
    """How begin, end and the length between them are rounded before all else. Steps in minutes, 0 for none."""

    begin_step: int = 0
    end_step: int = 0
    length_step: int = 0
    mode: SpanMode = "outward"
    tie: Tie = "up"


@dataclass(frozen=True, slots=True)
class Span:
    """A rounded span; `seconds` is its own rounded length and need not be the distance of the ends."""

    begin: datetime
    end: datetime
    seconds: int


def to_step(seconds: Number, step: int, mode: StepMode, tie: Tie = "up") -> int:
    """Whole seconds to a multiple of `step` seconds, which is above 0; a tie goes up unless told otherwise."""
    direction: Direction = mode if mode != "nearest" else ("half_up" if tie == "up" else "half_down")
    return int(round_to(Fraction(seconds) / step, 0, direction)) * step


def _clock_to_step(instant: datetime, step: int, mode: StepMode, tie: Tie) -> datetime:
    """Steps are counted on the clock the instant is written in; the distance moved is real time."""
    if not step:
        return instant
    reading = instant.replace(tzinfo=None, fold=0) - datetime(1970, 1, 1)  # noqa: DTZ001 (a reading, no instant)
    seconds = Fraction(reading // timedelta(microseconds=1), 1_000_000)
    moved = timedelta(microseconds=int((to_step(seconds, step * MINUTE, mode, tie) - seconds) * 1_000_000))
    if instant.tzinfo is None:
        return instant + moved
    return (instant.astimezone(UTC) + moved).astimezone(instant.tzinfo)


def _real_seconds(begin: datetime, end: datetime) -> Fraction:
    if begin.tzinfo is not None and end.tzinfo is not None:
        begin, end = begin.astimezone(UTC), end.astimezone(UTC)
    return Fraction((end - begin) // timedelta(microseconds=1), 1_000_000)


def round_span(begin: datetime, end: datetime, rule: SpanRule) -> Span:
    """Begin and end on the wall clock of their zone, then the length between those; never below zero."""
    modes: tuple[StepMode, StepMode, StepMode] = (
        ("down", "up", "up") if rule.mode == "outward" else (rule.mode, rule.mode, rule.mode)
    )
    first = _clock_to_step(begin, rule.begin_step, modes[0], rule.tie)
    last = _clock_to_step(end, rule.end_step, modes[1], rule.tie)
    length = max(Fraction(), _real_seconds(first, last))
    step = rule.length_step * MINUTE or 1
    return Span(first, last, to_step(length, step, modes[2] if rule.length_step else "nearest", rule.tie))


def rounded_total(seconds: Number, rule: TimeRule) -> Number:
    """The charged seconds of a whole scope: zero or less is zero, with no minimum; else the minimum, then the step."""
    if seconds <= 0:
        return 0
    charged = max(seconds, rule.minimum * MINUTE)
    return to_step(charged, rule.step * MINUTE, rule.mode, rule.tie) if rule.step else charged


def round_scope(seconds: Sequence[Number], rule: TimeRule) -> tuple[Number, ...]:
    """Charged seconds of each part of one scope, from its worked (billable) seconds; the sum is kept.

    Whole minutes by largest remainder over the worked shares where the rule has a minimum or a step (and the sum is
    whole minutes), else as they are.
    """
    charged = rounded_total(sum((Fraction(part) for part in seconds), Fraction()), rule)
    if not charged:
        return (0,) * len(seconds)
    if not (rule.step or rule.minimum) or charged % MINUTE:
        return tuple(seconds)
    return tuple(share * MINUTE for share in share_out(int(charged) // MINUTE, seconds))
