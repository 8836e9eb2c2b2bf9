"""Two who issue at once: real commits, one number each, none twice and none missing."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import psycopg
import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing import actions
from billing.models import BillingAccount, Document, SeriesLink
from billing.queries import documents
from billing.rules.periods import Period
from msp.serve import roles
from msp.tickets.models import Ticket
from tenants.db import db, transaction
from tenants.errors import Refused
from tenants.isolation import acting_as
from tenants.rules import Principal, Role, job
from tests.billing.books import JULY_2, JUNE, open_books
from tests.cast import MONDAY_9, Cast, Company
from tests.services import Database

pytestmark = pytest.mark.own_database


def ready(app: Flask, cast: Cast) -> dict[int, int]:
    """One draft for each client, by tenant."""
    drafts = {}
    agent = cast.staff[Role.AGENT]
    with app.app_context():
        with acting_as(job(cast.acme.id)), transaction() as session:
            books = open_books(session, cast.acme.id, agent)
            issuer_id = books.issuer.id
            books.log()
            drafts[cast.acme.id] = books.draft().id
        with acting_as(job(cast.globex.id)), transaction() as session:
            drafts[cast.globex.id] = _second(session, cast.globex, agent, issuer_id)
    return drafts


def _second(session: Session, company: Company, agent: int, issuer_id: int) -> int:
    session.add(BillingAccount(tenant_id=company.id, issuer_id=issuer_id, recipient="Globex"))
    ticket = Ticket(
        tenant_id=company.id, number=1, key="GLOBEX-1", title="x", owner_id=agent, opened_at=MONDAY_9,
        changed_at=MONDAY_9,
    )  # fmt: skip
    session.add(ticket)
    session.flush()
    said = {"work_type": "remote", "started_at": MONDAY_9, "ended_at": MONDAY_9 + timedelta(hours=1)}
    actions.log_time(session, company.id, ticket.id, agent, said, MONDAY_9)
    draft = actions.recompute_draft(session, company.id, Period(JUNE.begin, JUNE.end), JULY_2)
    assert draft is not None
    return draft.id


def at_once(app: Flask, acts: list[tuple[Principal, Callable[[], str]]]) -> list[str]:
    """Do them in threads that start together; what is refused answers `refused`."""
    start = Barrier(len(acts))

    def act(principal: Principal, verb: Callable[[], str]) -> str:
        with app.app_context(), acting_as(principal):
            start.wait()
            try:
                return verb()
            except Refused:
                return "refused"

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(task.result() for task in [pool.submit(act, *each) for each in acts])


def issuing(tenant_id: int, draft_id: int) -> Callable[[], str]:
    def verb() -> str:
        with transaction() as session:
            return actions.issue(session, tenant_id, draft_id, None, JULY_2).number

    return verb


def test_one_draft_pressed_four_times_is_one_document(own_app: Flask, own_cast: Cast) -> None:
    tenant_id = own_cast.acme.id
    draft_id = ready(own_app, own_cast)[tenant_id]
    answers = at_once(own_app, [(job(tenant_id), issuing(tenant_id, draft_id))] * 4)
    assert answers == ["INV-000001", "refused", "refused", "refused"]
    with own_app.app_context(), acting_as(job(tenant_id)):
        assert len(db.session().scalars(select(Document)).all()) == 1


def test_two_clients_issued_at_once_get_two_numbers(own_app: Flask, own_cast: Cast) -> None:
    drafts = ready(own_app, own_cast)
    answers = at_once(own_app, [(job(tenant), issuing(tenant, draft)) for tenant, draft in drafts.items()])
    assert answers == ["INV-000001", "INV-000002"]
    with own_app.app_context(), acting_as(own_cast.sweep()):
        (issuer,) = set(db.session().scalars(select(SeriesLink.issuer_id)))
        assert documents.broken_links(db.session(), issuer, "invoice") == []


def test_even_the_owner_of_the_tables_changes_nothing_that_was_issued(
    own_app: Flask, own_cast: Cast, own_database: Database
) -> None:
    """Rights may be given by mistake, and the owner has them all; the triggers stay."""
    tenant_id = own_cast.acme.id
    draft_id = ready(own_app, own_cast)[tenant_id]
    at_once(own_app, [(job(tenant_id), issuing(tenant_id, draft_id))])
    with psycopg.connect(roles.libpq(own_database.owner_url), autocommit=True) as owner:
        for name, value in (("tenants", f"{{{tenant_id}}}"), ("tenant", str(tenant_id)), ("kind", "system")):
            owner.execute("SELECT set_config(%s, %s, false)", (f"app.{name}", value))
        for table in ("document", "document_line", "document_tax", "document_source", "series_link", "time_entry"):
            for act in (f"UPDATE {table} SET tenant_id = tenant_id", f"DELETE FROM {table}"):
                with pytest.raises(psycopg.errors.RestrictViolation):
                    owner.execute(act)
        with pytest.raises(psycopg.errors.RestrictViolation):
            owner.execute("TRUNCATE document CASCADE")
