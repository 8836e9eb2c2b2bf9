"""When: the week as a heat map, and one promise as a ribbon of running, paused and closed time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Final, Literal

from msp.web.charts.drawing import WIDE, Box, Drawing, Label, Line, near, text_width

CELL: Final = 27
ROW: Final = 24
SHADES: Final = 5

Kind = Literal["running", "paused", "closed", "stopped"]


@dataclass(frozen=True, slots=True)
class HeatRow:
    """One weekday (or the holidays): 24 counts by hour, and the service hours as (from, to) in hours of the day."""

    name: str
    counts: tuple[int, ...]
    service: tuple[tuple[Fraction | int, Fraction | int], ...] = ()
    shaded: bool = False


def heat(rows: Sequence[HeatRow], *, tip: str = "{name} {hour}:00: {count}") -> Drawing:
    """Weekday by hour. Shade 0 means none, the darkest is the busiest cell. Service hours are framed."""
    left, head = near(max((text_width(row.name) for row in rows), default=0) + 10), 20.0
    most = max((count for row in rows for count in row.counts), default=0)
    boxes, labels = [], []
    for hour in range(0, 25, 3):
        labels.append(Label(left + hour * CELL, 12, str(hour), "middle", "quiet"))
    for index, row in enumerate(rows):
        top = head + index * ROW
        labels.append(Label(left - 8, top + 16, row.name, "end", "quiet" if row.shaded else ""))
        if row.shaded:
            boxes.append(Box(left, top, 24 * CELL, ROW, "band"))
        for hour, count in enumerate(row.counts):
            shade = shade_of(count, most)
            said = tip.format(name=row.name, hour=hour, count=count)
            if shade or not row.shaded:
                boxes.append(Box(left + hour * CELL + 1, top + 1, CELL - 2, ROW - 2, f"h{shade}", said))
            if count:
                labels.append(Label(left + hour * CELL + CELL / 2, top + 16, f"{count}", "middle", f"h{shade}"))
    frames = tuple(_frames(rows, left, head))
    return Drawing(left + 24 * CELL + 2, head + len(rows) * ROW + 2, tuple(boxes) + frames, (), (), tuple(labels))


def shade_of(count: int, most: int) -> int:
    """0 for none, else 1 to 5 by fifths of the busiest cell."""
    return -(-count * SHADES // most) if count else 0


def _frames(rows: Sequence[HeatRow], left: float, head: float) -> list[Box]:
    frames: list[Box] = []
    open_above: dict[tuple[Fraction | int, Fraction | int], int] = {}
    for index, row in enumerate([*rows, HeatRow("", ())]):
        for hours, since in list(open_above.items()):
            if hours not in row.service:
                begin, end = hours
                x, wide = near(left + float(begin * CELL)), near(float((end - begin) * CELL))
                frames.append(Box(x, head + since * ROW, wide, (index - since) * ROW, "frame"))
                del open_above[hours]
        for hours in row.service:
            open_above.setdefault(hours, index)
    return frames


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a ticket's time, as the SLA trace gives it: `text` stands on it where it fits, `why` is its tip."""

    begin: datetime
    end: datetime
    kind: Kind
    text: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """An instant worth a word: opened, answered, due, breached. `tone`: event | due | good | danger."""

    at: datetime
    text: str
    tone: str = "event"


TONES: Final[dict[Kind, str]] = {"running": "1", "paused": "pause", "closed": "band", "stopped": "3"}
ON: Final = {"1": "on-1", "2": "on-2"}
SQUEEZED: Final = 18.0


def ribbon(
    segments: Sequence[Segment], marks: Sequence[Mark], *, breached_at: datetime | None = None, width: int = WIDE
) -> Drawing:
    """One promise from begin to end. Open time is to scale, closed time a narrow gap, so that nights hide no minutes.

    Running time beyond `breached_at` takes the colour of a breach. Marks stand below, on as many rows as they need.
    """
    pieces = _cut(segments, breached_at)
    scale = _Scale(pieces, width)
    boxes, labels = [], []
    for piece in pieces:
        x, end = scale.at(piece.begin), scale.at(piece.end)
        over = breached_at is not None and piece.kind == "running" and piece.begin >= breached_at
        tone = "2" if over else TONES[piece.kind]
        tall = (12.0, 20.0) if piece.kind in ("closed", "stopped") else (8.0, 28.0)
        boxes.append(Box(x, tall[0], max(near(end - x), 0.5), tall[1], tone, piece.why))
        if piece.text and text_width(piece.text) + 8 <= end - x:
            labels.append(Label(near((x + end) / 2), 26, piece.text, "middle", ON.get(tone, "quiet")))
    lines: list[Line] = []
    ends: list[float] = []
    for mark in sorted(marks, key=lambda one: one.at):
        x = scale.at(mark.at)
        wide = text_width(mark.text)
        start = min(max(x - wide / 2, 0), width - wide)
        row = next((index for index, taken in enumerate(ends) if taken + 10 <= start), len(ends))
        ends[row : row + 1] = [start + wide]
        foot = 50.0 + row * 17
        lines.append(Line(x, 4, x, foot - 1, mark.tone))
        labels.append(Label(near(start), foot + 11, mark.text, tone="strong" if mark.tone == "danger" else ""))
    return Drawing(width, 52.0 + max(len(ends), 1) * 17, tuple(boxes), tuple(lines), (), tuple(labels))


def _cut(segments: Sequence[Segment], at: datetime | None) -> list[Segment]:
    """The segments, the one that holds the breach in two."""
    pieces: list[Segment] = []
    for one in segments:
        if at is not None and one.kind == "running" and one.begin < at < one.end:
            pieces += [replace(one, end=at), replace(one, begin=at, text="")]
        else:
            pieces.append(one)
    return pieces


class _Scale:
    """From instants to x: closed pieces get a fixed width, the others share the rest by their length."""

    def __init__(self, pieces: Sequence[Segment], width: int) -> None:
        open_time = sum((one.end - one.begin for one in pieces if one.kind != "closed"), timedelta())
        closed = sum(1 for one in pieces if one.kind == "closed")
        gap = min(SQUEEZED, width * 0.4 / closed) if closed else 0.0
        per_second = (width - gap * closed) / (open_time.total_seconds() or 1)
        x = 0.0
        self._stops: list[tuple[Segment, float, float]] = []
        for one in pieces:
            wide = gap if one.kind == "closed" else (one.end - one.begin).total_seconds() * per_second
            self._stops.append((one, x, x + wide))
            x += wide

    def at(self, instant: datetime) -> float:
        for one, begin, end in self._stops:
            if instant <= one.end:
                share = max((instant - one.begin) / (one.end - one.begin), 0.0) if one.end > one.begin else 0.0
                return near(begin + share * (end - begin))
        return near(self._stops[-1][2]) if self._stops else 0.0
