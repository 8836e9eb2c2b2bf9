"""A draft opens down to its entries, takes lines by hand and is never changed blindly."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from billing.models import DraftLine, ManualLine
from tenants.isolation import acting_as
from tenants.rules import job
from tests.cast import Cast
from tests.msp.web.rooms.month.conftest import Rows, address, draft_of, text


def test_every_amount_opens_down_to_the_entries(july: Rows, cast: Cast, biller: FlaskClient) -> None:
    at = address(july, cast)
    page = text(biller, at)
    line = re.findall(r'hx-get="([^"]+line=[^"]+)"', page)
    assert len(line) == 2
    part = text(biller, line[1], headers={"HX-Request": "true", "HX-Target": "calculation"})
    assert "<html" not in part
    for shown in ("ACME-9001", "2:00", "¥9,000", "複合機を確認", "¥18,000"):
        assert shown in part
    assert "ACME-9001" in text(biller, line[1])  # the same without scripts


def test_the_preview_shows_the_real_pages(july: Rows, cast: Cast, biller: FlaskClient) -> None:
    part = text(biller, f"{address(july, cast)}/preview", headers={"HX-Request": "true"})
    assert part.count("data:image/svg+xml;base64,") == 1


def test_a_line_by_hand_stays_and_goes(july: Rows, cast: Cast, biller: FlaskClient) -> None:
    at = address(july, cast)
    given = {"name": "値引", "quantity": "1", "price": "−１,０００", "tax_code": "standard"}
    assert biller.post(f"{at}/lines", data=given).status_code == 303
    with acting_as(job(cast.acme.id)):
        assert draft_of(july, cast).net == Decimal(29000)
        manual = july().scalars(select(ManualLine)).one()
    assert biller.post(f"{at}/restore?line=manual-{manual.id}").status_code == 303
    with acting_as(job(cast.acme.id)):
        assert draft_of(july, cast).net == Decimal(30000)


@pytest.mark.parametrize(
    ("field", "value"), [("name", ""), ("quantity", "viel"), ("price", ""), ("price", "0.1234567"), ("tax_code", "x")]
)
def test_what_does_not_fit_is_said_at_its_field(
    july: Rows, cast: Cast, biller: FlaskClient, field: str, value: str
) -> None:
    given = {"name": "値引", "quantity": "1", "price": "100", "tax_code": "standard"} | {field: value}
    answer = biller.post(f"{address(july, cast)}/lines", data=given)
    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.get_data(as_text=True)


def test_a_changed_line_needs_a_reason_and_comes_back(july: Rows, cast: Cast, biller: FlaskClient) -> None:
    at = address(july, cast)
    with acting_as(job(cast.acme.id)):
        key = july().scalars(select(DraftLine.key).order_by(DraftLine.place)).first()
    change = {"price": "8000", "quantity": "", "name": "", "reason": ""}
    refused = biller.post(f"{at}/change", query_string={"line": key}, data=change)
    assert refused.status_code == 422
    assert 'id="f-reason-error"' in refused.get_data(as_text=True)
    done = biller.post(f"{at}/change", query_string={"line": key}, data=change | {"reason": "約束"})
    assert done.status_code == 303
    with acting_as(job(cast.acme.id)):
        assert draft_of(july, cast).net == Decimal(26000)
    biller.post(f"{at}/restore", query_string={"line": key})
    with acting_as(job(cast.acme.id)):
        assert draft_of(july, cast).net == Decimal(30000)


def test_a_draft_that_moved_is_not_changed_blindly(july: Rows, cast: Cast, biller: FlaskClient) -> None:
    at = address(july, cast)
    with acting_as(job(cast.acme.id)):
        key = july().scalars(select(DraftLine.key).order_by(DraftLine.place)).first()
    given = {"price": "1", "reason": "x", "version": "999"}
    assert biller.post(f"{at}/change", query_string={"line": key}, data=given).status_code == 409


def test_a_draft_of_another_client_is_not_there(july: Rows, cast: Cast, biller: FlaskClient) -> None:
    with acting_as(job(cast.acme.id)):
        draft_id = draft_of(july, cast).id
    text(biller, f"/month/GLOBEX/drafts/{draft_id}", 404)
    text(biller, f"/month/GLOBEX/drafts/{draft_id}/preview", 404)
    for verb in ("compute", "restore"):
        assert biller.post(f"/month/GLOBEX/drafts/{draft_id}/{verb}").status_code == 404
