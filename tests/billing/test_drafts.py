"""The living invoice: equal facts leave it alone, changed facts change it, what needs a decision blocks it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from billing import actions
from billing.models import DocumentDraft
from billing.queries import documents
from billing.queries.drafts import Sheet, sheet_of
from billing.queries.facts import subject_of
from billing.queries.reckoning import reckon
from sla import actions as promises
from sla.models import Contract
from sla.queries import versions_of
from tenants.errors import Refused
from tests.billing.books import AUGUST_3, JULY, JULY_2, JUNE, Books
from tests.cast import MONDAY_9, OPENED
from tests.promises import agree_on_office_hours

EVENING = datetime(2026, 6, 2, 8, 30, tzinfo=UTC)  # Tuesday 17:30 in Tokyo; the office closes at 18:00


def contract(books: Books, *items: tuple[str, str, dict[str, Any], dict[str, Any]]) -> Contract:
    """Office hours in Tokyo, quarter hours, a quarter more after hours; and the items."""
    made = agree_on_office_hours(books.session, books.tenant_id)
    (version,) = versions_of(books.session, books.tenant_id, made.id)
    counting = {
        "rules": {"remote": {"name": "15分", "step": 15}},
        "multipliers": {"after": "1.25", "holiday": "1.35"},
    }
    actions.count_time(books.session, books.tenant_id, version.id, counting, MONDAY_9)
    for place, (key, kind, terms, options) in enumerate(items):
        actions.add_item(
            books.session, books.tenant_id, version.id, key, kind, key.title(), terms, MONDAY_9, options, place
        )
    return made


def sheet(books: Books, draft: DocumentDraft) -> Sheet:
    found = sheet_of(books.session, books.tenant_id, draft.id)
    assert found is not None
    return found


def faults(draft: DocumentDraft) -> list[str]:
    return [flag["fault"] for flag in draft.flags if flag["level"] != "notice"]


def test_equal_facts_leave_the_draft_untouched(books: Books) -> None:
    books.log()
    first = books.draft()
    seen = (first.version, first.calc_hash, first.computed_at, [line.id for line in sheet(books, first).lines])
    again = books.draft(at=AUGUST_3)
    assert seen == (again.version, again.calc_hash, again.computed_at, [line.id for line in sheet(books, again).lines])


def test_nothing_to_say_makes_no_draft(books: Books) -> None:
    assert actions.recompute_draft(books.session, books.tenant_id, JUNE, JULY_2) is None


def test_a_tenant_nobody_has_said_how_to_bill_has_no_draft(books: Books) -> None:
    account = subject_of(books.session, books.tenant_id)
    assert account is not None
    books.session.delete(account.account)
    books.session.flush()
    books.log()
    assert actions.recompute_draft(books.session, books.tenant_id, JUNE, JULY_2) is None


def test_an_entry_is_cut_at_closing_time_and_counted_in_quarters(books: Books) -> None:
    contract(books, ("support", "tm", {"rates": [{"price": "8000"}]}, {}))
    books.log("0.9", at=EVENING)
    lines = sheet(books, books.draft()).lines
    assert [(line.band, line.quantity, line.price, line.amount) for line in lines] == [
        ("after", Decimal(27), Decimal(10000), Decimal(4500)),
        ("business", Decimal(33), Decimal(8000), Decimal(4400)),
    ]


def test_a_line_opens_down_to_the_entry_and_the_rule(books: Books) -> None:
    contract(books, ("support", "tm", {"rates": [{"price": "8000"}]}, {}))
    entry = books.log("0.9", at=EVENING)
    found = sheet(books, books.draft())
    line = found.lines[0]
    (source,) = found.sources[line.id]
    assert (source.source_id, source.charged, source.rule) == (entry.id, Decimal(27 * 60), "15分")
    (use,) = line.explain["uses"]
    assert (use["key"], use["worked"], use["multiplier"]) == (f"time-{entry.id}", "1440", "1.25")


def test_a_flat_fee_covers_the_work_it_names_and_claims_it(books: Books) -> None:
    contract(books, ("care", "fixed", {"price": "50000"}, {"work_types": ["remote"]}))
    books.log("3")
    books.log("1", at=MONDAY_9 + timedelta(days=1), work_type="on_site")
    found = sheet(books, books.draft())
    assert [(line.role, line.amount) for line in found.lines] == [("fee", Decimal(50000)), ("time", Decimal(12000))]
    assert [source.kind for source in found.sources[None]] == ["time"]
    assert (found.draft.net, found.draft.tax) == (Decimal(62000), Decimal(6200))
    assert found.draft.seconds == 4 * 3600


def test_a_fee_that_begins_within_the_month_is_prorated(books: Books) -> None:
    made = contract(books)
    version = another_version(books, made, datetime(2026, 6, 15, 15, tzinfo=UTC))
    actions.add_item(books.session, books.tenant_id, version, "care", "fixed", "Care", {"price": "30000"}, MONDAY_9)
    (line,) = sheet(books, books.draft()).lines
    assert (line.since, line.amount) == (date(2026, 6, 16), Decimal(15000))


def another_version(books: Books, made: Contract, since: datetime) -> int:
    (first,) = versions_of(books.session, books.tenant_id, made.id)
    return promises.add_version(books.session, made, first.terms, since).id


def test_unapproved_time_is_flagged_and_not_counted(books: Books) -> None:
    books.log("1")
    said = {"work_type": "remote", "worked_on": date(2026, 6, 2), "seconds": 1800}
    actions.log_time(books.session, books.tenant_id, books.ticket_id, books.agent_id, said, MONDAY_9, unfinished=True)
    draft = books.draft()
    assert draft.seconds == 3600
    assert {"level": "notice", "fault": "unapproved_time", "subject": "", "detail": "1800"} in draft.flags


def test_work_without_a_price_blocks_and_makes_no_line(books: Books) -> None:
    actions.set_account(books.session, books.tenant_id, {"currency": "EUR"}, MONDAY_9)
    books.log()
    draft = books.draft()
    assert (faults(draft), draft.blocked, sheet(books, draft).lines) == (["no_price"], True, [])


def test_two_items_that_fit_equally_need_a_decision(books: Books) -> None:
    terms = {"rates": [{"price": "8000"}]}
    contract(books, ("one", "tm", terms, {}), ("two", "tm", terms, {}))
    books.log()
    assert faults(books.draft()) == ["two_items"]


def test_the_purchase_order_a_client_wants_is_asked_for(books: Books) -> None:
    actions.set_account(books.session, books.tenant_id, {"po_required": True}, MONDAY_9)
    books.log()
    assert faults(books.draft()) == ["po_missing"]


def test_late_work_goes_to_the_next_open_period_with_its_own_date(books: Books) -> None:
    books.log("1")
    june = books.draft()
    actions.issue(books.session, books.tenant_id, june.id, None, JULY_2)
    late = books.log("0.5", at=MONDAY_9 + timedelta(days=3))
    assert actions.recompute_draft(books.session, books.tenant_id, JUNE, JULY_2) is None
    july = books.draft(JULY, AUGUST_3)
    (line,) = sheet(books, july).lines
    assert (line.since, line.amount) == (date(2026, 6, 1), Decimal(4500))
    assert [flag["subject"] for flag in july.flags if flag["fault"] == "late_entry"] == [f"time-{late.id}"]


def test_work_of_an_open_month_waits_for_its_own_draft(books: Books) -> None:
    books.log()
    assert actions.recompute_draft(books.session, books.tenant_id, JULY, JULY_2) is None


def test_work_moved_to_another_day_leaves_the_draft_it_was_on(books: Books) -> None:
    entry = books.log()
    june = books.draft()
    july = {"started_at": JULY_2, "ended_at": JULY_2 + timedelta(hours=1)}
    actions.edit_time(books.session, books.tenant_id, entry.id, july, books.agent_id, JULY_2)
    assert len(sheet(books, books.draft(JULY)).lines) == 1
    assert sheet(books, books.draft()).lines == []
    assert june.payable == 0


def test_what_is_written_by_hand_stays_and_shows_when_facts_move_under_it(books: Books) -> None:
    books.log("1")
    draft = books.draft()
    key = sheet(books, draft).lines[0].key
    actions.add_line(
        books.session, books.tenant_id, draft.id, books.agent_id, JULY_2,
        name="LANケーブル", quantity=Decimal(2), price=Decimal(800),
    )  # fmt: skip
    actions.change_line(
        books.session, books.tenant_id, draft.id, key, books.agent_id, "約束の価格", JULY_2, price=Decimal(5000)
    )
    assert draft.net == Decimal(6600)
    books.log("1", at=MONDAY_9 + timedelta(days=1))
    moved = books.draft()
    assert moved.net == Decimal(11600)
    assert "override_moved" in [flag["fault"] for flag in moved.flags]
    actions.restore_line(books.session, books.tenant_id, draft.id, key, JULY_2)
    assert draft.net == Decimal(19600)
    (manual,) = sheet(books, draft).manual.values()
    actions.remove_line(books.session, books.tenant_id, draft.id, manual.id, JULY_2)
    assert draft.net == Decimal(18000)


def test_a_line_is_not_changed_without_a_reason(books: Books) -> None:
    books.log()
    draft = books.draft()
    key = sheet(books, draft).lines[0].key
    with pytest.raises(Refused, match="why"):
        actions.change_line(books.session, books.tenant_id, draft.id, key, books.agent_id, " ", JULY_2, name="X")


def test_the_preview_is_the_draft_and_writes_nothing(books: Books) -> None:
    books.log()
    subject = subject_of(books.session, books.tenant_id)
    assert subject is not None
    before = reckon(books.session, subject, JUNE)
    assert not books.session.dirty
    assert not books.session.new
    assert before.calc_hash == books.draft().calc_hash


def test_the_screen_shows_what_will_be_frozen(books: Books) -> None:
    books.log()
    draft = books.draft()
    shown = documents.preview_of(books.session, books.tenant_id, draft.id, JULY_2)
    document = actions.issue(books.session, books.tenant_id, draft.id, None, JULY_2)
    assert shown is not None
    frozen = json.loads(document.snapshot)
    assert shown == frozen | {"number": ""}


def test_a_day_of_a_closed_period_leads_to_the_draft_its_work_is_on(books: Books) -> None:
    books.log()
    actions.issue(books.session, books.tenant_id, books.draft().id, None, JULY_2)
    late = books.log(at=MONDAY_9 + timedelta(days=2))
    draft = actions.draft_of_day(books.session, books.tenant_id, late.worked_on, JULY_2)
    assert draft is not None
    assert (draft.period_start, draft.seconds) == (JULY.begin, 3600)


def test_a_night_brings_every_open_draft_up_to_date(books: Books) -> None:
    books.log()
    books.log(at=JULY_2)
    found = actions.refresh_drafts(books.session, books.tenant_id, JULY_2)
    assert [draft.period_start for draft in found] == [JUNE.begin, JULY.begin]


def test_a_new_closing_day_carries_what_was_written_by_hand(books: Books) -> None:
    books.log()
    draft = books.draft()
    actions.add_line(
        books.session, books.tenant_id, draft.id, books.agent_id, JULY_2,
        name="LANケーブル", quantity=Decimal(2), price=Decimal(800),
    )  # fmt: skip
    actions.set_account(books.session, books.tenant_id, {"closing_day": 20}, JULY_2)
    moved = actions.draft_of_day(books.session, books.tenant_id, date(2026, 6, 1), JULY_2)
    assert moved is not None
    assert (moved.period_start, moved.period_end) == (date(2026, 5, 21), date(2026, 6, 21))
    assert moved.net == Decimal(10600)
    assert books.session.scalars(select(DocumentDraft.id)).all() == [moved.id]


def test_one_item_key_is_one_thing_on_one_contract(books: Books) -> None:
    terms = {"rates": [{"price": "8000"}]}
    contract(books, ("support", "tm", terms, {}))
    other = promises.agree(books.session, books.tenant_id, "別契約", {}, OPENED, is_default=False)
    (version,) = versions_of(books.session, books.tenant_id, other.id)
    with pytest.raises(Refused, match="Another contract"):
        actions.add_item(books.session, books.tenant_id, version.id, "support", "tm", "X", terms, MONDAY_9)


def test_a_moved_closing_day_leaves_a_short_bridge(books: Books) -> None:
    """June is out, then the 20th closes: 1 to 20 July costs twenty of the thirty days up to it."""
    contract(books, ("care", "fixed", {"price": "30000"}, {}))
    june = actions.issue(books.session, books.tenant_id, books.draft().id, None, JULY_2)
    july = books.draft(JULY, JULY_2)
    kept = actions.add_line(
        books.session, books.tenant_id, july.id, books.agent_id, JULY_2,
        name="設定", quantity=Decimal(1), price=Decimal(500),
    )  # fmt: skip
    actions.set_account(books.session, books.tenant_id, {"closing_day": 20}, JULY_2)
    drafts = actions.refresh_drafts(books.session, books.tenant_id, JULY_2)
    assert [(draft.id, draft.period_start, draft.period_end) for draft in drafts] == [
        (kept.id, june.period_end, date(2026, 7, 21))
    ]
    assert drafts[0].net == Decimal(20000) + Decimal(500)
    books.log(at=JULY_2)
    following = actions.draft_of_day(books.session, books.tenant_id, date(2026, 7, 21), AUGUST_3)
    assert following is not None
    assert (following.period_start, following.period_end) == (date(2026, 7, 21), date(2026, 8, 21))


def test_what_was_billed_ahead_is_not_billed_again_across_a_bridge(books: Books) -> None:
    contract(books, ("care", "fixed", {"price": "31000"}, {"timing": "advance"}))
    june = actions.issue(books.session, books.tenant_id, books.draft().id, None, JULY_2)
    assert june.net == Decimal(62000)
    actions.set_account(books.session, books.tenant_id, {"closing_day": 20}, JULY_2)
    bridge = actions.draft_of_day(books.session, books.tenant_id, date(2026, 7, 5), JULY_2)
    assert bridge is not None
    assert [(line.since, line.until, line.amount) for line in sheet(books, bridge).lines] == [
        (date(2026, 8, 1), date(2026, 8, 21), Decimal(20000))
    ]
