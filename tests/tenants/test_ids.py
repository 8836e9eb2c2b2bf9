"""Words that stand in a statement are our own and nothing else."""

from __future__ import annotations

import pytest

from msp.tickets.models import Ticket
from tenants.ids import among_words


def test_words_stand_in_the_text_in_one_order() -> None:
    assert str(among_words(Ticket.status, {"open", "new"})) == "ticket.status IN ('new', 'open')"
    assert str(among_words(Ticket.status, ("pending_client",))) == "ticket.status IN ('pending_client')"


@pytest.mark.parametrize("word", ["o'pen", "new'--", "", "a b", "x;"])
def test_what_is_no_plain_word_stands_in_none(word: str) -> None:
    with pytest.raises(ValueError, match="plain words"):
        among_words(Ticket.status, [word])
