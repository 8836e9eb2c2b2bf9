"""Every page, as everybody, in both languages and both themes: nothing hinders, nothing leaves, nothing is cut off.

`python -m tests.stories.test_every_page FOLDER` takes their pictures on the believable desk, to be looked at.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice, product
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from flask import Flask
from playwright.sync_api import Browser
from sqlalchemy import func, select
from werkzeug.routing import Rule

from billing.models import Document, DocumentDraft, Issuer, Payment, TimeEntry
from msp import clock
from msp.app import create_app
from msp.guard import permissions_of
from msp.intake.models import RawMail, State
from msp.outbox.models import Webhook
from msp.outbox.office import Office
from msp.reports.models import Replay
from msp.seed import desk
from msp.seed.cast import CLIENTS
from msp.serve.catalogues import compile_catalogues
from msp.tickets.models import Message, Ticket
from msp.web.limits import limits
from msp.web.ticket_fields import EDITS
from sla.models import Calendar, Contract, ContractVersion, Roster
from tenants import actions as people
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.models import Contact, Login, TenantKey
from tenants.rules import DESK_KEY, GATE, MAY, Role, job
from tests.browser import Visitor, chromium, served
from tests.cast import MONDAY_9, PASSWORD, gather
from tests.prove.cases import path_of, value_of
from tests.prove.ground import TODAY, set_back
from tests.prove.marked import OWN
from tests.prove.servers import servers as standing
from tests.prove.world import World, build
from tests.services import Servers, TestRun, rewind, settings

pytestmark = [pytest.mark.browser, pytest.mark.own_database]

NO_PAGES = {
    *("static", "health.alive", "health.ready", "health.metrics", "events.listen", "entrance.front", "portal.front"),
    *("attachments.of_message", "attachments.of_note", "attachments.formatted", "portal_tickets.file"),
    *(
        "invoices.issued_pdf",
        "invoices.issued_xml",
        "portal.invoice_pdf",
        "client_sla.file",
        "portal_sla.file",
        "receivables.as_file",
        "exports.download",
        "contracts.progress",
        "decisions.of_ticket",
        "first_contract.price",
        "tickets.views",
        "new_ticket.callers",
        "search.palette",
        "notices.bell",
        "api_page.document",
        "api_page.nothing",
    ),
}
"""What answers a file, a stream, a part of a page or another address. Every other GET is looked at."""

ROLES = (Role.OWNER, Role.AGENT, Role.CLIENT_ADMIN, Role.REQUESTER, Role.BILLING_CONTACT, None)
FIRST_SEEN_BY = {"entrance": (None,), "api_page": (None,), "style_guide": (Role.OWNER,)}
"""Rooms that are the same for everybody are looked at once."""

SHARES: dict[Role | None, int] = {Role.OWNER: 3}
"""An owner sees the most pages: in shares no core waits long for another at the end."""

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

LANGUAGES = ("ja", "en")
WIDTHS = (1440, 390)
SHOWN = ("AOZORA", "TAKASAKI", "HIKARI", "SPREE")
Value = Callable[[Rule, str], str]


@dataclass(frozen=True, slots=True)
class House:
    """A desk that is open: its address, who comes in by which e-mail address, and what stands under an argument."""

    app: Flask
    url: str
    emails: dict[Role, str]
    value: Value
    ticket: str

    def prefer(self, role: Role | None, language: str) -> None:
        """The person's own setting; of nobody it is known what the browser asks for."""
        if role is None:
            return
        with self.app.app_context(), transaction() as rows, acting_as(GATE):
            login = rows.scalars(select(Login).where(Login.email == self.emails[role])).one()
            people.set_preferences(rows, login.id, language=language, theme="auto")


def addresses(house: House, role: Role | None) -> Iterator[tuple[str, str, int]]:
    """(name, address, expected status) of every page a role may open."""
    for rule in sorted(house.app.url_map.iter_rules(), key=lambda one: one.endpoint):
        if "GET" not in (rule.methods or ()) or rule.endpoint in NO_PAGES or rule.endpoint.startswith("api."):
            continue
        wanted = permissions_of(house.app.view_functions[rule.endpoint]) or ()
        if wanted and (role is None or not any(one in MAY[role] for one in wanted)):
            continue
        if role not in FIRST_SEEN_BY.get(rule.endpoint.split(".")[0], (role,)):
            continue
        values = {name: house.value(rule, name) for name in rule.arguments}
        if "" in values.values():
            continue
        if "what" in values:
            yield from (
                (f"{rule.endpoint}-{what}", path_of(rule, values | {"what": what}), 200) for what in sorted(EDITS)
            )
            continue
        yield rule.endpoint, path_of(rule, values), 200
        for number, more in enumerate(_queries(house.ticket, rule.endpoint), 1):
            yield f"{rule.endpoint}-{number}", f"{path_of(rule, values)}?{more}", 200
    yield "problem", "/nothing-here", 404


def _queries(ticket: str, endpoint: str) -> tuple[str, ...]:
    """What else one address shows."""
    return {
        "tickets.queue": ("view=done", f"view=all&ticket={ticket}"),
        "search.show": (f"q={ticket}",),
        "portal.tickets": ("view=done",),
    }.get(endpoint, ())


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture(scope="module")
def house(run: TestRun, servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The world of the proofs on Tuesday at nine, served for real."""
    database = servers.clone(f"pages_{run.number}")
    app = create_app(settings(database, servers.redis(32 + run.number), tmp_path_factory.mktemp("pages")), streams=512)
    limits.enabled = False
    with app.app_context(), patch.object(clock, "now", lambda: MONDAY_9):
        with acting_as(GATE), transaction() as session:
            cast = gather(session, partial(rewind, database))
        world = build(cast, MONDAY_9, partial(set_back, database))
    with patch.object(clock, "now", lambda: TODAY), served(app) as url:
        yield House(app, url, _emails(world), partial(_value, world), f"ACME-{OWN}")
    with app.app_context():
        db.engine.dispose()
    servers.drop(f"pages_{run.number}")


def _emails(world: World) -> dict[Role, str]:
    return {
        Role(role): email for role, email in world.cast.emails.items() if role in set(Role)
    } | world.cast.acme.emails


def _value(world: World, rule: Rule, name: str) -> str:
    return str(value_of(world, rule, name, "ACME"))


@pytest.fixture
def visitor(house: House, browser: Browser, role: Role | None, language: str) -> Iterator[Visitor]:
    one = Visitor(browser, house.url, language)
    if role is not None:
        one.sign_in(house.emails[role], PASSWORD)
    yield one
    one.context.close()


@pytest.mark.parametrize(
    ("role", "language", "theme", "share"),
    [
        (role, language, theme, share)
        for role, (language, theme) in product(ROLES, (("ja", "light"), ("en", "dark")))
        if language == "ja" or role not in (Role.AGENT, Role.REQUESTER)
        for share in range(SHARES.get(role, 1))
    ],
    ids=str,
)
def test_every_page_is_fit_to_be_seen(
    house: House, visitor: Visitor, role: Role | None, language: str, theme: str, share: int
) -> None:
    """Words do not depend on colours, nor colours on words: each language in one theme proves both of both.

    Agents' and requesters' pages are those of the owner and of the client admin with fewer rights: Japanese is enough.
    """
    wrong = []
    house.prefer(role, language)
    visitor.wear(theme)
    for name, path, status in islice(addresses(house, role), share, None, SHARES.get(role, 1)):
        visitor.go(path, status)
        said = visitor.page.locator("html").get_attribute("lang")
        found = [] if said == language else [f"is in {said}"]
        found += visitor.hindrances()
        found += [f"at {width} px {each}" for width in WIDTHS[::-1] for each in visitor.too_wide(width)]
        found += visitor.complaints
        visitor.complaints.clear()
        wrong += [f"{name} {path}: {each}" for each in found]
    assert not wrong, "\n".join(wrong)


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
