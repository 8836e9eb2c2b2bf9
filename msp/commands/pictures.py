"""msp pictures: records one ticket's day in a browser, for the README and for whoever wants to see it."""

from __future__ import annotations

import shutil
from importlib import import_module
from pathlib import Path

import click

from msp.settings import PROJECT


@click.command()
@click.option("--to", type=click.Path(file_okay=False, path_type=Path), default=PROJECT / "docs" / "pictures")
@click.option("--language", type=click.Choice(("ja", "en")), multiple=True, default=("ja", "en"))
def command(to: Path, language: tuple[str, ...]) -> None:
    """Run a desk of its own, live through a ticket's day by mail and browser, and keep a picture of each step."""
    try:
        recorded = import_module("tests.stories.recorded")
    except ModuleNotFoundError as missing:
        raise click.ClickException(f"This needs a checkout with its tests: {missing}.") from missing
    if shutil.which("pdftoppm") is None:
        raise click.ClickException("The invoice is drawn by pdftoppm: please install poppler-utils, then try again.")
    for each in language:
        for picture in recorded.record(to, each):
            click.echo(picture)
