"""The map in ARCHITECTURE.md is true."""

from __future__ import annotations

from msp.commands.map import with_map
from tests.house.sources import PROJECT


def test_the_map_is_what_make_map_would_write() -> None:
    text = (PROJECT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert with_map(text) == text
