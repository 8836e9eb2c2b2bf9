"""msp catalogues: compiles the translations, for images that are built once; with --extract renews them first."""

import click

from msp.serve.catalogues import compile_catalogues
from msp.serve.texts import LANGUAGES, renew


@click.command()
@click.option("--extract", is_flag=True, help="Bring the texts of code and templates in first.")
def command(extract: bool) -> None:
    """Compile the translations that have changed."""
    for language in LANGUAGES if extract else ():
        for words in renew(language):
            click.echo(f"{language}: no words yet for {words!r}")
    for path in compile_catalogues():
        click.echo(path)
