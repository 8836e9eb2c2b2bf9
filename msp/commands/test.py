"""msp test: the tests, on as many cores as there are."""

import sys

import click

from msp.serve import child
from msp.serve.catalogues import compile_catalogues
from msp.settings import PROJECT


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Run the tests; what follows goes to pytest. Without arguments all of them, spread over the cores."""
    compile_catalogues()
    child.become([sys.executable, "-m", "pytest", *(arguments or ("-n", "auto"))], cwd=PROJECT)
