"""Time is logged, corrected with its history, approved, written off; what is billed stays."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing import actions
from billing.models import EntryState, TimeEntry, TimeNote
from billing.queries import time as queries
from billing.schemas import TimeSchema
from tenants.errors import Refused, Stale
from tenants.isolation import acting_as
from tenants.models import DeskSetting
from tenants.rules import Role
from tenants.work import Work
from tests.billing.books import HOUR, Books
from tests.cast import MONDAY_9, Cast

MINUTE = timedelta(minutes=1)


def decide(session: Session, **how: Any) -> None:
    session.add(DeskSetting(name="time_approval", value=how))
    session.flush()


def test_logged_time_is_approved_where_the_desk_approves_by_itself(books: Books) -> None:
    entry = books.log("0.75")
    assert (entry.state, entry.raw_seconds, entry.billable_seconds) == (EntryState.APPROVED, 2700, 2700)
    assert entry.agent_name == "agent 相沢"


def test_the_day_of_work_is_the_clients(books: Books) -> None:
    """23:30 in Tokyo on the last of June is June's, whatever the server's clock says."""
    assert books.log(at=datetime(2026, 6, 30, 14, 30, tzinfo=UTC)).worked_on == date(2026, 6, 30)
    assert books.log(at=datetime(2026, 6, 30, 15, 0, tzinfo=UTC)).worked_on == date(2026, 7, 1)


def test_the_same_occasion_is_logged_once(books: Books) -> None:
    said = {"work_type": "remote", "worked_on": date(2026, 6, 1), "seconds": 600}
    first, second = (
        actions.log_time(books.session, books.tenant_id, books.ticket_id, books.agent_id, said, MONDAY_9, key="reply-1")
        for _ in range(2)
    )
    assert first.id == second.id


def test_work_the_desk_gives_away_is_not_billable(books: Books) -> None:
    assert books.log(work_type="internal").state == EntryState.NON_BILLABLE
    actions.set_tenant_work_type(books.session, books.tenant_id, "internal", MONDAY_9, billable=True)
    assert books.log(work_type="internal").state == EntryState.APPROVED
    assert books.log(billable=False).state == EntryState.NON_BILLABLE


def test_every_correction_leaves_what_was_before(books: Books) -> None:
    entry = books.log("1", note="顧客には内緒")
    actions.edit_time(
        books.session, books.tenant_id, entry.id, {"ended_at": MONDAY_9 + 30 * MINUTE, "note": "訂正"},
        books.agent_id, MONDAY_9 + HOUR,
    )  # fmt: skip
    change = queries.history_of(books.session, books.tenant_id, entry.id)[-1]
    assert (change.verb, change.by_id) == ("edit", books.agent_id)
    assert (change.before["raw_seconds"], change.after["raw_seconds"]) == (3600, 1800)
    assert (change.before["note"], change.after["note"]) == ("顧客には内緒", "訂正")


def test_a_break_and_a_write_off_survive_a_new_end(books: Books) -> None:
    entry = books.log("2", seconds=6600)
    actions.write_off(books.session, books.tenant_id, entry.id, books.agent_id, "手戻り", MONDAY_9, seconds=600)
    later = {"ended_at": MONDAY_9 + 3 * HOUR}
    actions.edit_time(books.session, books.tenant_id, entry.id, later, books.agent_id, MONDAY_9)
    assert (entry.raw_seconds, entry.billable_seconds) == (10200, 9600)


def test_more_time_than_the_span_holds_is_refused(books: Books) -> None:
    with pytest.raises(Refused):
        books.log("1", seconds=3601)


def test_a_stale_correction_is_refused(books: Books) -> None:
    entry = books.log()
    books.session.flush()
    seen = entry.version
    actions.edit_time(books.session, books.tenant_id, entry.id, {"text": "A"}, books.agent_id, MONDAY_9, version=seen)
    books.session.flush()
    with pytest.raises(Stale):
        actions.edit_time(
            books.session, books.tenant_id, entry.id, {"text": "B"}, books.agent_id, MONDAY_9, version=seen
        )


def test_where_somebody_approves_the_agent_edits_until_then_and_nobody_approves_his_own(
    books: Books, cast: Cast
) -> None:
    decide(books.session, four_eyes=True)
    entry = books.log()
    assert entry.state == EntryState.SUBMITTED
    with pytest.raises(Refused, match="Somebody else"):
        actions.approve(books.session, books.tenant_id, entry.id, books.agent_id, MONDAY_9)
    lead = cast.staff[Role.LEAD]
    actions.approve(books.session, books.tenant_id, entry.id, lead, MONDAY_9)
    with pytest.raises(Refused, match="approver"):
        actions.edit_time(books.session, books.tenant_id, entry.id, {"text": "X"}, books.agent_id, MONDAY_9)
    actions.edit_time(books.session, books.tenant_id, entry.id, {"text": "Y"}, lead, MONDAY_9, approver=True)
    actions.reject(books.session, books.tenant_id, entry.id, lead, "何の作業ですか", MONDAY_9)
    actions.submit(books.session, books.tenant_id, entry.id, books.agent_id, MONDAY_9)
    assert (entry.state, entry.text) == (EntryState.SUBMITTED, "Y")


def test_approving_twice_is_approving_once(books: Books, cast: Cast) -> None:
    entry = books.log()
    actions.approve(books.session, books.tenant_id, entry.id, cast.staff[Role.LEAD], MONDAY_9)
    history = queries.history_of(books.session, books.tenant_id, entry.id)
    assert (entry.state, [change.verb for change in history]) == (EntryState.APPROVED, ["log"])


def test_closing_the_ticket_approves_where_the_desk_says_so(books: Books) -> None:
    decide(books.session, how="on_close")
    entry = books.log()
    assert actions.approve_ticket(books.session, books.tenant_id, books.ticket_id, MONDAY_9) == 1
    assert entry.state == EntryState.APPROVED


def test_time_written_off_wholly_is_out_and_says_who_and_why(books: Books) -> None:
    entry = books.log()
    actions.write_off(books.session, books.tenant_id, entry.id, books.agent_id, "お詫び", MONDAY_9)
    (row,) = queries.write_offs_of(books.session, books.tenant_id, entry.id)
    assert (entry.state, row.seconds, row.reason) == (EntryState.WRITTEN_OFF, 3600, "お詫び")
    with pytest.raises(Refused):
        actions.write_off(books.session, books.tenant_id, entry.id, books.agent_id, "もう一度", MONDAY_9)


def test_what_an_entry_says_to_the_desk_no_client_reads(books: Books, cast: Cast) -> None:
    books.log(note="顧客には内緒")
    with acting_as(cast.client(cast.acme)):
        assert len(queries.entries_of_ticket(books.session, books.tenant_id, books.ticket_id)) == 1
        assert books.session.scalars(select(TimeNote)).all() == []
    with acting_as(cast.client(cast.globex)):
        assert books.session.scalars(select(TimeEntry)).all() == []


def test_many_changes_of_a_minute_leave_one_piece_of_work(books: Books) -> None:
    books.session.query(Work).delete()
    entry = books.log()
    for text in ("A", "B", "C"):
        actions.edit_time(books.session, books.tenant_id, entry.id, {"text": text}, books.agent_id, MONDAY_9 + HOUR)
    assert [work.kind for work in books.session.scalars(select(Work))] == ["documents.draft"]


@pytest.mark.parametrize(
    "said",
    [
        {"work_type": "remote"},
        {"work_type": "remote", "seconds": 60},
        {"work_type": "remote", "seconds": -1, "worked_on": "2026-06-01"},
        {"work_type": "remote", "started_at": "2026-06-01T10:00:00+09:00", "ended_at": "2026-06-01T09:00:00+09:00"},
        {"work_type": "remote", "started_at": "2026-06-01T10:00:00", "seconds": 60},
    ],
)
def test_a_form_without_a_length_a_day_or_a_zone_is_sent_back(said: dict[str, Any]) -> None:
    assert TimeSchema().validate(said)
