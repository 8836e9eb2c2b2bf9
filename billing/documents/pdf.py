"""Pages of a snapshot: PDF/A-3 for the archive, SVG for the screen, equal bytes every time. No network, no clock."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from billing.documents.glyphs import as_json, glyphs_of
from billing.documents.page import Snapshot, page
from billing.einvoice import ubl

if TYPE_CHECKING:
    import typst

TEMPLATE: Final = Path(__file__).with_name("invoice.typ")
FONT_FILES: Final = ("NotoSansJP-Regular.ttf", "NotoSansJP-Bold.ttf")
MADE_WITH: Final = f"typst {version('typst')}"


class NoFontsError(FileNotFoundError):
    """The fonts of documents are not where they should be; without them pages would show boxes."""


def pdf(snapshot: Snapshot, fonts: Path, *, draft: bool = False) -> bytes:
    """The document as PDF/A-3b; `fonts` is the folder with the whole Noto Sans JP, 400 and 700.

    Where it goes out electronically too, its XML is in it as `invoice.xml`.
    """
    return cast("bytes", _compiled(snapshot, fonts, "pdf", draft=draft))


def svg(snapshot: Snapshot, fonts: Path, *, draft: bool = True) -> list[bytes]:
    """The document's pages for the screen, marked as a draft unless told otherwise."""
    return _pages(_compiled(snapshot, fonts, "svg", draft=draft))


def png(snapshot: Snapshot, fonts: Path, *, draft: bool = True) -> list[bytes]:
    """The pages as pictures of 96 dots an inch, for mails and looking at."""
    return _pages(_compiled(snapshot, fonts, "png", draft=draft))


def check_fonts(fonts: Path) -> None:
    """Raises `NoFontsError` naming what is missing; asked at start-up."""
    missing = [name for name in FONT_FILES if not (fonts / name).is_file()]
    if missing:
        raise NoFontsError(f"{', '.join(missing)} not found in {fonts}; set-up puts them there.")


def _compiled(snapshot: Snapshot, fonts: Path, form: Literal["pdf", "svg", "png"], *, draft: bool) -> Any:
    import typst  # noqa: PLC0415 - most processes never set a page, and it takes 7 MB of each

    check_fonts(fonts)
    issued = datetime.combine(date.fromisoformat(snapshot["issued_on"]), datetime.min.time(), UTC)
    return typst.compile(
        TEMPLATE,
        root=TEMPLATE.parent,
        font_paths=_kept(fonts),
        ignore_system_fonts=True,
        format=form,
        ppi=96 if form == "png" else None,
        sys_inputs={
            "page": as_json(page(snapshot, draft=draft), glyphs_of(fonts / FONT_FILES[0])),
            "attachment": ubl(snapshot).decode() if form == "pdf" and snapshot.get("einvoice") else "",
        },
        pdf_standards=["a-3b"] if form == "pdf" else [],
        timestamp=int(issued.timestamp()),
    )


@lru_cache(maxsize=4)
def _kept(fonts: Path) -> typst.Fonts:
    """Read once a process; each page is still set by a compiler of its own, so that threads share nothing else."""
    import typst  # noqa: PLC0415 - as above

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[fonts])


def _pages(made: Any) -> list[bytes]:
    return made if isinstance(made, list) else [made]
