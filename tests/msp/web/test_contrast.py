"""Text can be read on what it lies on, in both themes (WCAG 1.4.3: 4.5 to 1; 1.4.11: 3 to 1 for what is not text)."""

import re
from pathlib import Path

import pytest

from msp.web import format

SHEET = (Path(format.__file__).parent / "static" / "css" / "tokens.css").read_text(encoding="utf-8")
PAIR = re.compile(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);")
SINGLE = re.compile(r"--([\w-]+): (#\w{6});")
TILE = re.compile(r"\.tile-\d+ \{ --tile: (#\w{6}); \}")

LIGHT = {name: light for name, light, _ in PAIR.findall(SHEET)} | dict(SINGLE.findall(SHEET))
DARK = {name: dark for name, _, dark in PAIR.findall(SHEET)} | dict(SINGLE.findall(SHEET))

TEXTS = [
    *((ink, sheet) for ink in ("ink", "ink-2", "ink-3") for sheet in ("paper", "rail", "surface", "sunken", "hover")),
    *(("accent-ink", sheet) for sheet in ("paper", "surface", "accent-tint")),
    *((f"{tone}-ink", f"{tone}-tint") for tone in ("danger", "good", "warn")),
    *(("on-accent", f"{fill}{state}") for fill in ("accent", "danger", "note-button") for state in ("", "-hover")),
    *((ink, "note") for ink in ("ink", "note-ink")),
    *(("ink", sheet) for sheet in ("accent-tint", "raised", "pressed", "mark")),
    ("ink-2", "pressed"),
    ("ink-3", "accent-tint"),
    ("sla-track-ink", "surface"),
    ("sla-track-ink", "accent-tint"),
    ("sla-track-ink", "sla-track-tint"),
    ("sla-risk-ink", "sla-risk"),
    ("sla-breach-ink", "sla-breach"),
    ("danger-ink", "sla-breach-tint"),
    ("sla-pause-ink", "surface"),
]  # fmt: skip
SHAPES = [
    *((edge, sheet) for edge in ("focus", "line-control") for sheet in ("paper", "surface", "rail", "raised")),
    *((edge, "surface") for edge in ("sla-track", "sla-breach", "sla-pause", "sla-risk-line")),
    ("note-line", "note"),
]


def contrast(one: str, other: str) -> float:
    """WCAG 2's ratio of two `#rrggbb` colours, from 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_ratio_is_that_of_the_standard() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_read(theme: dict[str, str]) -> None:
    weak = {(ink, on): round(contrast(theme[ink], theme[on]), 2) for ink, on in TEXTS}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_edges_and_shapes_can_be_seen(theme: dict[str, str]) -> None:
    weak = {(edge, on): round(contrast(theme[edge], theme[on]), 2) for edge, on in SHAPES}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 3} == {}


def test_a_clients_letters_can_be_read_on_every_tile() -> None:
    tiles = TILE.findall(SHEET)
    assert len(set(tiles)) == 12
    assert [tile for tile in tiles if contrast(tile, "#ffffff") < 4.5] == []
