"""Surge packs: offered, announced, decided on by the client's admin, ended early."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from msp.jobs import JOBS
from msp.outbox.models import Mail, Notice
from sla.models import Remeasuring
from tenants.db import db
from tenants.models import Tenant
from tenants.rules import Role
from tenants.work import Work
from tests.cast import Cast
from tests.conftest import SignIn
from tests.msp.web.rooms.agreements.conftest import (
    CLIENT,
    Rows,
    offered_pack,
    the_pack,
)


def done(rows: Rows, kind: str, times: int = 1) -> None:
    """Whatever of this kind waits, done, as often as a queue may do it."""
    for row in rows().scalars(select(Work).where(Work.kind == kind)).all():
        for _ in range(times):
            JOBS[kind](row.tenant_id, *row.ids)
    db.session.commit()


def test_an_offer_reaches_the_clients_admins_by_mail_and_in_their_rooms(
    rows: Rows, cast: Cast, owner: FlaskClient, browser_of: SignIn
) -> None:
    offered_pack(rows, cast, owner)
    done(rows, "mail.pack_offered", times=2)
    (mail,) = rows().scalars(select(Mail).where(Mail.key.like("pack:%"))).all()
    assert mail.to[0]["address"] == cast.acme.emails[Role.CLIENT_ADMIN]
    assert "決算対応" in mail.subject
    assert "50,000" in mail.text
    assert "/portal/ACME/contract#packs" in mail.text
    db.session.commit()
    page = browser_of(cast.acme.emails[Role.CLIENT_ADMIN]).get("/portal/ACME/tickets").get_data(as_text=True)
    assert "/portal/ACME/contract#packs" in page
    page = browser_of(cast.acme.emails[Role.REQUESTER]).get("/portal/ACME/tickets").get_data(as_text=True)
    assert "決算対応" not in page


def test_an_offer_taken_back_is_announced_to_nobody(rows: Rows, cast: Cast, owner: FlaskClient) -> None:
    pack = offered_pack(rows, cast, owner)
    assert owner.post(f"{CLIENT}/contract/packs/{pack.id}/withdraw").status_code == 303
    done(rows, "mail.pack_offered")
    assert rows().scalars(select(Mail).where(Mail.key.like("pack:%"))).all() == []


@pytest.mark.parametrize(("verdict", "status"), [("approve", "approved"), ("decline", "declined")])
def test_the_owner_and_the_responsible_agent_hear_the_answer_once(
    rows: Rows, cast: Cast, owner: FlaskClient, admin: FlaskClient, verdict: str, status: str
) -> None:
    rows().get_one(Tenant, cast.acme.id).owner_login_id = cast.staff[Role.AGENT]
    db.session.commit()
    pack = offered_pack(rows, cast, owner)
    admin.post(f"/portal/ACME/contract/packs/{pack.id}/{verdict}")
    done(rows, "mail.pack_answered", times=2)
    hearers = {cast.staff[Role.OWNER], cast.staff[Role.AGENT]}
    told = rows().scalars(select(Notice).where(Notice.kind == "pack_answered")).all()
    assert sorted((one.login_id, one.subject, one.data["status"]) for one in told) == [
        (login, "ACME", status) for login in sorted(hearers)
    ]
    mails = rows().scalars(select(Mail).where(Mail.key.like("pack:%:desk:%"))).all()
    assert {mail.key for mail in mails} == {f"pack:{pack.id}:{status}:desk:{login}" for login in hearers}
    assert all("/clients/ACME/contract#packs" in mail.text for mail in mails)
    db.session.commit()
    assert "/clients/ACME/contract#packs" in owner.get("/notices").get_data(as_text=True)


def test_the_clients_admin_decides_on_a_pack_once(
    rows: Rows, cast: Cast, owner: FlaskClient, browser_of: SignIn
) -> None:
    pack = offered_pack(rows, cast, owner)
    admin = browser_of(cast.acme.emails[Role.CLIENT_ADMIN])
    text = admin.get("/portal/ACME/contract").get_data(as_text=True)
    assert "決算対応" in text
    assert "50,000" in text
    assert admin.post(f"/portal/ACME/contract/packs/{pack.id}/approve").status_code == 303
    kept = the_pack(rows, cast)
    assert (kept.status, kept.decided_by) == ("approved", "髙﨑花子")
    assert admin.post(f"/portal/ACME/contract/packs/{pack.id}/decline").status_code == 409
    instants = rows().scalars(select(Remeasuring.since).order_by(Remeasuring.since)).all()
    assert instants == [pack.starts_at, pack.ends_at]


def test_only_the_admin_of_the_company_sees_its_packs(
    rows: Rows, cast: Cast, owner: FlaskClient, browser_of: SignIn
) -> None:
    pack = offered_pack(rows, cast, owner)
    requester = browser_of(cast.acme.emails[Role.REQUESTER])
    assert requester.get("/portal/ACME/contract").status_code == 403
    stranger = browser_of(cast.globex.emails[Role.CLIENT_ADMIN])
    assert stranger.post(f"/portal/GLOBEX/contract/packs/{pack.id}/approve").status_code == 404


def test_an_approved_pack_ends_earlier_by_a_new_act(
    rows: Rows, cast: Cast, owner: FlaskClient, browser_of: SignIn
) -> None:
    pack = offered_pack(rows, cast, owner)
    assert owner.post(f"{CLIENT}/contract/packs/{pack.id}/end", data={"ends_at": ""}).status_code == 422
    browser_of(cast.acme.emails[Role.CLIENT_ADMIN]).post(f"/portal/ACME/contract/packs/{pack.id}/approve")
    late = {"ends_at": "2026-06-20T00:00"}
    again = browser_of(cast.emails[Role.OWNER])
    assert again.post(f"{CLIENT}/contract/packs/{pack.id}/end", data=late).status_code == 422
    assert again.post(f"{CLIENT}/contract/packs/{pack.id}/end", data={"ends_at": "2026-06-04T00:00"}).status_code == 303
    kept = the_pack(rows, cast)
    assert (kept.ends_at, kept.ends) == (pack.ends_at, datetime(2026, 6, 3, 15, tzinfo=UTC))
