"""msp migrate: brings the tables up to date."""

import click

from msp.embedded import standing
from msp.serve import schema


@click.command()
def command() -> None:
    """Bring the database's tables to what this version expects."""
    with standing() as settings:
        schema.upgrade(settings.owner_database_url)
