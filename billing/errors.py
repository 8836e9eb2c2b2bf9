"""Refusals of the money room, with a sentence for the person and nothing lost."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """The act cannot be done as asked. `sentence` is a msgid of the catalogue, `facts` fill its places."""

    def __init__(self, sentence: str, **facts: Any) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.facts = facts


class Stale(Refused):
    """The facts moved since they were looked at: look again, then decide."""
