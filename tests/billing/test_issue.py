"""A draft becomes a document once, under the next number, and stays as it is."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from billing import actions
from billing.models import EntryState
from billing.queries import documents
from tests.billing.books import JULY_2, Books


def test_an_hour_becomes_an_invoice(books: Books) -> None:
    entry = books.log("1.5")
    draft = books.draft()
    assert (draft.net, draft.tax, draft.payable) == (Decimal(13500), Decimal(1350), Decimal(14850))
    document = actions.issue(books.session, books.tenant_id, draft.id, books.agent_id, JULY_2, seen=draft.calc_hash)
    assert (document.number, document.payable) == ("INV-000001", Decimal(14850))
    assert (entry.state, entry.charged_seconds) == (EntryState.BILLED, 5400)
    assert json.loads(document.snapshot)["lines"][0]["text"] == "リモート作業"
