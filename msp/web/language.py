"""In whose words, hours and colours a page is written."""

from __future__ import annotations

from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

from flask import has_request_context, request, session

from msp import clock, guard
from msp.web.format import Language, Reader

LANGUAGES: tuple[Language, ...] = ("ja", "en")
Theme = Literal["auto", "light", "dark"]
READER = "msp.reader"


def choose_language() -> Language:
    """The person's own setting, else what he chose here before signing in, else what his browser asks for."""
    if not has_request_context():
        return "en"
    caller = guard.signed_in()
    wish = caller.language if caller else session.get("language")
    if wish in LANGUAGES:
        return cast("Language", wish)
    return "en" if request.accept_languages.best_match(LANGUAGES) == "en" else "ja"


def choose_zone() -> str:
    """The person's zone; Asia/Tokyo for those we do not know."""
    caller = guard.signed_in() if has_request_context() else None
    return caller.zone if caller else "Asia/Tokyo"


def choose_theme() -> Theme:
    caller = guard.signed_in()
    return cast("Theme", caller.theme if caller else session.get("theme", "auto"))


def reader() -> Reader:
    """For whom the page is written; all of it at one instant."""
    kept: dict[str, Any] = request.environ if has_request_context() else {}
    if READER not in kept:
        kept[READER] = Reader(choose_language(), ZoneInfo(choose_zone()), clock.now())
    return cast("Reader", kept[READER])
