"""Translations are compiled when they have changed, and only then."""

import gettext
import os
from pathlib import Path

from msp.serve.catalogues import compile_catalogues

TEXT = """
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8"

msgid "Queue"
msgstr "{}"

#, fuzzy
msgid "Guess"
msgstr "推測"
"""


def test_a_changed_text_is_seen_and_a_guess_is_not(tmp_path: Path) -> None:
    folder = tmp_path / "translations" / "ja" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    source, target = folder / "messages.po", folder / "messages.mo"
    source.write_text(TEXT.format("列"), encoding="utf-8")
    assert compile_catalogues(tmp_path) == [target]
    assert compile_catalogues(tmp_path) == []
    source.write_text(TEXT.format("待ち行列"), encoding="utf-8")
    os.utime(source, (target.stat().st_mtime + 1,) * 2)
    assert compile_catalogues(tmp_path) == [target]
    with target.open("rb") as file:
        words = gettext.GNUTranslations(file)
    assert words.gettext("Queue") == "待ち行列"
    assert words.gettext("Guess") == "Guess"
    assert sorted(path.name for path in folder.iterdir()) == ["messages.mo", "messages.po"]
