"""The month board: who sees it, what one press would issue, and how a client comes to be billed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from billing import actions as billing
from billing.models import BillingAccount, DocumentDraft
from billing.rules.money import Money
from msp.web.month import sums_of
from tenants.db import transaction
from tenants.isolation import acting_as
from tenants.rules import Role, job
from tests.billing.books import JULY_2
from tests.cast import Cast
from tests.conftest import SignIn
from tests.msp.web.rooms.conftest import Counted
from tests.msp.web.rooms.month.conftest import OF, Rows, address, draft_of, text


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.OWNER, 200), (Role.BILLER, 200), (Role.AUDITOR, 200), (Role.LEAD, 403), (Role.AGENT, 403)],
)
def test_the_month_is_for_those_who_bill(july: Rows, cast: Cast, browser_of: SignIn, role: Role, status: int) -> None:
    client = browser_of(cast.emails[role])
    text(client, f"/month?of={OF}", status)
    text(client, address(july, cast), status)


def test_no_client_sees_it(july: Rows, cast: Cast, browser_of: SignIn) -> None:
    client = browser_of(cast.acme.emails[Role.CLIENT_ADMIN])
    text(client, f"/month?of={OF}", 403)
    text(client, address(july, cast), 403)


def test_the_auditor_looks_and_presses_nothing(july: Rows, cast: Cast, browser_of: SignIn) -> None:
    client = browser_of(cast.emails[Role.AUDITOR])
    assert "/month/issue" not in text(client, f"/month?of={OF}")
    assert client.post(f"{address(july, cast)}/lines", data={}).status_code == 403
    assert client.post("/month/issue", data={}).status_code == 403


def test_the_board_names_what_one_press_would_issue(july: Rows, biller: FlaskClient) -> None:
    page = text(biller, "/month")
    assert "2026年6月" in page  # the last month that is over
    assert "¥33,000" in page  # 2 h at 9,000 and on site at least an hour at 12,000, with tax
    assert "3:00" in page
    assert f'href="/month/issue?of={OF}"' in page
    assert 'href="/clients/GLOBEX/billing"' in page  # nobody said how it is billed


def test_the_board_asks_the_same_number_of_questions_however_many_clients(
    july: Rows, cast: Cast, biller: FlaskClient, questions: Counted
) -> None:
    few = questions(lambda: text(biller, f"/month?of={OF}"))
    with acting_as(cast.agent(cast.globex.id, Role.BILLER)), transaction() as session:
        facts = {"issuer_id": 1, "recipient": "グローベックス", "emails": ["b@globex.example"]}
        issuer = session.scalars(select(DocumentDraft.issuer_id)).first()
        billing.set_account(session, cast.globex.id, facts | {"issuer_id": issuer}, JULY_2)
    assert questions(lambda: text(biller, f"/month?of={OF}")) == few


ACCOUNT = {"recipient": "グローベックス㈱", "emails": "a@globex.example、b@globex.example", "closing_day": "20"}


def test_a_client_gets_its_account_and_is_billed(july: Rows, cast: Cast, biller: FlaskClient) -> None:
    with acting_as(job(cast.acme.id)):
        issuer = draft_of(july, cast).issuer_id
    answer = biller.post("/clients/GLOBEX/billing", data=ACCOUNT | {"issuer": str(issuer)})
    assert answer.status_code == 303, answer.get_data(as_text=True)[:500]
    with acting_as(job(cast.globex.id)):
        account = july().get_one(BillingAccount, cast.globex.id)
        assert account.emails == ["a@globex.example", "b@globex.example"]
        assert (account.closing_day, account.recipient) == (20, "グローベックス㈱")
    assert "グローベックス㈱" in text(biller, "/clients/GLOBEX/billing")
    assert "nothing=GLOBEX" in biller.post(f"/month/GLOBEX/compute?of={OF}").location


@pytest.mark.parametrize(
    ("field", "value"),
    [("issuer", ""), ("issuer", "999"), ("recipient", ""), ("emails", "nowhere"), ("closing_day", "40")],
)
def test_an_account_that_does_not_fit_is_refused(
    july: Rows, cast: Cast, biller: FlaskClient, field: str, value: str
) -> None:
    with acting_as(job(cast.acme.id)):
        issuer = draft_of(july, cast).issuer_id
    answer = biller.post("/clients/GLOBEX/billing", data=ACCOUNT | {"issuer": str(issuer)} | {field: value})
    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.get_data(as_text=True)


def test_accounts_are_for_those_who_bill(july: Rows, cast: Cast, browser_of: SignIn) -> None:
    for role in (Role.AGENT, Role.LEAD, Role.AUDITOR):
        text(browser_of(cast.emails[role]), "/clients/ACME/billing", 403)


def test_sums_stand_by_currency_the_one_most_are_in_first() -> None:
    amounts = [(Decimal(5), "EUR"), (Decimal(100), "JPY"), (Decimal(20), "JPY"), (Decimal(7), "CHF")]
    assert sums_of(amounts) == [Money(Decimal(120), "JPY"), Money(Decimal(7), "CHF"), Money(Decimal(5), "EUR")]
