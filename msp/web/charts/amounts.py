"""How many, and is it getting worse: bars, piles, a line, a share against its target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from msp.web.charts.drawing import WIDE, Box, Curve, Drawing, Label, Line, clip, near, text_width


def steps(highest: int, at_most: int = 4) -> tuple[int, ...]:
    """Whole ticks from zero to the first one not below `highest`: multiples of 1, 2 or 5 times a power of ten."""
    if highest <= 0:
        return (0, 1)
    unit = 1
    while True:
        for factor in (1, 2, 5):
            size = unit * factor
            if -(-highest // size) <= at_most:
                return tuple(range(0, highest + size, size)) if highest % size else tuple(range(0, highest + 1, size))
        unit *= 10


def bars(rows: Sequence[tuple[str, int, str]], *, tone: str = "1", width: int = WIDE) -> Drawing:
    """Lying bars, longest first as the caller sorted them: (name, value, url or ''). Values stand at the bars' ends.

    With tone '2' and rows sorted downwards this is the Pareto picture of reasons.
    """
    left = near(min(width * 0.4, max((text_width(name) for name, _, _ in rows), default=0) + 12))
    right = 8 + max((text_width(f"{value:,}") for _, value, _ in rows), default=0)
    room = width - left - right - 8
    most = max((value for _, value, _ in rows), default=0) or 1
    boxes, labels = [], []
    for index, (name, value, url) in enumerate(rows):
        top = index * 28 + 4
        long = near(Fraction(value, most) * Fraction(room))
        boxes.append(Box(left, top, max(long, 1), 20, tone, f"{name}: {value:,}", url))
        labels.append(Label(left - 10, top + 14.5, clip(name, left - 11), "end"))
        labels.append(Label(left + max(long, 1) + 6, top + 14.5, f"{value:,}", tone="strong"))
    axis = Line(left, 0, left, len(rows) * 28, "axis")
    return Drawing(width, len(rows) * 28, tuple(boxes), (axis,), (), tuple(labels))


@dataclass(frozen=True, slots=True)
class Pile:
    """One column of a stacked chart: `parts` from the foot up, one per tone of the chart."""

    name: str
    parts: tuple[int, ...]
    url: str = ""


def stacked(
    piles: Sequence[Pile],
    names: Sequence[str],
    *,
    tones: Sequence[str] = ("1", "2", "3"),
    target: Fraction | None = None,
    width: int = WIDE,
    height: int = 240,
) -> Drawing:
    """Standing columns on a common zero. `names` say what the parts are, in the order of `tones`, beside the last.

    `target` draws, over each column, the height at which that share of the column's first two parts would be met.
    """
    ticks = steps(max((sum(pile.parts) for pile in piles), default=0))
    left = near(text_width(f"{ticks[-1]:,}") + 12)
    right, foot, head = max((text_width(name) for name in names), default=0) + 14, 24.0, 10.0
    tall = height - foot - head
    scale = Fraction(int(tall * 10), 10 * ticks[-1])
    pitch = (width - left - right) / max(len(piles), 1)
    bar = near(min(pitch * 0.66, 36))
    base = height - foot
    boxes, lines, labels = [], [], []
    for tick in ticks:
        y = near(base - float(tick * scale))
        lines.append(Line(left, y, width - right, y, "axis" if tick == 0 else "grid"))
        labels.append(Label(left - 8, y + 4, f"{tick:,}", "end", "quiet"))
    for index, pile in enumerate(piles):
        x = near(left + pitch * index + (pitch - bar) / 2)
        labels.append(Label(x + bar / 2, height - 6, pile.name, "middle", "quiet"))
        y = base
        for part, (name, tone) in zip(pile.parts, zip(names, tones, strict=False), strict=False):
            tall_part = near(part * scale)
            y = near(y - tall_part)
            if part:
                boxes.append(Box(x, y, bar, tall_part, tone, f"{pile.name} {name}: {part:,}", pile.url))
        judged = sum(pile.parts[:2])
        if target is not None and judged:
            at = near(base - float(target * judged * scale))
            lines.append(Line(x - 3, at, x + bar + 3, at, "target"))
    labels += _beside(piles[-1].parts if piles else (), names, base, scale, width - right + 8)
    return Drawing(width, height, tuple(boxes), tuple(lines), (), tuple(labels))


def _beside(parts: Sequence[int], names: Sequence[str], base: float, scale: Fraction, x: float) -> list[Label]:
    """The parts' names at the height of the last column's parts, pushed apart where they would touch."""
    labels: list[Label] = []
    foot, least = base, base + 4
    for part, name in zip(parts, names, strict=False):
        middle = foot - float(part * scale) / 2 + 4
        at = min(middle, least)
        labels.append(Label(x, near(at), name))
        foot -= float(part * scale)
        least = at - 15
    return labels


def line(
    names: Sequence[str], values: Sequence[Fraction | int | None], *, target: Fraction | int | None = None,
    highest: int | None = None, unit: str = "", width: int = WIDE, height: int = 200,
) -> Drawing:  # fmt: skip
    """One series over time on a zero-based axis; None is a gap in the line. The last value is labelled."""
    known = [value for value in values if value is not None]
    ticks = steps(highest or int(-(-max([*known, target or 0], default=1) // 1)))
    left = near(text_width(f"{ticks[-1]:,}{unit}") + 12)
    right, foot, head = 52.0, 24.0, 12.0
    base, tall = height - foot, height - foot - head
    pitch = (width - left - right) / max(len(values) - 1, 1)

    def level(value: Fraction | int) -> float:
        return near(base - float(Fraction(value) / ticks[-1]) * tall)

    lines = [Line(left, level(tick), width - right, level(tick), "axis" if tick == 0 else "grid") for tick in ticks]
    labels = [Label(left - 8, level(tick) + 4, f"{tick:,}{unit}", "end", "quiet") for tick in ticks]
    every = max(1, -(-len(names) // 12))
    labels += [
        Label(near(left + pitch * index), height - 6, name, "middle", "quiet")
        for index, name in enumerate(names)
        if index % every == 0
    ]
    if target is not None:
        lines.append(Line(left, level(target), width - right, level(target), "target"))
    runs: list[list[Box]] = [[]]
    for index, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            tip = f"{names[index]}: {near(Fraction(value)):g}{unit}"
            runs[-1].append(Box(near(left + pitch * index), level(value), 0, 0, "1", tip))
    curves = tuple(Curve(" ".join(f"{dot.x:g},{dot.y:g}" for dot in run), "1", tuple(run)) for run in runs if run)
    if curves:
        last = curves[-1].dots[-1]
        labels.append(Label(last.x + 8, last.y + 4, f"{near(Fraction(known[-1])):g}{unit}", tone="strong"))
    return Drawing(width, height, (), tuple(lines), curves, tuple(labels))


def bullet(value: Fraction, target: Fraction, *, width: int = 360) -> Drawing:
    """A share of one against its target: bar and upright mark on a zero-based field with the target's side shaded."""
    room = Fraction(width - 2)

    def at(share: Fraction) -> float:
        return near(1 + min(max(share, Fraction(0)), Fraction(1)) * room)

    boxes = (
        Box(1, 4, near(room), 20, "band"),
        Box(at(target), 4, near(1 + room - Fraction(at(target))), 20, "band-2"),
        Box(1, 9, near(at(value) - 1), 10, "1" if value >= target else "2"),
    )
    return Drawing(width, 28, boxes, (Line(at(target), 1, at(target), 27, "target"),))
