"""Every page, as everybody, in both languages and both themes: nothing hinders, nothing leaves, nothing is cut off."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import islice
from unittest.mock import patch

import pytest
from playwright.sync_api import Browser
from werkzeug.routing import Rule

from msp import clock
from msp.app import create_app
from msp.web.limits import limits
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.rules import GATE, Role
from tests.browser import Visitor, served
from tests.cast import MONDAY_9, PASSWORD, gather
from tests.prove.cases import value_of
from tests.prove.ground import TODAY, set_back
from tests.prove.marked import OWN
from tests.prove.world import World, build
from tests.services import Servers, TestRun, rewind, settings
from tests.stories.pages import WIDTHS, House, addresses

pytestmark = [pytest.mark.browser, pytest.mark.own_database, pytest.mark.long]

JA, EN = ("ja", "light"), ("en", "dark")
TOURS = (
    (Role.OWNER, None, JA, 3),
    (Role.AGENT, None, EN, 2),
    (Role.OWNER, Role.AGENT, EN, 2),
    (Role.CLIENT_ADMIN, None, JA, 1),
    (Role.REQUESTER, None, EN, 1),
    (Role.CLIENT_ADMIN, Role.REQUESTER, EN, 1),
    (Role.BILLING_CONTACT, None, JA, 1),
    (Role.BILLING_CONTACT, None, EN, 1),
    (None, None, JA, 1),
    (None, None, EN, 1),
)
"""Who sees what (all he may, or what another does not see), how, and in how many shares: no core waits for long."""


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
    ("role", "but", "language", "theme", "shares", "share"),
    [
        (role, but, language, theme, shares, share)
        for role, but, (language, theme), shares in TOURS
        for share in range(shares)
    ],
    ids=str,
)
def test_every_page_is_fit_to_be_seen(
    house: House,
    visitor: Visitor,
    role: Role | None,
    but: Role | None,
    language: str,
    theme: str,
    shares: int,
    share: int,
) -> None:
    """Words do not depend on colours, nor colours on words: each language in one theme proves both of both.

    First with all rights to a page, then with an agent's or a requester's where they open it.
    """
    wrong = []
    house.prefer(role, language)
    visitor.wear(theme)
    for name, path, status in islice(addresses(house, role, but), share, None, shares):
        visitor.go(path, status)
        said = visitor.page.locator("html").get_attribute("lang")
        found = [] if said == language else [f"is in {said}"]
        found += visitor.hindrances()
        found += [f"at {width} px {each}" for width in WIDTHS[::-1] for each in visitor.too_wide(width)]
        found += visitor.complaints
        visitor.complaints.clear()
        wrong += [f"{name} {path}: {each}" for each in found]
    assert not wrong, "\n".join(wrong)
