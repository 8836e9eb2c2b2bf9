"""The pages about one client's prices: first contract, items, prepaid, counts, milestones, rates, decisions."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.models import (
    AccountDiscount,
    ContractItem,
    DeskRate,
    Lot,
    PrepaidStanding,
    TenantRate,
    TimeEntry,
    UnitCount,
)
from sla.models import Contract, ContractVersion
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.rules import Role, job
from tests.billing.agreed import agree, day
from tests.billing.books import JULY_2, Books, open_books
from tests.cast import Cast
from tests.conftest import SignIn

Prepared = Callable[..., Books]
AT = "/clients/ACME"
PART = {"HX-Request": "true"}
STEPS = [{"key": "plan", "name": "設計", "percent": "50"}, {"key": "live", "name": "稼働", "percent": "50"}]


@pytest.fixture(autouse=True)
def july(monday_ten: time_machine.Traveller) -> None:
    monday_ten.move_to(JULY_2)


@pytest.fixture
def prepared(session: Session, cast: Cast) -> Prepared:
    """Acme's books on 2 July, with these items since June and a day's work of June."""

    def prepare(*items: tuple[str, str, dict[str, object], dict[str, object]], hours: str = "7") -> Books:
        with acting_as(cast.agent(cast.acme.id, Role.BILLER)):
            books = open_books(session, cast.acme.id, cast.staff[Role.AGENT])
            if items:
                agree(books, *items)
            books.log(hours, at=day(6, 10))
            billing.refresh_drafts(session, cast.acme.id, JULY_2)
            session.commit()
        return books

    return prepare


@pytest.fixture
def owner(july: None, browser_of: SignIn, cast: Cast, session: Session) -> FlaskClient:
    return browser_of(cast.emails[Role.OWNER])


def text(client: FlaskClient, at: str, status: int = 200) -> str:
    answer = client.get(at)
    assert answer.status_code == status, answer.get_data(as_text=True)[:800]
    return answer.get_data(as_text=True)


def send(client: FlaskClient, at: str, status: int = 303, /, **form: object) -> str:
    answer = client.post(at, data=form, content_type="multipart/form-data")
    assert answer.status_code == status, answer.get_data(as_text=True)[:3000]
    return answer.get_data(as_text=True)


def kept(cast: Cast, model: type[Any]) -> list[Any]:
    with acting_as(job(cast.acme.id)):
        return list(db.session().scalars(select(model).execution_options(populate_existing=True)).all())


FIELDS = {"offer": "mixed", "price": "50,000", "hours": "5", "rate": "１２０００", "promises": "office", "step": "0"}


def test_a_first_contract_needs_eight_fields_and_says_what_last_month_would_have_cost(
    prepared: Prepared, owner: FlaskClient, cast: Cast
) -> None:
    """7 h in June: 5 h for 50,000 and 2 h beyond at 12,000 make 74,000, where the desk's card makes 63,000."""
    prepared()
    for offer in ("managed", "block", "tm", "device", "mixed"):
        page = text(owner, f"{AT}/contract/first?offer={offer}")
        main = page[page.index("<main") :]
        assert (
            len({re.sub(r"-\d+$", "", one) for one in re.findall(r'<(?:input|select)[^>]* id="f-([\w-]+)', main)}) <= 7
        )
    guess = owner.get(f"{AT}/contract/first/price", query_string=FIELDS, headers=PART).get_data(as_text=True)
    assert "63,000" in guess
    assert (
        "先月を試算した金額"
        in owner.get(f"{AT}/contract/first/price", query_string=FIELDS | {"price": ""}, headers=PART).text
    )
    assert (
        "/clients/ACME/billing"
        not in owner.get(f"{AT}/contract/first/price", query_string={"offer": "mixed"}, headers=PART).text
    )
    assert "74,000" in guess
    send(owner, f"{AT}/contract/first", **FIELDS)
    assert len(kept(cast, Contract)) == 1
    assert sorted(item.kind for item in kept(cast, ContractItem)) == ["pool", "tm"]
    assert owner.get(f"{AT}/contract/first").status_code == 303


@pytest.mark.parametrize(
    ("form", "kinds"),
    [
        ({"offer": "managed", "price": "50000"}, ["fixed"]),
        ({"offer": "block", "price": "100000", "hours": "10", "rate": "12000", "valid": "6"}, ["block"]),
        ({"offer": "tm", "rate": "9000"}, ["tm"]),
        ({"offer": "device", "price": "3000", "units": "12"}, ["fixed", "per_unit"]),
    ],
)
def test_every_offer_becomes_its_items(
    prepared: Prepared, owner: FlaskClient, cast: Cast, form: dict[str, str], kinds: list[str]
) -> None:
    prepared()
    send(owner, f"{AT}/contract/first", **form)
    assert sorted(item.kind for item in kept(cast, ContractItem)) == kinds
    assert len(kept(cast, Lot)) == (1 if form["offer"] == "block" else 0)
    assert len(kept(cast, UnitCount)) == (1 if form["offer"] == "device" else 0)


def test_what_is_missing_stands_at_its_field(prepared: Prepared, owner: FlaskClient) -> None:
    prepared()
    page = send(owner, f"{AT}/contract/first", 422, offer="block", price="100000")
    assert 'href="#f-hours"' in page
    assert 'href="#f-rate"' in page


def test_a_version_to_come_is_edited_and_its_changes_are_said_in_words(
    prepared: Prepared, owner: FlaskClient, cast: Cast
) -> None:
    prepared(("care", "fixed", {"price": "50000"}, {}))
    (begun,) = kept(cast, ContractVersion)
    send(owner, f"{AT}/items/{begun.id}/item", 422, kind="fixed", key="care", name="Care", price="1")
    send(owner, f"{AT}/items/{begun.id}/next", since="2026-08-01")
    coming = max(version.id for version in kept(cast, ContractVersion))
    at = f"{AT}/items/{coming}/item"
    assert 'value="50000"' in text(owner, f"{at}?key=care")
    send(owner, at, kind="fixed", key="care", name="Care", price="60,000")
    for kind in ("tm", "pool", "block", "retainer", "per_unit", "per_ticket", "milestone"):
        assert "f-name" in text(owner, f"{at}?kind={kind}")
    send(owner, at, kind="pool", name="Pool", price="1000", hours="10", rollover="forever", overage_rate="9000")
    send(owner, at, kind="milestone", name="Move", price="1000", steps="設計: 30%\n稼働：70")
    send(owner, at, 422, kind="per_unit", name="PC", product="pc")
    page = text(owner, f"{AT}/items")
    assert "50,000</del>" in page
    assert "設計" in page
    send(owner, f"{at}/remove", key="pool")
    assert "pool" not in {item.key for item in kept(cast, ContractItem)}


def test_a_lot_is_sold_covers_ends_and_is_taken_back(prepared: Prepared, owner: FlaskClient, cast: Cast) -> None:
    prepared(("block", "block", {"overage_rate": "12000"}, {}))
    assert "block" in text(owner, f"{AT}/prepaid").lower()
    send(owner, f"{AT}/prepaid", 422, item="block", how="sale", since="2026-07-01")
    send(owner, f"{AT}/prepaid", item="block", how="gift", hours="10", since="2026-07-01", periods_valid="2")
    (lot,) = kept(cast, Lot)
    send(owner, f"{AT}/prepaid/{lot.id}/cover", day="2026-06-01")
    send(owner, f"{AT}/prepaid/{lot.id}/end", last_day="2026-12-31")
    assert "2026" in text(owner, f"{AT}/prepaid")
    send(owner, f"{AT}/prepaid/{lot.id}/take-back")
    assert kept(cast, Lot) == []


def stand(cast: Cast) -> None:
    with acting_as(job(cast.acme.id)), transaction() as rows:
        billing.sell_lot(rows, cast.acme.id, "block", Decimal(600), None, None, JULY_2)
        billing.count_prepaid(rows, cast.acme.id, JULY_2 + timedelta(minutes=5))


def test_agent_and_client_see_what_is_left(
    prepared: Prepared, owner: FlaskClient, browser_of: SignIn, cast: Cast
) -> None:
    prepared(("block", "block", {"overage_rate": "12000"}, {}))
    stand(cast)
    assert len(kept(cast, PrepaidStanding)) == 1
    agent = browser_of(cast.emails[Role.AGENT])
    beside = agent.get("/tickets/ACME-9001/item", headers=PART).text
    assert 'id="prepaid-line"' in beside
    assert "10時間" in beside
    assert agent.get("/tickets/ACME-9001/item").headers["Location"] == "/tickets/ACME-9001"
    assert 'id="prepaid-line"' in text(agent, "/tickets/ACME-9001")
    client = browser_of(cast.acme.emails[Role.CLIENT_ADMIN])
    assert "10時間" in text(client, "/portal/ACME/prepaid")


def test_counts_are_typed_brought_and_ticked(prepared: Prepared, owner: FlaskClient, cast: Cast) -> None:
    prepared(("pcs", "per_unit", {"product": "pc", "price": "3000"}, {}))
    send(owner, f"{AT}/counts", product="pc", on_date="2026-06-01", quantity="10")
    send(owner, f"{AT}/counts", 422, product="PC!", on_date="2026-06-01", quantity="x")
    good = io.BytesIO("日付,品目,数量\n2026/07/01,pc,20\n".encode("cp932"))
    send(owner, f"{AT}/counts/file", file=(good, "counts.csv"))
    bad = io.BytesIO(b"date,product,quantity\n2026-07-02,pc,21\n2026-07-03,pc,many\n")
    assert "3" in send(owner, f"{AT}/counts/file", 422, file=(bad, "counts.csv"))
    assert len(kept(cast, UnitCount)) == 2
    assert 'name="item" value="pcs"' in text(owner, f"{AT}/counts?day=2026-07-01")
    send(owner, f"{AT}/counts/tick", item="pcs", day="2026-07-01")
    assert 'name="item" value="pcs"' not in text(owner, f"{AT}/counts?day=2026-07-01")


def test_a_milestone_is_marked_and_unmarked(prepared: Prepared, owner: FlaskClient) -> None:
    prepared(("move", "milestone", {"price": "1000000", "steps": STEPS}, {}))
    assert "¥500,000" in text(owner, f"{AT}/milestones")
    send(owner, f"{AT}/milestones", item="move", step="plan", reached_on="2026-07-01")
    assert "2026-07-01" in text(owner, f"{AT}/milestones")
    send(owner, f"{AT}/milestones", item="move", step="plan", reached_on="")
    assert 'value="2026-07-01"' not in text(owner, f"{AT}/milestones")


def test_rates_of_the_desk_and_of_a_client_begin_on_a_day(prepared: Prepared, owner: FlaskClient, cast: Cast) -> None:
    prepared()
    send(owner, "/settings/rates", price="15000", since="2026-08-01", role="lead", currency="JPY")
    send(owner, "/settings/rates", 422, price="", since="2026-08-01")
    send(owner, "/settings/rates", 422, price="1", since="2026-08-01", work_type="nothing")
    send(owner, "/settings/rates/costs", whose="role:agent", price="4000", since="2026-08-01")
    send(owner, "/settings/rates/costs", 422, whose="nobody", price="4000", since="2026-08-01")
    assert "15,000" in text(owner, "/settings/rates")
    send(owner, f"{AT}/rates", price="8000", since="2026-08-01", work_type="remote")
    assert "8,000" in text(owner, f"{AT}/rates")
    coming = next(rate for rate in kept(cast, DeskRate) if rate.role == "lead")
    send(owner, f"/settings/rates/{coming.id}/drop")
    (own,) = kept(cast, TenantRate)
    send(owner, f"{AT}/rates/{own.id}/drop")
    assert kept(cast, TenantRate) == []


def test_a_discount_on_the_whole_is_given_and_ends(prepared: Prepared, owner: FlaskClient, cast: Cast) -> None:
    prepared()
    send(owner, f"{AT}/discounts", 422, percent="5", amount="100", reason="長期", since="2026-06-01")
    send(owner, f"{AT}/discounts", percent="5", reason="長期", since="2026-06-01")
    assert "長期" in text(owner, f"{AT}/rates")
    (given,) = kept(cast, AccountDiscount)
    send(owner, f"{AT}/discounts/{given.id}/end")
    (ended,) = kept(cast, AccountDiscount)
    assert ended.until is not None


def test_a_tie_is_settled_where_it_is_shown(prepared: Prepared, owner: FlaskClient, cast: Cast) -> None:
    prepared(("one", "tm", {"rates": [{"price": "8000"}]}, {}), ("two", "tm", {"rates": [{"price": "7000"}]}, {}))
    (entry,) = kept(cast, TimeEntry)
    page = text(owner, f"{AT}/decisions")
    assert "ACME-9001" in page
    send(owner, f"{AT}/decisions/{entry.id}", item="two")
    assert "ACME-9001" not in text(owner, f"{AT}/decisions")
    send(owner, f"{AT}/decisions/{entry.id}", 422, item="three")


def test_an_agent_chooses_who_pays_for_a_ticket(
    prepared: Prepared, browser_of: SignIn, owner: FlaskClient, cast: Cast
) -> None:
    prepared(("one", "tm", {"rates": [{"price": "8000"}]}, {}), ("two", "tm", {"rates": [{"price": "7000"}]}, {}))
    agent = browser_of(cast.emails[Role.AGENT])
    send(agent, "/tickets/ACME-9001/item", item="one")
    assert "selected" in agent.get("/tickets/ACME-9001/item", headers=PART).text


def test_a_month_is_replayed_under_another_version(prepared: Prepared, owner: FlaskClient, cast: Cast) -> None:
    prepared(("care", "fixed", {"price": "50000"}, {}))
    (version,) = kept(cast, ContractVersion)
    page = text(owner, f"{AT}/what-if?version={version.id}")
    assert page.count("¥50,000</td>") == 2
    assert len(set(re.findall('<th scope="row">(.*?)</th>', page))) == page.count('<th scope="row">')
    text(owner, f"{AT}/what-if?version=99999", 404)


@pytest.mark.parametrize("page", ["prepaid", "counts", "milestones", "rates", "items", "decisions", "what-if"])
def test_a_client_without_an_account_has_its_pages_too(page: str, owner: FlaskClient) -> None:
    assert "GLOBEX" in text(owner, f"/clients/GLOBEX/{page}")
