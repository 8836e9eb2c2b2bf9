"""What a chart is made of, in the units of its own view box; the macros in charts.html draw it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

TEXT: Final = 12
WIDE: Final = 720


@dataclass(frozen=True, slots=True)
class Box:
    """One rectangle. `tone` names its colour, `tip` its exact figure, `url` the list behind it."""

    x: float
    y: float
    width: float
    height: float
    tone: str = "1"
    tip: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """A text; `anchor` is SVG's: start, middle, end. `tone`: '' strong quiet, on-1 on-2 and h0 to h5 on those fills."""

    x: float
    y: float
    text: str
    anchor: Literal["start", "middle", "end"] = "start"
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One straight line. `tone`: grid | axis | target | now."""

    x1: float
    y1: float
    x2: float
    y2: float
    tone: str = "grid"


@dataclass(frozen=True, slots=True)
class Curve:
    """A line through points, as the `points` attribute of a polyline; `dots` mark each value."""

    points: str
    tone: str
    dots: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a macro draws: back to front boxes, lines, curves, labels."""

    width: float
    height: float
    boxes: tuple[Box, ...] = ()
    lines: tuple[Line, ...] = ()
    curves: tuple[Curve, ...] = ()
    labels: tuple[Label, ...] = ()


def near(value: Fraction | float) -> float:
    """A coordinate to a tenth, which is finer than a pixel and keeps the page small."""
    return int(value * 10 + Fraction(1, 2)) / 10


def text_width(text: str, size: float = TEXT) -> float:
    """About how wide a text is: full-width letters take their size, others a little over half of it."""
    return sum(size if ord(letter) > 0x2E7F else size * 0.58 for letter in text)


def clip(text: str, room: float) -> str:
    """`text`, shortened with an ellipsis where it is wider than `room`."""
    if text_width(text) <= room:
        return text
    while text and text_width(text) + TEXT > room:
        text = text[:-1]
    return text.rstrip() + "…"
