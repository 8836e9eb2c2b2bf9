"""What was issued is corrected by a credit note: never more than is left, the work freed once."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing import actions
from billing.actions import MoreThanIsLeft
from billing.models import Document, EntryState
from billing.queries import documents
from billing.queries.credits import creditable, live_sources, referring
from tenants.errors import Refused
from tests.billing.books import AUGUST_3, JULY, JULY_2, Books
from tests.cast import MONDAY_9

TUESDAY = MONDAY_9 + timedelta(days=1)


def two_lines(books: Books) -> Document:
    """13,500 yen of remote and 12,000 of on-site work."""
    books.log("1.5")
    books.log("1", at=TUESDAY, work_type="on_site")
    return actions.issue(books.session, books.tenant_id, books.draft().id, books.agent_id, JULY_2)


def keys(books: Books, document: Document) -> list[str]:
    return [line.key for line in documents.lines_of(books.session, books.tenant_id, document.id)]


def credit(books: Books, document: Document, wanted: dict[str, Decimal] | None = None, **more: list[str]) -> Document:
    return actions.credit_invoice(
        books.session, books.tenant_id, document.id, "誤請求", books.agent_id, JULY_2, wanted=wanted, **more
    )


def test_everything_credited_makes_zero(books: Books) -> None:
    invoice = two_lines(books)
    note = credit(books, invoice)
    assert (note.number, note.kind, note.refers_to_id) == ("CN-000001", "credit_note", invoice.id)
    assert (note.net, note.tax, note.gross) == (invoice.net, invoice.tax, invoice.gross)
    held = creditable(books.session, books.tenant_id, invoice.id)
    assert held is not None
    assert set(held.left.values()) == {Decimal(0)}
    assert [one.id for one in referring(books.session, books.tenant_id, invoice.id)] == [note.id]
    with pytest.raises(Refused, match="Nothing is left"):
        credit(books, invoice)


def test_more_than_is_left_is_refused_with_the_rest(books: Books) -> None:
    invoice = two_lines(books)
    _, remote = keys(books, invoice)
    credit(books, invoice, {remote: Decimal(13000)})
    with pytest.raises(MoreThanIsLeft) as refused:
        credit(books, invoice, {remote: Decimal(501)})
    assert refused.value.left == {remote: Decimal(500)}


def test_a_second_note_has_the_decimals_of_its_currency(books: Books) -> None:
    """A part of 1,005 carries 100 of tax (100.5 down); 1,005 more make it 201, so 101. No yen has a fraction."""
    invoice = two_lines(books)
    _, remote = keys(books, invoice)
    told = [json.loads(credit(books, invoice, {remote: Decimal(1005)}).snapshot) for _ in range(2)]
    assert [(each["tax"], each["taxes"][0]["amount"], each["payable"]) for each in told] == [
        ("100", "100", "1105"),
        ("101", "101", "1106"),
    ]
    with pytest.raises(MoreThanIsLeft) as refused:
        credit(books, invoice, {remote: Decimal(20000)})
    assert str(refused.value.left[remote]) == "11490"


def test_parts_add_up_to_the_whole_tax_and_all(books: Books) -> None:
    invoice = two_lines(books)
    _, remote = keys(books, invoice)

    @settings(max_examples=12)
    @given(st.lists(st.integers(1, 9000), min_size=1, max_size=5))
    def however_it_is_parted(parts: list[int]) -> None:
        with books.session.begin_nested() as attempt:
            left = 13500
            notes = []
            for part in parts:
                if part <= left:
                    notes.append(credit(books, invoice, {remote: Decimal(part)}))
                    left -= part
            notes.append(credit(books, invoice))
            assert sum(note.gross for note in notes) == invoice.gross
            assert sum(note.tax for note in notes) == invoice.tax
            attempt.rollback()

    however_it_is_parted()


def test_released_work_goes_on_the_next_document_and_is_freed_once(books: Books) -> None:
    invoice = two_lines(books)
    on_site, _ = keys(books, invoice)
    note = credit(books, invoice, {on_site: Decimal(12000)}, release=[on_site])
    freed = [row for row in documents.sources_of(books.session, books.tenant_id, invoice.id) if not row.live]
    assert len(freed) == 1
    july = books.draft(JULY, AUGUST_3)
    assert (july.net, [flag["fault"] for flag in july.flags]) == (Decimal(12000), ["late_entry"])
    again = actions.issue(books.session, books.tenant_id, july.id, None, AUGUST_3)
    assert again.net == note.net
    with pytest.raises(Refused, match="Say what"):
        credit(books, invoice, {on_site: Decimal(0)}, release=[on_site])


def test_a_line_that_keeps_something_frees_nothing(books: Books) -> None:
    invoice = two_lines(books)
    _, remote = keys(books, invoice)
    with pytest.raises(Refused, match="in full"):
        credit(books, invoice, {remote: Decimal(1)}, release=[remote])


def test_without_release_the_work_stays_billed(books: Books) -> None:
    entry = books.log("1")
    invoice = actions.issue(books.session, books.tenant_id, books.draft().id, None, JULY_2)
    credit(books, invoice)
    assert entry.state == EntryState.BILLED
    assert len(live_sources(books.session, books.tenant_id, invoice.id)) == 1


def test_the_wrong_recipient_is_set_right_in_one_act(books: Books) -> None:
    invoice = two_lines(books)
    note, made = actions.replace_invoice(
        books.session, books.tenant_id, invoice.id, {"name": "髙﨑ホールディングス㈱"}, "宛名違い", None, JULY_2
    )
    assert (note.gross, made.gross, made.number) == (invoice.gross, invoice.gross, "RP-000001")
    told = json.loads(made.snapshot)
    assert (told["recipient"]["name"], told["refers_to"]["number"]) == ("髙﨑ホールディングス㈱", invoice.number)
    assert live_sources(books.session, books.tenant_id, invoice.id) == []
    assert len(live_sources(books.session, books.tenant_id, made.id)) == 2
    assert credit(books, made).gross == invoice.gross
    for kind in ("invoice", "credit_note", "replacement"):
        assert documents.broken_links(books.session, books.issuer.id, kind) == []


def test_a_credit_note_is_credited_by_nobody(books: Books) -> None:
    note = credit(books, two_lines(books))
    with pytest.raises(Refused):
        credit(books, note)


def test_a_reason_is_needed(books: Books) -> None:
    invoice = two_lines(books)
    with pytest.raises(Refused, match="why"):
        actions.credit_invoice(books.session, books.tenant_id, invoice.id, " ", None, JULY_2)
