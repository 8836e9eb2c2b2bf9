"""msp seed: fills a desk with an example to look at, or with very many rows to measure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from msp import clock
from msp.core import create_core
from msp.embedded import standing
from msp.outbox.office import Office
from msp.seed import bulk, desk
from msp.settings import Settings
from tenants.db import db


@click.command()
@click.option("--scale", type=click.IntRange(1), help="So many made-up tickets more, in new clients, to measure with.")
@click.option("--clients", type=click.IntRange(1), default=50, show_default=True, help="In how many new clients.")
def command(scale: int | None, clients: int) -> None:
    """Fill an empty desk with an example: twelve clients, 600 tickets, three months of invoices."""
    with standing() as settings:
        if scale is not None:
            _fill_big(settings, scale, clients)
        elif seed_once(settings):
            click.echo("The desk has been filled with an example.")
        else:
            click.echo("There is a desk here already; nothing was added.")
        if settings.demo and scale is None:
            for what, address, password in sign_ins():
                click.echo(f"  {what:<16} {address:<32} {password}")


def seed_once(settings: Settings) -> bool:
    """Fill an empty database with a believable desk; False when it was not empty.

    One that was left half filled is filled up.
    """
    at = clock.now().replace(microsecond=0)
    with _desk_of(settings), _bar("Filling the desk with an example") as say:
        return desk.fill(at, Office.of(settings), say)


def sign_ins() -> Sequence[tuple[str, str, str]]:
    """Who may sign in to the seeded desk: what they are, address, password."""
    return desk.sign_ins()


def _fill_big(settings: Settings, tickets: int, clients: int) -> None:
    with _desk_of(settings), _bar("Filling the desk with very many rows") as say:
        bulk.fill(tickets, clients, clock.now(), lambda made: say(made, tickets))


@contextmanager
def _desk_of(settings: Settings) -> Iterator[None]:
    with create_core(settings).app_context():
        try:
            yield
        finally:
            db.session.remove()
            db.engine.dispose()


@contextmanager
def _bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal; nothing is drawn until there is something to say."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=None, visible=False)

        def say(done: int, whole: int) -> None:
            progress.update(task, completed=done, total=whole, visible=True)

        yield say
