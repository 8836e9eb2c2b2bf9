"""A month end goes client by client: in order, once, with a reason for what stays back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest

from billing import actions
from billing.actions import Looked
from billing.actions.runs import turn_of
from billing.models import DocumentDraft, NumberSeries, Run
from billing.queries import documents
from billing.queries.runs import progress_of, runs_of
from tenants.errors import Refused
from tenants.isolation import acting_as
from tenants.rules import Role, job
from tests.billing.books import JULY_2, JUNE, Books
from tests.cast import Cast

JUNE_1 = date(2026, 6, 1)


def looked(draft: DocumentDraft) -> Looked:
    return Looked(draft.tenant_id, draft.id, draft.calc_hash, draft.currency, draft.payable)


@pytest.fixture
def both(books: Books, cast: Cast) -> Callable[[], Run]:
    """Acme and Globex with an hour each; the call presses the button."""
    books.log()
    first = books.draft()
    with acting_as(cast.agent(cast.globex.id, Role.BILLER)):
        facts = {"issuer_id": books.issuer.id, "recipient": "Globex", "emails": ["a@globex.example"]}
        actions.set_account(books.session, cast.globex.id, facts, JULY_2)
        actions.draft_of_day(books.session, cast.globex.id, JUNE_1, JULY_2)
        second = _hand_written(books, cast.globex.id)

    def press() -> Run:
        return actions.start_run(
            books.session, books.issuer.id, JUNE_1, [looked(first), looked(second)], books.agent_id, JULY_2
        )

    return press


def _hand_written(books: Books, tenant_id: int) -> DocumentDraft:
    """A draft with nothing but a line of one's own on it."""
    draft = DocumentDraft(
        tenant_id=tenant_id,
        issuer_id=books.issuer.id,
        kind="invoice",
        period_start=JUNE.begin,
        period_end=JUNE.end,
        currency="JPY",
        calc_hash="uncomputed",
        computed_at=JULY_2,
    )
    books.session.add(draft)
    books.session.flush()
    return actions.add_line(
        books.session, tenant_id, draft.id, books.agent_id, JULY_2,
        name="設定", quantity=Decimal(1), price=Decimal(100),
    )  # fmt: skip


def take_turn(books: Books, run: Run, tenant_id: int) -> str:
    with acting_as(job(tenant_id)):
        item = actions.issue_in_turn(books.session, tenant_id, run.id, JULY_2)
    return "" if item is None else item.number or item.reason


def test_a_second_press_is_the_same_run(both: Callable[[], Run]) -> None:
    assert both().id == both().id


def test_numbers_follow_the_order_whoever_comes_first(books: Books, cast: Cast, both: Callable[[], Run]) -> None:
    run = both()
    assert take_turn(books, run, cast.globex.id) == ""
    assert take_turn(books, run, cast.acme.id) == "INV-000001"
    assert take_turn(books, run, cast.acme.id) == ""
    assert take_turn(books, run, cast.globex.id) == "INV-000002"
    assert (run.state, turn_of(run)) == ("done", None)
    assert both().id != run.id


def test_what_cannot_be_issued_says_why_and_uses_no_number(books: Books, cast: Cast, both: Callable[[], Run]) -> None:
    run = both()
    books.log("2", at=JULY_2 - timedelta(days=5))
    assert take_turn(books, run, cast.acme.id).startswith("The facts moved")
    assert take_turn(books, run, cast.globex.id) == "INV-000001"
    (progress,) = progress_of(books.session, runs_of(books.session, JUNE_1))
    assert ([item.place for item in progress.failed], [item.place for item in progress.issued]) == ([0], [1])
    assert progress.sums == {"JPY": Decimal(110)}
    assert books.session.get_one(NumberSeries, (books.issuer.id, "invoice")).value == 1


def test_a_fault_of_one_client_stops_nobody(
    books: Books, cast: Cast, both: Callable[[], Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = both()
    monkeypatch.setattr("billing.actions.runs.issue", _broken)
    assert take_turn(books, run, cast.acme.id) == "Something failed here: %(error)s."
    monkeypatch.undo()
    assert take_turn(books, run, cast.globex.id) == "INV-000001"
    assert documents.broken_links(books.session, books.issuer.id, "invoice") == []


def _broken(*_: object, **__: object) -> None:
    raise ZeroDivisionError


def test_it_stops_between_two_clients_and_goes_on_there(books: Books, cast: Cast, both: Callable[[], Run]) -> None:
    run = both()
    assert take_turn(books, run, cast.acme.id) == "INV-000001"
    actions.stop_run(books.session, run.id, JULY_2)
    assert take_turn(books, run, cast.globex.id) == ""
    actions.resume_run(books.session, run.id)
    assert take_turn(books, run, cast.globex.id) == "INV-000002"


def test_two_runs_of_a_month_never_work_side_by_side(books: Books, both: Callable[[], Run]) -> None:
    run = both()
    actions.stop_run(books.session, run.id, JULY_2)
    second = both()
    assert second.id != run.id
    with pytest.raises(Refused, match="Another run"):
        actions.resume_run(books.session, run.id)


def test_nobody_is_no_run(books: Books) -> None:
    with pytest.raises(Refused):
        actions.start_run(books.session, books.issuer.id, JUNE_1, [], None, JULY_2)


def test_a_client_given_up_is_passed_over(books: Books, cast: Cast, both: Callable[[], Run]) -> None:
    run = both()
    with acting_as(job(cast.acme.id)):
        actions.give_up(books.session, cast.acme.id, run.id, "WorkerDied", JULY_2)
    assert turn_of(run) == cast.globex.id
