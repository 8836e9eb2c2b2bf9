"""Words of other clients in a text that is about to leave (product.md B16): names, domains, ticket numbers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from functools import lru_cache

from msp.keys import TICKET_KEY

_FORMS = re.compile(
    r"株式会社|有限会社|合同会社|合資会社|合名会社|一般社団法人|一般財団法人|医療法人(?:社団)?|学校法人|社会福祉法人"
    r"|\((?:株|有|同|医)\)|\b(?:k\.?\s?k|inc|ltd|llc|gmbh|corp|co|company|limited|corporation)\b\.?",
)
_DOMAIN = re.compile(r"(?<![\w.-])(?:[a-z0-9-]+\.)+[a-z]{2,24}(?![\w-])")
SHORTEST_NAME = 2
SHORTEST_LATIN_NAME = 3


@lru_cache(10_000)
def bare_name(name: str) -> str:
    """A company's name as people type it: NFKC, lower case, without its legal form."""
    plain = unicodedata.normalize("NFKC", name).lower()
    return " ".join(_FORMS.sub(" ", plain).replace(",", " ").split()).strip(" .・")


def names_in(text: str, own: str, others: Iterable[str]) -> list[str]:
    """Those of the other clients' names that stand in the text; the own client's name hides what is part of it."""
    plain = " ".join(unicodedata.normalize("NFKC", text).lower().split())
    ours = bare_name(own)
    if ours:
        plain = plain.replace(ours, " ")
    return [name for name in others if bare_name(name) != ours and _stands_in(bare_name(name), plain)]


def keys_in(text: str, own_key: str, known: Collection[str]) -> list[str]:
    """Numbers of other clients' tickets in the text, such as `ACME-1042`; only keys of clients we know."""
    plain = unicodedata.normalize("NFKC", text).upper().replace("−", "-")
    found = {match[0] for match in TICKET_KEY.finditer(plain) if match[1] != own_key and match[1] in known}
    return sorted(found)


def domains_in(text: str) -> frozenset[str]:
    """Every mail or web domain in the text with its parents, so that a mail's host finds the company's domain."""
    found: set[str] = set()
    for name in _DOMAIN.findall(unicodedata.normalize("NFKC", text).lower()):
        parts = name.split(".")
        found |= {".".join(parts[start:]) for start in range(len(parts) - 1)}
    return frozenset(found)


def _stands_in(name: str, plain: str) -> bool:
    """Latin names stand as whole words, Japanese ones anywhere; what is too short says nothing."""
    latin = name.isascii()
    if len(name) < (SHORTEST_LATIN_NAME if latin else SHORTEST_NAME):
        return False
    if name not in plain or not latin:
        return name in plain
    return re.search(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])", plain) is not None
