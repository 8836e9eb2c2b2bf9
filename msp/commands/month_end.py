"""msp month-end: what the month would bring, and with --issue the run itself, client by client."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from billing import actions as billing
from billing.queries import runs
from billing.queries.board import BoardRow, month_board
from billing.queries.facts import subject_of
from billing.rules.periods import add_months, day_in_month
from msp import clock, month_end
from msp.core import create_core
from msp.embedded import standing
from tenants.actions import tenant_of_desk
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.queries import every_tenant
from tenants.rules import GATE, job, sweep

MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")


@click.command()
@click.option("--period", help="The month whose periods closed in it, as 2026-10; the last one unless told.")
@click.option("--tenant", "keys", multiple=True, help="Only this client, by key; may be given again.")
@click.option("--issue", is_flag=True, help="Issue all that is clean. Without it nothing is written.")
def command(period: str | None, keys: tuple[str, ...], issue: bool) -> None:
    """Show the month of every client; with --issue, issue what is clean. A run that was broken off goes on."""
    month = _month(period)
    with standing() as settings, create_core(settings).app_context():
        try:
            _end(month, keys, issue=issue)
        finally:
            db.session.remove()
            db.engine.dispose()


def _end(month: date, keys: Sequence[str], *, issue: bool) -> None:
    with acting_as(GATE):
        tenants, desk_id = every_tenant(db.session()), tenant_of_desk(db.session())
        db.session.rollback()
    if desk_id is None:
        raise click.ClickException("This desk is not founded yet.")
    console = Console()
    if not issue:
        console.print(_shown(_board(tenants, month, keys), month))
        click.echo("Nothing was written. --issue issues what is clean.")
        return
    _compute(tenants - {desk_id}, month, keys)
    drafts = [(row.tenant_id, row.draft_id or 0, row.calc_hash) for row in _ready(tenants, month, keys)]
    with acting_as(sweep(tenants)), transaction() as session:
        looked = month_end.looked_at(session, drafts)
        at_work = [run.id for run in runs.runs_of(session, month) if run.state == "working"]
    with acting_as(job(desk_id)):
        started = month_end.start(month, looked, None, desk_id) if looked else []
    _drive(sorted({*at_work, *started}), tenants, console)


def _month(period: str | None) -> date:
    if period is None:
        return add_months(clock.now().date(), -1, 1)
    if not MONTH.fullmatch(period):
        raise click.BadParameter("Name a month as 2026-10.", param_hint="--period")
    return date.fromisoformat(f"{period}-01")


def _board(tenants: frozenset[int], month: date, keys: Sequence[str]) -> list[BoardRow]:
    with acting_as(sweep(tenants)):
        rows = month_board(db.session(), tenants, month, clock.now())
        db.session.rollback()
    return [row for row in rows if not keys or row.key in keys]


def _ready(tenants: frozenset[int], month: date, keys: Sequence[str]) -> list[BoardRow]:
    """The clean ones whose period is over, in the order of their keys."""
    return sorted((row for row in _board(tenants, month, keys) if row.clean and row.over), key=lambda row: row.key)


def _compute(tenants: frozenset[int], month: date, keys: Sequence[str]) -> None:
    """Every client's draft as the facts are now, each in a transaction of its own; equal facts touch nothing."""
    with _bar("Computing", len(tenants)) as step:
        for tenant_id in sorted(tenants):
            with acting_as(job(tenant_id)), transaction() as session:
                subject = subject_of(session, tenant_id)
                if subject is not None and (not keys or subject.tenant.key in keys):
                    closing = day_in_month(month.year, month.month, subject.account.closing_day or 31)
                    billing.draft_of_day(session, tenant_id, closing, clock.now())
            step()


def _drive(run_ids: Sequence[int], tenants: frozenset[int], console: Console) -> None:
    """Take the clients in turn, beside any worker that does so too."""
    if not run_ids:
        console.print("Nothing is ready to be issued.")
        return
    for run_id in run_ids:
        with acting_as(sweep(tenants)), transaction() as session:
            whole = runs.progress_of(session, [run for run in [runs.run(session, run_id)] if run is not None])
        with _bar("Issuing", len(whole[0].run.drafts), whole[0].run.turn) as step:
            while month_end.at_work(run_id):
                if month_end.issue_next(run_id, job) is not None:
                    step()
    with acting_as(sweep(tenants)), transaction() as session:
        ended = runs.progress_of(session, [run for each in run_ids if (run := runs.run(session, each))])
        keys = {row.tenant_id: row.key for row in month_board(session, tenants, ended[0].run.month, clock.now())}
    for progress in ended:
        console.print(f"Issued: {len(progress.issued)}. Stayed back: {len(progress.failed)}.")
        for item in progress.failed:
            console.print(f"  {keys.get(item.tenant_id, item.tenant_id)}: {item.reason % item.facts}", style="red")


def _shown(rows: Sequence[BoardRow], month: date) -> Table:
    table = Table(title=f"{month:%Y-%m}")
    for name in ("Client", "State"):
        table.add_column(name)
    for name in ("Hours", "Net", "Change"):
        table.add_column(name, justify="right")
    table.add_column("To look at")
    for row in rows:
        hours = f"{row.seconds // 3600}:{row.seconds // 60 % 60:02}"
        change = "" if row.change is None else f"{row.change:+,f}"
        flags = ", ".join(dict.fromkeys(flag["fault"] for flag in row.flags))
        state = row.number or ("clean" if row.clean else row.state)
        table.add_row(f"{row.key} {row.name}", state, hours, f"{row.net:,f} {row.currency}", change, flags)
    return table


@contextmanager
def _bar(what: str, whole: int, done: int = 0) -> Iterator[Callable[[], None]]:
    """A bar on a terminal; each call of what it gives is one more."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=whole, completed=done)
        yield lambda: progress.advance(task)
