"""A changed byte is named, wherever it was changed."""

from __future__ import annotations

import hashlib

import pytest

from billing import actions
from billing.models import Document, NumberSeries, SeriesLink
from billing.queries.verify import faults_of_series, faults_of_tenant, links_of
from tests.billing.books import JULY_2, Books

PDF = b"%PDF of the invoice"


@pytest.fixture
def invoice(books: Books) -> Document:
    books.log()
    made = actions.issue(books.session, books.tenant_id, books.draft().id, None, JULY_2)
    actions.note_rendering(
        books.session, books.tenant_id, made.id, "pdf", place="there", size=len(PDF), made_with="typst", at=JULY_2,
        sha256=hashlib.sha256(PDF).hexdigest(),
    )  # fmt: skip
    return made


def faults(books: Books, kept: bytes | None = PDF) -> list[str]:
    """What is wrong with the rows as they are in hand; the database itself would refuse such a change."""

    def read(place: str) -> bytes:
        if kept is None:
            raise FileNotFoundError(place)
        return kept

    with books.session.no_autoflush:
        links = links_of(books.session)
        return [*faults_of_series(books.session), *faults_of_tenant(books.session, books.tenant_id, links, read)]


def test_what_was_issued_stands(books: Books, invoice: Document) -> None:
    assert faults(books) == []
    assert invoice.number


def test_a_changed_letter_of_the_snapshot_is_named(books: Books, invoice: Document) -> None:
    invoice.snapshot = invoice.snapshot.replace("リモート", "リモ一ト")
    assert faults(books) == ["INV-000001: the snapshot is not what its hash says"]


def test_a_snapshot_whose_hash_was_changed_with_it_falls_off_the_chain(books: Books, invoice: Document) -> None:
    invoice.snapshot = invoice.snapshot.replace("リモート", "リモ一ト")
    invoice.sha256 = hashlib.sha256(invoice.snapshot.encode()).hexdigest()
    assert faults(books) == ["INV-000001: it is not what hangs on the chain"]


def test_a_changed_sum_is_named(books: Books, invoice: Document) -> None:
    invoice.payable += 1
    assert faults(books) == ["INV-000001: the payable is not the snapshot's"]


def test_a_changed_link_is_named(books: Books, invoice: Document) -> None:
    link = books.session.get_one(SeriesLink, (books.issuer.id, "invoice", 1))
    link.sha256 = "00"
    named = f"series {books.issuer.id}/invoice"
    assert faults(books) == [
        f"{named}: INV-000001 does not hang on the link before it",
        "INV-000001: it is not what hangs on the chain",
    ]
    assert invoice.id


def test_a_link_taken_off_the_end_is_missed_by_the_counter(books: Books, invoice: Document) -> None:
    books.session.get_one(NumberSeries, (books.issuer.id, "invoice")).place = 2
    assert faults(books) == [f"series {books.issuer.id}/invoice: the counter stands at 2, the chain ends at 1"]
    assert invoice.id


def test_a_changed_or_missing_file_is_named(books: Books, invoice: Document) -> None:
    assert faults(books, b"%PDF of another") == ["INV-000001: the pdf was changed"]
    assert faults(books, None) == ["INV-000001: the pdf is gone"]
    assert invoice.id


def test_lines_that_are_not_the_snapshots_are_named(books: Books, invoice: Document) -> None:
    invoice.snapshot = invoice.snapshot.replace('"amount":"9000"', '"amount":"9001"')
    assert "INV-000001: the lines are not the snapshot's" in faults(books)
