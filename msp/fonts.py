"""Where set-up put the fonts of documents."""

from __future__ import annotations

from pathlib import Path

FONTS = Path(__file__).parent / "web" / "static" / "vendor"
