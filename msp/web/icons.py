"""The icons the pages use, and the one sprite made of them at set-up."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

_LISTED: Final = """
    activity archive arrow-down arrow-left arrow-right arrow-up at-sign ban bell book-open bookmark building-2
    calculator calendar calendar-clock chart-column chart-line check check-check chevron-down chevron-left
    chevron-right chevron-up circle-alert circle-check circle-dot circle-pause circle-play circle-question-mark
    clipboard-list clock clock-alert coins columns-2 copy credit-card dot download ellipsis external-link eye
    eye-off file-check file-text files filter flag folder gauge git-merge globe hand hash headset heart history
    hourglass house image inbox info key keyboard laptop layers layout-list life-buoy lightbulb link list
    list-checks list-filter lock lock-open log-in log-out mail mail-question map-pin megaphone menu message-circle
    message-square message-square-text minus monitor moon network notebook-pen octagon-alert package panel-left
    panel-right paperclip pause pencil phone phone-incoming phone-outgoing pin play plus printer receipt
    refresh-cw repeat reply reply-all rotate-ccw save scale search send server settings share-2 shield
    shield-alert shield-check sliders-horizontal smartphone snowflake sparkles split square square-pen star sun
    tag target thumbs-up timer timer-off trash-2 trending-down trending-up triangle-alert truck undo-2 unlink
    upload user user-check user-plus user-x users wallet wifi wifi-off wrench x zap
"""
NAMES: Final = tuple(_LISTED.split())

_SVG: Final = re.compile(r"<svg[^>]*>(?P<drawing>.*)</svg>", re.DOTALL)
_DRAWN: Final = (
    'viewBox="0 0 24 24" fill="none" stroke="currentColor" '
    'stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"'
)


class NoSuchIconError(LookupError):
    """A listed icon is not in the package."""


def sprite(folder: Path) -> str:
    """One SVG with a `<symbol>` per listed icon, read from the `icons` folder of `lucide-static`.

    Raises `NoSuchIconError` naming every icon that is missing there.
    """
    missing = [name for name in NAMES if not (folder / f"{name}.svg").is_file()]
    if missing:
        raise NoSuchIconError(f"not in lucide-static: {', '.join(missing)}")
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(_symbol(folder, name) for name in NAMES)}</svg>\n'


def _symbol(folder: Path, name: str) -> str:
    found = _SVG.search((folder / f"{name}.svg").read_text(encoding="utf-8"))
    if found is None:
        raise NoSuchIconError(f"{name}.svg holds no drawing")
    drawing = re.sub(r"\s+", " ", found["drawing"]).strip()
    return f'<symbol id="{name}" {_DRAWN}>{drawing}</symbol>'


def make_sprite(packages: Path, target: Path) -> None:
    """Write `target` (`static/vendor/icons.svg`) from the installed `node_modules` folder `packages`."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(sprite(packages / "lucide-static" / "icons"), encoding="utf-8")
