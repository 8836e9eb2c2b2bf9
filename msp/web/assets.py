"""Files of the front end, under an address that changes with what stands in them: a browser keeps each for good."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from flask import Flask, Response, send_from_directory

FOLDER: Final = Path(__file__).parent / "static"
YEAR: Final = 31_536_000


def install(app: Flask) -> None:
    """`url_for("static", filename="js/main.js")` is `/static/<version>/js/main.js`; what a file imports follows it."""
    app.add_url_rule("/static/<asked>/<path:filename>", "static", _send)
    app.url_defaults(_with_version)


@cache
def version() -> str:
    """Twelve hexadecimal digits of all files together, so that no page is ever made of two versions."""
    seen = hashlib.blake2b(digest_size=6)
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                seen.update(f"{path.relative_to(FOLDER)} {hashlib.file_digest(file, 'blake2b').hexdigest()}\n".encode())
    return seen.hexdigest()


def _with_version(endpoint: str, values: dict[str, str]) -> None:
    if endpoint == "static":
        values.setdefault("asked", version())


def _send(asked: str, filename: str) -> Response:
    """A page drawn before an upgrade still gets its files; only those of this version may be kept."""
    if asked != version():
        return send_from_directory(FOLDER, filename, max_age=0)
    answer = send_from_directory(FOLDER, filename, max_age=YEAR)
    answer.cache_control.immutable = True
    return answer
