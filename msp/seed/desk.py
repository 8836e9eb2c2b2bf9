"""Fills an empty database with a believable desk, client by client; begun again it goes on where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from msp.outbox.office import Office
from msp.seed.cast import CLIENTS, COLLEAGUES, Client
from msp.seed.compliance import settle_months
from msp.seed.letters import leave_in_triage
from msp.seed.month_ends import bill, draw_up, past_month_ends, settle
from msp.seed.people import Staff, found_desk, open_client, rows_at_hand, staff_of
from msp.seed.plan import history, sizes
from msp.seed.play import Stage, play
from tenants import actions as people
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.models import Contact, DeskSetting, TenantKey
from tenants.passwords import hash_password
from tenants.rules import GATE, Role, job
from tenants.work import pass_over

TICKETS: Final = 600
PASSWORD: Final = "tomoshibi-demo"  # noqa: S105 - it opens made-up desks only, and is printed
SETTING: Final = "example"
DONE_LATER: Final = frozenset({"documents.render"})

Say = Callable[[int, int], None]
"""Hears how many tickets stand, of how many."""


def fill(at: datetime, office: Office, say: Say, tickets: int = TICKETS, clients: Sequence[Client] = CLIENTS) -> bool:
    """A desk that looks alive at an instant. False where a desk stands that is not ours to fill, or is filled.

    Each client is one transaction. Nothing of the past is left to be done but the pages of its invoices: no mail
    leaves, nobody is told again. What falls due after the instant stays.
    """
    begun = _begin(at, tickets)
    if begun is None:
        return False
    desk_id, at, tickets = begun
    with acting_as(job(desk_id)):
        staff = staff_of(db.session())
        db.session.rollback()
    done, shares, password_hash = 0, sizes(tickets, clients), hash_password(PASSWORD)
    for client in clients:
        say(done, tickets)
        _fill_client(client, shares[client.key], staff, at, password_hash)
        done += shares[client.key]
    say(done, tickets)
    _bill_the_past(clients, staff, at)
    with acting_as(job(desk_id)), transaction() as session:
        leave_in_triage(session, desk_id, office, at)
        pass_over(session, desk_id, at)
        setting = session.get_one(DeskSetting, SETTING)
        setting.value = {**setting.value, "filled": True}
    return True


def sign_ins() -> list[tuple[str, str, str]]:
    """Who may try the desk: what they are in both languages, address, password."""
    first = CLIENTS[0]
    agent = next(one for one in COLLEAGUES if one.role == Role.AGENT)
    admin = next(one for one in first.people if one.role == Role.CLIENT_ADMIN)
    requester = next(one for one in first.people if one.role == Role.REQUESTER)
    return [
        ("owner 責任者", COLLEAGUES[0].email, PASSWORD),
        ("agent 担当者", agent.email, PASSWORD),
        ("client 管理者", f"{admin.login}@{first.domain}", PASSWORD),
        ("requester 利用者", f"{requester.login}@{first.domain}", PASSWORD),
    ]


def _begin(at: datetime, tickets: int) -> tuple[int, datetime, int] | None:
    """Found the desk, or find one that was left half filled; None for any other desk."""
    with acting_as(GATE):
        desk_id = people.tenant_of_desk(db.session())
        db.session.rollback()
    if desk_id is None:
        with acting_as(GATE), transaction() as session:
            desk = found_desk(session, at, hash_password(PASSWORD))
            with acting_as(job(desk.tenant_id)):
                kept = {"at": at.isoformat(), "tickets": tickets, "filled": False}
                session.add(DeskSetting(name=SETTING, value=kept))
                session.flush()
            desk_id = desk.tenant_id
    with acting_as(job(desk_id)):
        setting = db.session.get(DeskSetting, SETTING)
        value: dict[str, Any] = dict(setting.value) if setting is not None else {"filled": True}
        db.session.rollback()
    return None if value["filled"] else (desk_id, datetime.fromisoformat(value["at"]), value["tickets"])


def _fill_client(client: Client, count: int, staff: Staff, at: datetime, password_hash: str) -> None:
    """One client with its whole history, unless it stands already."""
    with acting_as(GATE), transaction() as session:
        if session.scalar(select(TenantKey.id).where(TenantKey.key == client.key)) is not None:
            return
        tenant = open_client(session, client, staff, at, password_hash)
        with acting_as(job(tenant.tenant_id)):
            contacts = session.scalars(
                select(Contact).where(Contact.tenant_id == tenant.tenant_id).order_by(Contact.id)
            ).all()
            play(Stage(session, tenant, client, contacts, staff, at, rows_at_hand(session)), history(client, count, at))
            settle_months(session, tenant, client, at)
            pass_over(session, tenant.tenant_id, at, DONE_LATER)
    db.session.expunge_all()


def _bill_the_past(clients: Sequence[Client], staff: Staff, at: datetime) -> None:
    """Month end after month end in the order of time, since the numbers of a series never go back."""
    with acting_as(GATE):
        ids = dict(db.session.execute(select(TenantKey.key, TenantKey.id)).all())
        db.session.rollback()
    biller = next(staff.of(one) for one in COLLEAGUES if one.role == Role.BILLER)
    for issued, client, period in past_month_ends(clients, at):
        with acting_as(job(ids[client.key])), transaction() as session:
            bill(session, ids[client.key], period, biller, issued)
    for client in clients:
        with acting_as(job(ids[client.key])), transaction() as session:
            settle(session, ids[client.key], client, biller, at)
            draw_up(session, ids[client.key], client, at)
            pass_over(session, ids[client.key], at, DONE_LATER)
        db.session.expunge_all()
