"""A whole desk in a folder of its own, run as `msp run` does: `python -m tests.prove.kills_desk FOLDER SMTP_PORT`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import click

from msp.app import create_app
from msp.embedded import Services, stand_ins
from msp.serve import roles, schema
from msp.serve.desk import Desk, on_free_ports
from msp.serve.procfile import programs
from msp.settings import Settings
from tenants.db import transaction
from tenants.isolation import acting_as
from tenants.rules import GATE
from tests.cast import gather
from tests.msp.outbox.conftest import World
from tests.services import Database, rewind
from tests.stories import day

FIRST_PORT = 12_000 + os.getpid() % 60 * 300
"""Of its own, so that desks that start at the same time do not meet."""
UNDO = 1


@dataclass(frozen=True, slots=True)
class Address:
    """Where a desk of the proofs is reached, and how its rows are read past the wall."""

    port: int
    listen_port: int
    superuser_url: str
    redis_url: str


def run(folder: Path, smtp_port: int) -> None:
    """Fill an empty desk with the cast and run all of its processes until a signal comes."""
    with Services(folder) as services:
        settings = _settings(services, smtp_port)
        desk = Desk(settings, services, say)
        schema.upgrade(settings.owner_database_url)
        _furnish(settings, services)
        url = services.url("postgres")
        address = {"port": settings.port, "listen_port": settings.listen_port, "superuser_url": url}
        (folder / "address.json").write_text(json.dumps(address | {"redis_url": services.redis_url}), encoding="ascii")
        desk.run(programs())


def address_in(folder: Path) -> Address | None:
    """The address of the desk of a folder, once it has one."""
    path = folder / "address.json"
    try:
        return Address(**json.loads(path.read_text(encoding="ascii")))
    except (FileNotFoundError, ValueError):
        return None


def say(name: str, line: str) -> None:
    click.echo(f"{name}| {line}")


def _settings(services: Services, smtp_port: int) -> Settings:
    given = Settings.read(stand_ins(services))
    mine = replace(given, port=FIRST_PORT, events_port=FIRST_PORT + 100, listen_port=FIRST_PORT + 200)
    free = on_free_ports(mine, say)
    return replace(free, smtp_host="127.0.0.1", smtp_port=smtp_port, smtp_tls="none", undo_seconds=UNDO)


def _furnish(settings: Settings, services: Services) -> None:
    app = create_app(settings)
    urls = (services.url(role) for role in ("postgres", roles.OWNER, roles.APP, roles.BACKUP))
    with app.app_context(), acting_as(GATE), transaction() as session:
        cast = gather(session, partial(rewind, Database(*urls)))
    day.agree(day.Desk(app, cast, World()))


def main(arguments: Sequence[str]) -> None:
    folder, smtp_port = arguments
    run(Path(folder), int(smtp_port))


if __name__ == "__main__":
    main(sys.argv[1:])
