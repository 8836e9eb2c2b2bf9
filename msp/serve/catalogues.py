"""Compiles the translations, so that a changed text is seen at the next start."""

import os
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from msp.settings import PROJECT


def compile_catalogues(root: Path = PROJECT / "msp") -> list[Path]:
    """Write the .mo beside each .po that is newer; the files written. Fuzzy entries are left out."""
    written = []
    for source in root.rglob("LC_MESSAGES/*.po"):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        half = target.with_suffix(f".{os.getpid()}")
        with source.open("rb") as text, half.open("wb") as binary:
            write_mo(binary, read_po(text))
        half.replace(target)
        written.append(target)
    return written
