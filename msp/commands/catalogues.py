"""msp catalogues: compiles the translations, for images that are built once."""

import click

from msp.serve.catalogues import compile_catalogues


@click.command()
def command() -> None:
    """Compile the translations that have changed."""
    for path in compile_catalogues():
        click.echo(path)
