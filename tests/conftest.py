"""Real servers, one database a worker, and an outer transaction in which every commit is real and nothing stays."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextvars import Context
from functools import partial
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser
from sqlalchemy.orm import Session

from msp.app import create_app
from msp.serve.catalogues import compile_catalogues
from msp.web.limits import limits
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.rules import GATE
from tests.browser import chromium
from tests.cast import PASSWORD, Cast, gather
from tests.services import Database, Servers, TestRun, rewind, settings

RUN = pytest.StashKey[TestRun]()

hypothesis.settings.register_profile("house", deadline=None, derandomize=True)  # a shared machine keeps no time
hypothesis.settings.load_profile("house")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[RUN] = TestRun(config)
    if not hasattr(config, "workerinput"):
        compile_catalogues()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes minutes begins first: no worker waits for another at the end."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    """What stands now stays to the end: the collector of garbage need not look at it again and again."""
    gc.collect()
    gc.freeze()


def pytest_configure_node(node: Any) -> None:
    node.config.stash[RUN].hand_over(node.workerinput)


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[RUN].close()


@pytest.fixture(scope="session")
def run(request: pytest.FixtureRequest) -> TestRun:
    return request.config.stash[RUN]


@pytest.fixture(scope="session")
def servers(run: TestRun) -> Servers:
    return run.servers()


@pytest.fixture(scope="session")
def database(run: TestRun, servers: Servers) -> Database:
    return servers.clone(f"worker_{run.number}")


@pytest.fixture(scope="session")
def app(
    run: TestRun, servers: Servers, database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """The desk under test, on this worker's database and Redis."""
    made = _app(database, servers.redis(run.number), tmp_path_factory.mktemp("data"))
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session")
def cast(app: Flask, database: Database) -> Cast:
    """Who is who; committed once a worker."""
    with app.app_context(), acting_as(GATE), transaction() as session:
        return gather(session, partial(rewind, database))


@pytest.fixture
def session(app: Flask, cast: Cast) -> Iterator[Session]:
    """A session in an outer transaction that is rolled back. Nobody acts until the test says who."""
    with app.app_context():
        engines: dict[str | None, Any] = db.engines  # type: ignore[assignment]  # the extension's own dictionary
        engine = engines[None]
        with engine.connect() as connection:
            outer = connection.begin()
            engines[None] = connection  # sessions bind to either
            db.session.session_factory.configure(join_transaction_mode="create_savepoint")
            try:
                yield db.session()
            finally:
                db.session.remove()
                engines[None] = engine
                db.session.session_factory.configure(join_transaction_mode="conditional_savepoint")
                outer.rollback()


@pytest.fixture
def own_database(run: TestRun, servers: Servers) -> Iterator[Database]:
    """A clone for tests of walls, locks, workers and browsers, which need commits that others see."""
    name = f"own_{run.number}"
    yield servers.clone(name)
    servers.drop(name)


@pytest.fixture
def own_app(run: TestRun, servers: Servers, own_database: Database, tmp_path: Path) -> Iterator[Flask]:
    """A desk on a database of its own, with the cast in it."""
    made = _app(own_database, servers.redis(32 + run.number), tmp_path)
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def own_cast(own_app: Flask, own_database: Database) -> Cast:
    with own_app.app_context(), acting_as(GATE), transaction() as session:
        return gather(session, partial(rewind, own_database))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One a worker: to start it takes longer than most of what is looked at. Whoever opens a page closes it."""
    with chromium() as one:
        yield one


@pytest.fixture
def browser_of(session: Session, app: Flask) -> SignIn:
    """Sign somebody in by address and answer his client; it works inside the outer transaction."""
    return SignIn(app)


class Apart(FlaskClient):
    """Each request in a context of its own, as in a server; a test's own app context would lend it its `g`."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        return Context().run(partial(super().open, *args, **kwargs))


class SignIn:
    """`browser_of("agent@desk.example")` is a signed-in test client."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def __call__(self, email: str | None = None) -> FlaskClient:
        client = self.app.test_client()
        if email is not None:
            answer = client.post("/sign-in", data={"email": email, "password": PASSWORD})
            assert answer.status_code == 302, answer.get_data(as_text=True)[:500]
        return client


def _app(database: Database, redis_url: str, folder: Path) -> Flask:
    made = create_app(settings(database, redis_url, folder))
    made.test_client_class = Apart
    made.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    limits.enabled = False
    return made
