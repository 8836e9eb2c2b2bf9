"""Texts that go along with a document: `{{name}}` from an allow-list, never code."""

import re
from collections.abc import Collection, Mapping
from typing import Final

NAMES: Final = ("number", "recipient", "attention", "amount", "due", "issued", "period", "issuer", "link", "list")
_PLACE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")


def filled(text: str, words: Mapping[str, str]) -> str:
    """The text with its places filled; a value is never looked at again, an unknown place stays as it is typed."""
    return _PLACE.sub(lambda found: words.get(found[1], found[0]), text)


def strange(text: str, names: Collection[str] = NAMES) -> list[str]:
    """The places of a text that nobody fills, in their order."""
    return [found for found in dict.fromkeys(_PLACE.findall(text)) if found not in names]
