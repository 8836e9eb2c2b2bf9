"""Refusals with a sentence for the person; each door turns them into its own kind of answer in one place."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """The act cannot be done as asked; the sentence says why and loses nothing.

    `sentence` is a msgid of the catalogue, `facts` fill its places, `fields` name what to mend (field -> sentences).
    """

    status = 422

    def __init__(self, sentence: str, fields: dict[str, list[str]] | None = None, **facts: Any) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.fields = fields or {}
        self.facts = facts


class Stale(Refused):
    """Somebody was faster, or the facts moved: look at what changed, then decide again."""

    status = 409
