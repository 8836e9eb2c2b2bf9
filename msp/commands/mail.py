"""msp mail: the two doors by which mail comes in, a pipe for the edge's delivery agent and a listener."""

import asyncio
import signal
import sys
from collections.abc import Sequence

import click
import structlog
from flask import Flask

from msp import clock
from msp.core import create_core
from msp.embedded import standing
from msp.intake import actions
from msp.intake.listener import Listener
from tenants import queries
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.rules import GATE, job

TEMPORARY_FAILURE = 75  # EX_TEMPFAIL of sysexits.h: the delivery agent keeps the mail and tries again

log = structlog.get_logger()


@click.group()
def command() -> None:
    """Take in mail from our own edge."""


@command.command()
@click.option("--from", "sender", help="The return path, empty for the null one.")
@click.option("--to", "recipients", multiple=True, help="The address it came to; may be repeated.")
def deliver(sender: str | None, recipients: tuple[str, ...]) -> None:
    """Keep one mail from standard input. Ends with 0 once it is safe, with 75 if it must be tried again."""
    try:
        content = sys.stdin.buffer.read()
        with standing() as settings:
            keep(create_core(settings), content, "pipe", sender, recipients)
    except Exception as error:
        click.echo(f"The mail could not be kept: {type(error).__name__}: {error}", err=True)
        sys.exit(TEMPORARY_FAILURE)


@command.command()
def listen() -> None:
    """Listen for our own edge, by SMTP or LMTP as the settings say."""
    with standing() as settings:
        app = create_core(settings)
        asyncio.run(_listen(Listener(settings, lambda *mail: keep(app, *mail))))


def keep(app: Flask, content: bytes, door: str, sender: str | None, recipients: Sequence[str]) -> None:
    """Keep a mail with the desk and commit. Whoever delivers may be told that all is well when this returns."""
    with app.app_context():
        with acting_as(GATE):
            desk_id = queries.desk_id(db.session())
            db.session.rollback()
        with acting_as(job(desk_id)), transaction() as session:
            actions.keep(session, desk_id, content, door, sender, recipients, clock.now())


async def _listen(listener: Listener) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    server = await listener.open()
    log.info("mail_listening", host=listener.address[0], port=listener.address[1], protocol=listener.door)
    async with server:
        await stop.wait()
