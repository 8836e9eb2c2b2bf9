"""The price of an approved pack on the draft's page: put there by a press, once, in the period in which it begins."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.models import DocumentDraft, DraftLine
from sla import actions as promises
from sla import queries
from sla.models import SurgePack
from tenants.isolation import acting_as
from tenants.rules import Role, job
from tests.billing.books import JULY_2, open_books
from tests.cast import MONDAY_9, Cast
from tests.conftest import SignIn
from tests.promises import agree_on_office_hours

DAY = timedelta(days=1)
FASTER = {"targets": {"P4": {"resolution": 60}}}


@pytest.fixture
def page(session: Session, cast: Cast, monday_ten: time_machine.Traveller) -> str:
    """Acme's June on a draft with a fee of 50,000; the address of its page."""
    with acting_as(cast.agent(cast.acme.id, Role.BILLER)):
        books = open_books(session, cast.acme.id, cast.staff[Role.AGENT])
        contract = agree_on_office_hours(session, cast.acme.id)
        (version,) = queries.versions_of(session, cast.acme.id, contract.id)
        billing.add_item(session, cast.acme.id, version.id, "care", "fixed", "保守", {"price": "50000"}, MONDAY_9, {})
        books.log("2")
        books.draft()
        session.commit()
        draft_id = session.scalars(select(DocumentDraft.id)).one()
    monday_ten.move_to(JULY_2)
    return f"/month/ACME/drafts/{draft_id}"


@pytest.fixture
def biller(page: str, browser_of: SignIn, cast: Cast) -> FlaskClient:
    return browser_of(cast.emails[Role.BILLER])


def approved(session: Session, cast: Cast, begins: datetime, price: Decimal | None = Decimal(30000)) -> int:
    """A week of a pack that was approved when it began."""
    with acting_as(job(cast.acme.id)):
        (contract,) = queries.contracts_of(session, cast.acme.id)
        offer = promises.Offer("決算対応", begins, begins + 7 * DAY, FASTER, price, item_key="care")
        pack = promises.propose_pack(session, contract, offer, "相沢", begins)
        promises.approve_pack(session, contract, pack, "髙﨑花子", begins)
        session.commit()
        return pack.id


def lines(session: Session, cast: Cast) -> list[tuple[str, Decimal]]:
    with acting_as(job(cast.acme.id)):
        rows = session.execute(select(DraftLine.name, DraftLine.amount).order_by(DraftLine.place))
        return [(name, amount) for name, amount in rows]


def test_the_price_is_offered_and_put_there_once(session: Session, cast: Cast, biller: FlaskClient, page: str) -> None:
    charge = f"{page}/packs/{approved(session, cast, MONDAY_9)}"
    assert charge in biller.get(page).get_data(as_text=True)
    assert biller.post(charge, data={"verdict": "accept"}).status_code == 303
    ours = [line for line in lines(session, cast) if "決算対応" in line[0]]
    assert [amount for _, amount in ours] == [Decimal(30000)]
    assert "2026年6月1日" in ours[0][0]
    assert biller.post(charge, data={"verdict": "accept"}).status_code == 409
    assert [line for line in lines(session, cast) if "決算対応" in line[0]] == ours
    assert charge not in biller.get(page).get_data(as_text=True)


def test_a_price_that_is_let_be_leaves_the_draft_alone(
    session: Session, cast: Cast, biller: FlaskClient, page: str
) -> None:
    charge, before = f"{page}/packs/{approved(session, cast, MONDAY_9)}", lines(session, cast)
    assert biller.post(charge, data={"verdict": "decline"}).status_code == 303
    assert lines(session, cast) == before
    assert charge not in biller.get(page).get_data(as_text=True)


def test_a_pack_that_begins_later_waits_for_its_own_period(
    session: Session, cast: Cast, biller: FlaskClient, page: str
) -> None:
    charge, before = f"{page}/packs/{approved(session, cast, JULY_2)}", lines(session, cast)
    assert charge not in biller.get(page).get_data(as_text=True)
    assert biller.post(charge, data={"verdict": "accept"}).status_code == 422
    assert lines(session, cast) == before


@pytest.mark.parametrize("price", [None, Decimal(0)])
def test_a_pack_without_a_price_asks_for_nothing(
    session: Session, cast: Cast, biller: FlaskClient, page: str, price: Decimal | None
) -> None:
    assert f"{page}/packs/{approved(session, cast, MONDAY_9, price)}" not in biller.get(page).get_data(as_text=True)


def test_a_pack_that_ends_before_it_began_costs_nothing(session: Session, cast: Cast, page: str) -> None:
    pack_id = approved(session, cast, MONDAY_9 + DAY)
    with acting_as(job(cast.acme.id)):
        pack = session.get_one(SurgePack, (cast.acme.id, pack_id))
        contract = queries.contracts_of(session, cast.acme.id)[0]
        pack.starts_at, pack.ends_at = JULY_2 + DAY, JULY_2 + 8 * DAY
        promises.end_pack(session, contract, pack, JULY_2, "相沢", JULY_2)
        assert pack.charge == "none"


def test_who_does_not_bill_decides_nothing(session: Session, cast: Cast, page: str, browser_of: SignIn) -> None:
    charge = f"{page}/packs/{approved(session, cast, MONDAY_9)}"
    assert browser_of(cast.emails[Role.LEAD]).post(charge, data={"verdict": "accept"}).status_code == 403
    assert browser_of(cast.emails[Role.BILLER]).post(f"{page}/packs/987654321").status_code == 404
