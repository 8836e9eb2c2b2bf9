"""msp bench: how fast the hot places are, beside the least that the same rows could cost."""

import sys
from importlib import import_module
from importlib.util import find_spec

import click


@click.command()
@click.option(
    "--tickets", type=click.IntRange(min=100), default=100_000, show_default=True, help="Tickets to measure with."
)
@click.option("--only", multiple=True, metavar="NAME", help="Measure only this; may be repeated.")
@click.option("--rounds", type=click.IntRange(min=1), default=200, show_default=True, help="Requests of each kind.")
def command(tickets: int, only: tuple[str, ...], rounds: int) -> None:
    """Measure the desk against its floors, on servers of its own in var/bench. Ends with 1 when a bar is missed."""
    if find_spec("tests") is None or find_spec("tests.bench") is None:
        raise click.ClickException("The bench lies with the tests, which are not here: it needs a checkout.")
    bench = import_module("tests.bench.run")
    unknown = sorted(set(only) - set(bench.MEASUREMENTS))
    if unknown:
        raise click.UsageError(f"Nothing is called {', '.join(unknown)}; there are {', '.join(bench.MEASUREMENTS)}.")
    sys.exit(0 if bench.run(tickets, only, rounds) else 1)
