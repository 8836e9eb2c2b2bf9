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
    """Somebody was faster: look at what arrived, then decide again."""

    status = 409


class NotFound(Refused):
    """Absent, or not yours: the two look the same."""

    status = 404

    def __init__(self, sentence: str = "There is nothing here.") -> None:
        super().__init__(sentence)


class Forbidden(Refused):
    """Your role does not do this, whatever the thing is."""

    status = 403

    def __init__(self, sentence: str = "Your role does not include this.") -> None:
        super().__init__(sentence)
