"""The page of what the desk does by itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from msp import clock
from tenants import work
from tenants.db import db
from tenants.isolation import acting_as
from tenants.rules import Role, job
from tests.cast import Cast
from tests.conftest import SignIn
from tests.msp.web.rooms.conftest import Counted

Rows = Callable[[], Session]


@pytest.fixture
def rows(session: Session, cast: Cast) -> Rows:
    return lambda: db.session()


@pytest.fixture
def owner(rows: Rows, cast: Cast, browser_of: SignIn) -> FlaskClient:
    return browser_of(cast.emails[Role.OWNER])


def left(rows: Rows, cast: Cast, parked: bool = True, key: str = "1") -> int:
    """A mail of Acme's that could not leave."""
    with acting_as(job(cast.acme.id)):
        work_id = work.later(rows(), "mail.send", cast.acme.id, 1, at=clock.now(), key=key)
        row = rows().get_one(work.Work, (cast.acme.id, work_id))
        row.attempts, row.last_error = 12 if parked else 3, "ConnectionRefusedError: <smtp.example>"
        row.parked_at = clock.now() if parked else None
        rows().info.pop("bells", None)
        rows().commit()
    return row.id


@pytest.mark.parametrize(
    ("role", "sees", "runs"),
    [
        (Role.OWNER, 200, 303),
        (Role.LEAD, 200, 403),
        (Role.AUDITOR, 200, 403),
        (Role.AGENT, 403, 403),
        (Role.BILLER, 403, 403),
    ],
)
def test_the_owner_runs_it_some_look(
    rows: Rows, cast: Cast, browser_of: SignIn, role: Role, sees: int, runs: int
) -> None:
    client = browser_of(cast.emails[role])
    work_id = left(rows, cast)
    assert client.get("/work").status_code == sees
    assert client.post("/work/schedules/doorkeeping/run").status_code == runs
    assert client.post(f"/work/ACME/{work_id}/again").status_code == runs


def test_what_was_given_up_stands_there_with_its_error(rows: Rows, cast: Cast, owner: FlaskClient) -> None:
    left(rows, cast)
    left(rows, cast, parked=False, key="2")
    text = owner.get("/work").get_data(as_text=True)
    assert text.count("ConnectionRefusedError: &lt;smtp.example&gt;") == 4  # each short and in full
    assert "髙﨑商店㈱" in text


def test_the_page_asks_the_same_number_of_questions_however_much_failed(
    rows: Rows, cast: Cast, owner: FlaskClient, questions: Counted
) -> None:
    left(rows, cast)
    few = questions(lambda: owner.get("/work"))
    for n in range(4):
        left(rows, cast, key=f"more {n}")
    assert questions(lambda: owner.get("/work")) == few


def test_trying_again_makes_it_due(rows: Rows, cast: Cast, owner: FlaskClient) -> None:
    work_id = left(rows, cast)
    assert owner.post(f"/work/ACME/{work_id}/again").status_code == 303
    with acting_as(job(cast.acme.id)):
        row = rows().get_one(work.Work, (cast.acme.id, work_id))
        assert (row.parked_at, row.attempts) == (None, 0)
        assert row.available_at <= clock.now()


def test_what_is_another_clients_or_done_is_not_tried(rows: Rows, cast: Cast, owner: FlaskClient) -> None:
    work_id = left(rows, cast)
    assert owner.post(f"/work/GLOBEX/{work_id}/again").status_code == 404
    with acting_as(job(cast.acme.id)):
        rows().get_one(work.Work, (cast.acme.id, work_id)).done_at = clock.now()
        rows().commit()
    assert owner.post(f"/work/ACME/{work_id}/again").status_code == 409


def test_a_schedule_runs_for_each_client_or_for_the_desk(rows: Rows, cast: Cast, owner: FlaskClient) -> None:
    assert owner.post("/work/schedules/refold/run").status_code == 303
    assert owner.post("/work/schedules/doorkeeping/run").status_code == 303
    assert owner.post("/work/schedules/nonsense/run").status_code == 404
    with acting_as(cast.sweep()):
        found = rows().execute(select(work.Work.kind, work.Work.tenant_id).where(work.Work.key.contains("asked"))).all()
    assert {(kind, tenant_id) for kind, tenant_id in found} == {
        ("upkeep.refold", cast.acme.id),
        ("upkeep.refold", cast.globex.id),
        ("upkeep.doorkeeping", cast.desk),
    }
