"""What somebody probably worked on, told from what he did: acts become spans, less what stands already."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

Kind = Literal["opened", "typed", "replied", "noted", "called", "changed"]
Matter = tuple[int, int]
"""A ticket: the tenant's id and its own."""
Taken = tuple[datetime, datetime]

GAP = timedelta(minutes=15)
"""Whoever does nothing for longer was away."""
LEAST = timedelta(minutes=1)
LEAD_IN: Mapping[Kind, timedelta] = {
    "opened": timedelta(),
    "typed": timedelta(minutes=2),
    "replied": timedelta(minutes=5),
    "noted": timedelta(minutes=3),
    "called": timedelta(minutes=5),
    "changed": timedelta(minutes=1),
}
"""How long before an act its work had begun, where nothing else says so."""


@dataclass(frozen=True, slots=True, order=True)
class Act:
    """Something an agent did on a ticket at an instant."""

    at: datetime
    matter: Matter
    kind: Kind


@dataclass(frozen=True, slots=True)
class Proposal:
    """A span in which somebody probably worked on one ticket; `kinds` are what he did, in order."""

    matter: Matter
    begin: datetime
    end: datetime
    kinds: tuple[Kind, ...]

    @property
    def seconds(self) -> int:
        return (self.end - self.begin) // timedelta(seconds=1)

    @property
    def glance(self) -> bool:
        """Whether he only looked."""
        return set(self.kinds) <= {"opened"}


def proposals(
    acts: Iterable[Act],
    taken: Iterable[Taken] = (),
    typed: Mapping[Matter, int] | None = None,
    gap: timedelta = GAP,
    least: timedelta = LEAST,
) -> tuple[Proposal, ...]:
    """Spans in order of time, none over another and none over what is `taken` (logged, timed, passed over).

    Between two acts no further apart than `gap` he was at work on the ticket of the first, until the lead-in of the
    second begins. `typed` are seconds logged without a time of day: they use up a ticket's earliest spans. What is
    shorter than `least` is not worth a line; a last act is given that much.
    """
    spans = _room_for_last(_joined(_stretches(sorted(set(acts)), gap)), least)
    free = [piece for span in spans for piece in _without(span, sorted(taken))]
    return tuple(span for span in _used_up(free, dict(typed or {})) if span.end - span.begin >= least)


def _stretches(acts: Sequence[Act], gap: timedelta) -> list[Proposal]:
    made: list[Proposal] = []
    before: Act | None = None
    for act in acts:
        begun = act.at - LEAD_IN[act.kind]
        if before is None or act.at - before.at > gap:
            begun = begun if before is None else max(begun, before.at)
        elif act.matter == before.matter:
            begun = before.at
        else:
            begun = max(begun, before.at)
            made.append(Proposal(before.matter, before.at, begun, ()))
        made.append(Proposal(act.matter, begun, act.at, (act.kind,)))
        before = act
    return made


def _joined(stretches: Iterable[Proposal]) -> list[Proposal]:
    """Neighbours of one ticket that touch are one."""
    made: list[Proposal] = []
    for one in stretches:
        last = made[-1] if made else None
        if last is not None and last.matter == one.matter and last.end == one.begin:
            kinds = last.kinds + tuple(kind for kind in one.kinds if kind not in last.kinds)
            made[-1] = replace(last, end=one.end, kinds=kinds)
        else:
            made.append(one)
    return made


def _room_for_last(spans: Sequence[Proposal], least: timedelta) -> list[Proposal]:
    """A span too short to be seen lasts until it can be, where nothing else begins."""
    made = []
    for place, one in enumerate(spans):
        until = spans[place + 1].begin if place + 1 < len(spans) else datetime.max.replace(tzinfo=one.end.tzinfo)
        made.append(replace(one, end=max(one.end, min(one.begin + least, until))))
    return made


def _without(span: Proposal, taken: Sequence[Taken]) -> list[Proposal]:
    pieces = []
    begin = span.begin
    for from_, to in taken:
        if to <= begin or from_ >= span.end:
            continue
        if from_ > begin:
            pieces.append(replace(span, begin=begin, end=from_))
        begin = max(begin, to)
    if begin < span.end:
        pieces.append(replace(span, begin=begin))
    return pieces


def _used_up(spans: Iterable[Proposal], typed: dict[Matter, int]) -> list[Proposal]:
    left = []
    for span in spans:
        used = min(typed.get(span.matter, 0), span.seconds)
        typed[span.matter] = typed.get(span.matter, 0) - used
        left.append(replace(span, begin=span.begin + timedelta(seconds=used)))
    return left
