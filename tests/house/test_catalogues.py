"""Every text of the house has its words in both languages, and no page says a word past the catalogue."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from msp.serve.texts import GETTEXT, LANGUAGES, REFUSALS, Words, catalogue_path, read, texts
from tests.house.sources import PROJECT, calls, modules, short

TEMPLATES = sorted(path for path in (PROJECT / "msp").rglob("templates/**/*.html") if path.name != "style_guide.html")
PLACES = re.compile(r"%\(\w+\)[sd]|%%|\{\w+\}")
SAME_IN_BOTH = {"Cc", "PDF"}

JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
NO_WORDS = re.compile(r"<(code|kbd|pre|script|svg)\b.*?</\1>", re.DOTALL)
WORD = re.compile(r"[^\W\d_]{2,}")
SPOKEN = re.compile(r"""\b(?:aria-label|alt|placeholder|title|aria-description)=("[^"<>]*"|'[^'<>]*')""")
NAMES = {"PDF"}


@cache
def said() -> dict[Words, list[str]]:
    return texts(PROJECT)


@cache
def catalogue(language: str) -> Catalog:
    return read(catalogue_path(language), language)


def forms(said_so: object) -> tuple[str, ...]:
    return tuple(map(str, said_so)) if isinstance(said_so, tuple | list) else (str(said_so or ""),)


def test_the_japanese_catalogue_holds_what_is_said_and_nothing_else() -> None:
    held = {message.id for message in catalogue("ja") if message.id}
    assert sorted(map(str, said().keys() - held)) == []
    assert sorted(map(str, held - said().keys())) == []


def test_the_english_catalogue_holds_what_has_a_plural() -> None:
    assert {message.id for message in catalogue("en") if message.id} == {w for w in said() if isinstance(w, tuple)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_has_its_words_and_none_is_a_guess(language: str) -> None:
    entries = [message for message in catalogue(language) if message.id]
    assert [message.id for message in entries if not all(forms(message.string))] == []
    assert [message.id for message in entries if message.fuzzy] == []
    assert list(catalogue(language).obsolete) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_languages_fill_the_same_places(language: str) -> None:
    wrong = []
    for message in catalogue(language):
        asked = [Counter(PLACES.findall(one)) for one in forms(message.id)]
        wrong += [
            message.id for one in forms(message.string) if message.id and Counter(PLACES.findall(one)) not in asked
        ]
    assert wrong == []


def test_no_english_was_taken_for_japanese() -> None:
    assert {message.id for message in catalogue("ja") if message.id and message.id == message.string} == SAME_IN_BOTH


def bare_words(template: str) -> list[str]:
    """Words between tags, or in an attribute that is read out, which no expression brought there. Crude, and quick."""
    plain = NO_WORDS.sub("", JINJA.sub("", template))
    between = [re.sub(r"&\w+;|[\w-]+=\"[^\"]*\"", "", text) for text in re.split(r"<[^>]*>", plain)]
    found = [text for text in between if WORD.search(text)]
    found += [value for value in SPOKEN.findall(plain) if WORD.search(value)]
    return [text.strip() for text in found if text.strip() not in NAMES]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_says_everything_through_the_catalogue(path: Path) -> None:
    assert bare_words(path.read_text(encoding="utf-8")) == []


def test_bare_words_are_found() -> None:
    assert bare_words("<p>{{ _('Good') }}</p><b>Bad</b>") == ["Bad"]
    assert bare_words("<a title='Bad {{ name }}'>{{ name }}</a>") == ["'Bad '"]
    assert bare_words("<kbd>Ctrl K</kbd>{# a note #} 12 · – <code>GET</code>") == []


def test_what_is_looked_up_is_written_where_it_is_said() -> None:
    """A sentence put together first would be found by no translator."""
    made = (ast.JoinedStr, ast.BinOp)
    found = [
        f"{short(path)}:{call.lineno}"
        for path in modules("msp", "tenants", "billing", "sla")
        for name, call in calls(path)
        if name in {*GETTEXT, *REFUSALS} and call.args and isinstance(call.args[0], made)
    ]
    assert found == []
