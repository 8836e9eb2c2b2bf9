"""A service credit on the draft's page: reckoned from its fee, put there by a press, or let be."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.models import DocumentDraft, DraftLine
from sla import queries as promises
from sla.models import CreditProposal
from tenants.isolation import acting_as
from tenants.rules import Role, job
from tests.billing.books import JULY_2, open_books
from tests.cast import MONDAY_9, Cast
from tests.conftest import SignIn
from tests.promises import agree_on_office_hours

JUNE = date(2026, 6, 1)


@pytest.fixture
def paths(session: Session, cast: Cast, monday_ten: time_machine.Traveller) -> tuple[str, str]:
    """Acme's June on a draft with a fee of 50,000, and 5 % to give back: the draft's page and the credit's address."""
    with acting_as(cast.agent(cast.acme.id, Role.BILLER)):
        books = open_books(session, cast.acme.id, cast.staff[Role.AGENT])
        contract = agree_on_office_hours(session, cast.acme.id)
        (version,) = promises.versions_of(session, cast.acme.id, contract.id)
        billing.add_item(session, cast.acme.id, version.id, "care", "fixed", "保守", {"price": "50000"}, MONDAY_9, {})
        books.log("2")
        books.draft()
        session.add(
            CreditProposal(
                tenant_id=cast.acme.id, month=JUNE, agreed=Decimal("93.3891"), percent=Decimal(5), made_at=JULY_2
            )
        )
        session.commit()
        draft_id = session.scalars(select(DocumentDraft.id)).one()
        credit_id = session.scalars(select(CreditProposal.id)).one()
    monday_ten.move_to(JULY_2)
    page = f"/month/ACME/drafts/{draft_id}"
    return page, f"{page}/credits/{credit_id}"


@pytest.fixture
def biller(paths: tuple[str, str], browser_of: SignIn, cast: Cast) -> FlaskClient:
    return browser_of(cast.emails[Role.BILLER])


def lines(session: Session, cast: Cast) -> list[tuple[str, Decimal]]:
    with acting_as(job(cast.acme.id)):
        rows = session.execute(select(DraftLine.name, DraftLine.amount).order_by(DraftLine.place))
        return [(name, amount) for name, amount in rows]


def test_the_credit_is_offered_with_its_amount_and_put_there_once(
    session: Session, cast: Cast, biller: FlaskClient, paths: tuple[str, str]
) -> None:
    page, credit = paths
    assert "¥2,500" in biller.get(page).get_data(as_text=True)
    assert biller.post(credit, data={"verdict": "accept"}).status_code == 303
    assert ("2026年6月 サービスクレジット（達成率 93.3%、料金の5%）", Decimal(-2500)) in lines(session, cast)
    assert biller.post(credit, data={"verdict": "accept"}).status_code == 409
    assert credit not in biller.get(page).get_data(as_text=True)


def test_a_credit_that_is_let_be_leaves_the_draft_alone(
    session: Session, cast: Cast, biller: FlaskClient, paths: tuple[str, str]
) -> None:
    before = lines(session, cast)
    assert biller.post(paths[1], data={"verdict": "decline"}).status_code == 303
    assert lines(session, cast) == before
    assert paths[1] not in biller.get(paths[0]).get_data(as_text=True)


def test_whole_tens_of_percent_read_as_digits(
    session: Session, cast: Cast, paths: tuple[str, str], browser_of: SignIn
) -> None:
    with acting_as(job(cast.acme.id)):
        proposal = session.scalars(select(CreditProposal)).one()
        proposal.agreed, proposal.percent = Decimal(90), Decimal(10)
        session.commit()
    page = browser_of(cast.emails[Role.LEAD]).get("/clients/ACME/sla").get_data(as_text=True)
    assert "90" in page
    assert "E+1" not in page


def test_who_does_not_bill_decides_nothing(cast: Cast, paths: tuple[str, str], browser_of: SignIn) -> None:
    assert browser_of(cast.emails[Role.LEAD]).post(paths[1], data={"verdict": "accept"}).status_code == 403
    absent = paths[1].rsplit("/", 1)[0] + "/987654321"
    assert browser_of(cast.emails[Role.BILLER]).post(absent, data={"verdict": "accept"}).status_code == 404
