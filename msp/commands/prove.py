"""msp prove: the figures the desk must reach, at full size."""

import sys
from importlib import import_module
from importlib.util import find_spec

import click


@click.command()
@click.option("--only", type=int, metavar="N", help="Prove only the figures of this number.")
def command(only: int | None) -> None:
    """Prove the walls and that work survives, and print what was found. Ends with 1 when a bar is missed."""
    if find_spec("tests") is None or find_spec("tests.prove") is None:
        raise click.ClickException("The proofs lie with the tests, which are not here: they need a checkout.")
    proofs = import_module("tests.prove.run")
    if only is not None and only not in proofs.numbers():
        raise click.UsageError(f"There is no proof {only}; there are {', '.join(map(str, proofs.numbers()))}.")
    sys.exit(0 if proofs.run(only) else 1)
