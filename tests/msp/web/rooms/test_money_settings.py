"""Issuers, taxes, when a client pays and how time is counted, through their forms."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from billing.models import BillingAccount, ContractTime, Issuer, TaxRate
from sla import actions as promises
from sla.queries import versions_of
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.rules import job
from tests.billing.agreed import agree
from tests.billing.books import JULY_2, Books
from tests.cast import Cast

GERMAN = {
    "name": "Desk Europa GmbH",
    "country": "DE",
    "registration_number": "DE123456789",
    "endpoint": "DE123456789",
    "endpoint_scheme": "9930",
    "currency": "EUR",
    "tax_direction": "half_up",
    "fiscal_year_month": "1",
    "due_by": "net",
    "due_days": "14",
}


def issuer(name: str) -> Issuer:
    return db.session.scalars(select(Issuer).where(Issuer.name == name)).one()


def test_a_german_company_sends_invoices_with_its_electronic_address(biller: FlaskClient, cast: Cast) -> None:
    assert biller.post("/settings/issuers/new", data=GERMAN).status_code == 303
    with acting_as(job(cast.acme.id)):
        made = issuer("Desk Europa GmbH")
        assert (made.endpoint_scheme, made.endpoint) == ("9930", "DE123456789")
        assert made.due == {"shift": "none", "net_days": 14}
        made_id = made.id
    page = biller.get(f"/settings/issuers/{made_id}").text
    assert 'value="DE123456789"' in page
    assert "9930:DE123456789" in biller.get("/settings/issuers").text


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": ""}, "name"),
        ({"country": "Germany"}, "country"),
        ({"endpoint_scheme": "99"}, "endpoint_scheme"),
        ({"endpoint_scheme": ""}, "endpoint_scheme"),
        ({"endpoint": ""}, "endpoint"),
        ({"due_days": ""}, "due_days"),
        ({"email": "nowhere"}, "email"),
        ({"name": "株式会社デスク"}, "name"),
    ],
)
def test_what_does_not_fit_an_issuer_is_said_at_its_field(
    biller: FlaskClient, changed: dict[str, str], field: str
) -> None:
    answer = biller.post("/settings/issuers/new", data=GERMAN | changed)
    assert (answer.status_code, f'id="f-{field}-error"' in answer.text) == (422, True)


def test_a_doubtful_number_is_kept_and_said(biller: FlaskClient, cast: Cast) -> None:
    given = GERMAN | {"name": "新会社", "country": "JP", "registration_number": "T1234567890123"}
    answer = biller.post("/settings/issuers/new", data=given)
    assert "number=checksum" in answer.headers["Location"]
    with acting_as(job(cast.acme.id)):
        assert issuer("新会社").registration_number == "T1234567890123"


def test_a_rate_of_another_country_is_entered_and_taken_back(biller: FlaskClient, cast: Cast) -> None:
    assert (
        biller.post("/settings/taxes", data={"country": "DE", "rate": "19", "since": "2007-01-01"}).status_code == 303
    )
    biller.post("/settings/taxes", data={"country": "DE", "rate": "21", "since": "2031-01-01"})
    with acting_as(job(cast.acme.id)):
        coming = db.session.scalars(select(TaxRate).where(TaxRate.rate == 21)).one().id
    assert f"/settings/taxes/{coming}/drop" in biller.get("/settings/issuers").text
    assert biller.post(f"/settings/taxes/{coming}/drop").status_code == 303
    with acting_as(job(cast.acme.id)):
        rates = db.session.scalars(select(TaxRate).where(TaxRate.country == "DE")).all()
        assert [(each.rate, each.until) for each in rates] == [(Decimal(19), None)]


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"rate": ""}, "rate"), ({"rate": "101"}, "rate"), ({"category": "AE"}, "rate"), ({"since": ""}, "since")],
)
def test_what_does_not_fit_a_rate_is_said_at_its_field(
    biller: FlaskClient, changed: dict[str, str], field: str
) -> None:
    given = {"country": "DE", "rate": "19", "since": "2007-01-01"} | changed
    answer = biller.post("/settings/taxes", data=given)
    assert (answer.status_code, f'id="f-{field}-error"' in answer.text) == (422, True)


@pytest.fixture
def versions(books: Books, cast: Cast) -> tuple[int, int]:
    """The version that has begun, and one to come."""
    with acting_as(job(cast.acme.id)):
        made = agree(books)
        (first,) = versions_of(books.session, cast.acme.id, made.id)
        coming = promises.add_version(books.session, made, first.terms, JULY_2 + timedelta(days=30))
        books.session.commit()
        return first.id, coming.id


COUNTING = {"scope": "ticket", "step_remote": "15", "times_after": "1.25", "price_visit": "3000", "price_km": "５０"}


def test_a_version_to_come_gets_its_multipliers_and_travel(
    versions: tuple[int, int], biller: FlaskClient, cast: Cast
) -> None:
    at = f"/clients/ACME/items/{versions[1]}/time"
    night = {"times_night": "1.5", "night_from": "22:00", "night_to": "05:00"}
    assert biller.post(at, data=COUNTING | night).status_code == 303
    with acting_as(job(cast.acme.id)):
        terms = db.session.get_one(ContractTime, (cast.acme.id, versions[1])).terms
    assert terms["multipliers"] == {"after": "1.25", "night": "1.5"}
    assert terms["night"] == ["22:00", "05:00"]
    assert terms["travel"] == [{"basis": "visit", "price": "3000"}, {"basis": "km", "price": "50"}]
    page = biller.get(at).text
    assert 'value="1.25"' in page
    assert 'value="22:00"' in page


def test_one_that_has_begun_is_shown_and_not_changed(
    versions: tuple[int, int], biller: FlaskClient, cast: Cast
) -> None:
    at = f"/clients/ACME/items/{versions[0]}/time"
    assert f'action="{at}"' not in biller.get(at).text
    assert biller.post(at, data=COUNTING).status_code == 422
    with acting_as(job(cast.acme.id)), transaction() as rows:
        assert rows.get(ContractTime, (cast.acme.id, versions[0])) is None
    assert biller.get(f"/clients/GLOBEX/items/{versions[0]}/time").status_code == 404


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"step_remote": "2000"}, "step_remote"),
        ({"times_after": "viel"}, "times_after"),
        ({"times_night": "1.5"}, "night_from"),
        ({"night_from": "22:00"}, "night_to"),
        ({"price_km": "-1"}, "price_km"),
    ],
)
def test_what_does_not_fit_the_counting_is_said_at_its_field(
    versions: tuple[int, int], biller: FlaskClient, changed: dict[str, str], field: str
) -> None:
    answer = biller.post(f"/clients/ACME/items/{versions[1]}/time", data=COUNTING | changed)
    assert (answer.status_code, f'id="f-{field}-error"' in answer.text) == (422, True)


def test_the_way_of_a_client_leaves_versions_that_have_begun_as_they_were(
    versions: tuple[int, int], biller: FlaskClient, cast: Cast
) -> None:
    with acting_as(job(cast.acme.id)), transaction() as rows:
        before = dict(rows.get_one(BillingAccount, cast.acme.id).time)
    assert biller.post("/clients/ACME/billing/time", data=COUNTING).status_code == 303
    with acting_as(job(cast.acme.id)), transaction() as rows:
        assert rows.get_one(BillingAccount, cast.acme.id).time["rules"]["remote"]["step"] == 15
        assert rows.get_one(ContractTime, (cast.acme.id, versions[0])).terms == before
        assert rows.get(ContractTime, (cast.acme.id, versions[1])) is None
    assert 'value="1.25"' in biller.get("/clients/ACME/billing/time").text


def test_nobody_counts_the_time_of_whom_nobody_bills(books: Books, biller: FlaskClient) -> None:
    assert biller.post("/clients/GLOBEX/billing/time", data=COUNTING).status_code == 422


@pytest.mark.parametrize(
    ("said", "due"),
    [
        ({}, None),
        ({"due_by": "issuer", "due_days": "9"}, None),
        ({"due_by": "net", "due_days": "３０"}, {"shift": "none", "net_days": 30}),
        (
            {"due_by": "month", "due_months": "2", "due_day": "10", "due_shift": "next"},
            {"shift": "next", "months": 2, "day": 10},
        ),
    ],
)
def test_a_client_pays_when_it_was_agreed_with_him(
    books: Books, biller: FlaskClient, cast: Cast, said: dict[str, str], due: dict[str, object] | None
) -> None:
    with acting_as(job(cast.acme.id)):
        issuer_id = books.session.get_one(BillingAccount, cast.acme.id).issuer_id
        books.session.commit()
    form = {"issuer": str(issuer_id), "recipient": "北町商店", "tax_code": "export"} | said
    assert biller.post("/clients/ACME/billing", data=form).status_code == 303
    with acting_as(job(cast.acme.id)):
        account = db.session.get_one(BillingAccount, cast.acme.id)
        assert (account.due, account.tax_code) == (due, "export")
    page = biller.get("/clients/ACME/billing").text
    assert f'value="{said.get("due_by", "issuer")}" checked' in page


@pytest.mark.parametrize(("way", "field"), [("net", "due_days"), ("month", "due_months")])
def test_a_way_to_be_due_needs_its_number(books: Books, biller: FlaskClient, way: str, field: str) -> None:
    answer = biller.post("/clients/ACME/billing", data={"issuer": "1", "recipient": "北町商店", "due_by": way})
    assert (answer.status_code, f'id="f-{field}-error"' in answer.text) == (422, True)
