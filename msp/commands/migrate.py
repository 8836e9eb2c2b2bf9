"""msp migrate: brings the tables up to date."""

import click

from msp.embedded import standing
from msp.serve import example, schema


@click.command()
@click.option("--seed", is_flag=True, help="Fill an empty demo desk with an example afterwards.")
def command(seed: bool) -> None:
    """Bring the database's tables to what this version expects."""
    with standing() as settings:
        schema.upgrade(settings.owner_database_url)
        if seed and example.fill_once(settings):
            click.echo("The desk has been filled with an example.")
