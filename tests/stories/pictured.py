"""Pictures of every page of the believable desk, to be looked at: `python -m tests.stories.pictured FOLDER`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from billing.models import Document, DocumentDraft, Issuer, Payment, TimeEntry
from msp import clock
from msp.app import create_app
from msp.intake.models import RawMail, State
from msp.outbox.models import Webhook
from msp.outbox.office import Office
from msp.reports.models import Replay
from msp.seed import desk
from msp.seed.cast import CLIENTS
from msp.serve.catalogues import compile_catalogues
from msp.tickets.models import Message, Ticket
from msp.web.limits import limits
from sla.models import Calendar, Contract, ContractVersion, Roster
from tenants.db import db
from tenants.isolation import acting_as
from tenants.models import Contact, Login, TenantKey
from tenants.rules import DESK_KEY, GATE, Role, job
from tests.browser import Visitor, chromium, served
from tests.prove.servers import servers as standing
from tests.services import Servers, settings
from tests.stories.pages import LANGUAGES, WIDTHS, House, addresses

SHOWN = ("AOZORA", "TAKASAKI", "HIKARI", "SPREE")
OF_A_CLIENT: tuple[tuple[str, Any], ...] = (
    ("calendar_id", Calendar),
    ("contact_id", Contact),
    ("contract_id", Contract),
    ("document_id", Document),
    ("draft_id", DocumentDraft),
    ("entry_id", TimeEntry),
    ("payment_id", Payment),
    ("replay_id", Replay),
    ("version_id", ContractVersion),
)
OF_THE_DESK: tuple[tuple[str, Any], ...] = (("issuer_id", Issuer), ("roster_id", Roster), ("webhook_id", Webhook))
"""What an argument of an address names on the believable desk; a page of something it has not is not taken."""


def look(folder: Path) -> Iterator[Path]:
    """Pictures of every page of the believable desk, for its owner, an agent, a client's administrator and nobody."""
    compile_catalogues()
    with standing() as (servers, files), chromium() as browser, _believable(servers, files) as house:
        for role, language in product((Role.OWNER, Role.AGENT, Role.CLIENT_ADMIN, None), LANGUAGES):
            visitor = Visitor(browser, house.url, language)
            if role is not None:
                visitor.sign_in(house.emails[role], desk.PASSWORD)
            house.prefer(role, language)
            yield from _pictures(house, visitor, role, folder / language)
            visitor.context.close()


def _pictures(house: House, visitor: Visitor, role: Role | None, folder: Path) -> Iterator[Path]:
    for name, path, status in addresses(house, role):
        visitor.go(path, status)
        for theme in ("light", "dark"):
            visitor.wear(theme)
            for width in WIDTHS:
                visitor.page.set_viewport_size({"width": width, "height": 900})
                picture = folder / f"{theme}-{width}" / f"{role or 'nobody'}-{name}.png"
                visitor.page.screenshot(path=picture)
                yield picture


@contextmanager
def _believable(servers: Servers, files: Path) -> Iterator[House]:
    """The example, with fewer clients and tickets."""
    database = servers.clone("pictures")
    app = create_app(settings(database, servers.redis(63), files), streams=512)
    limits.enabled = False
    clients = tuple(one for one in CLIENTS if one.key in SHOWN)
    with app.app_context():
        desk.fill(clock.now(), Office.of(app.extensions["settings"]), lambda _done, _of: None, 150, clients)
        found = _standing_there(SHOWN[0])
    emails = {Role.OWNER: "owner@desk.example", Role.AGENT: "agent@desk.example"}
    emails[Role.CLIENT_ADMIN] = f"admin@{clients[0].domain}"
    with served(app) as url:
        yield House(app, url, emails, lambda _rule, name: found.get(name, ""), found["key"])
    with app.app_context():
        db.engine.dispose()
    servers.drop("pictures")


def _standing_there(key: str) -> dict[str, str]:
    """What stands under each argument of an address at one client of the example."""
    with acting_as(GATE):
        ids = dict(db.session.execute(select(TenantKey.key, TenantKey.id)).all())
        login_id = db.session.scalars(select(Login.id).where(Login.email == "agent@desk.example")).one()
        db.session.rollback()
    first: dict[str, object] = {
        "tenant": key,
        "token": "none",
        "what": "priority",
        "login_id": login_id,
        "code": "remote",
    }
    with acting_as(job(ids[key])):
        busiest = select(Message.ticket_id).group_by(Message.ticket_id).order_by(func.count().desc()).limit(1)
        ticket = db.session.scalars(select(Ticket).where(Ticket.id == busiest.scalar_subquery())).one()
        first |= {"key": f"{key}-{ticket.number}", "number": ticket.number}
        first |= {
            name: db.session.scalars(select(table.id).order_by(table.id.desc())).first() for name, table in OF_A_CLIENT
        }
        db.session.rollback()
    with acting_as(job(ids[DESK_KEY])):
        first["raw_id"] = db.session.scalars(select(RawMail.id).where(RawMail.state == State.TRIAGE)).first()
        first |= {name: db.session.scalars(select(table.id).order_by(table.id)).first() for name, table in OF_THE_DESK}
        db.session.rollback()
    return {name: str(value) for name, value in first.items() if value is not None}


if __name__ == "__main__":
    for taken in look(Path(sys.argv[1])):
        sys.stdout.write(f"{taken}\n")
