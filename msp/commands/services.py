"""msp services: the embedded servers alone, for a shell beside them."""

import signal

import click

from msp.embedded import Services, stand_ins
from msp.settings import PROJECT, Settings


@click.command()
def command() -> None:
    """Start PostgreSQL and Redis (or join those that run), print their addresses, and stay until Ctrl-C."""
    with Services(PROJECT / "var") as services:
        settings = Settings.read(stand_ins(services))
        click.echo(f"DATABASE_URL={settings.database_url}")
        click.echo(f"OWNER_DATABASE_URL={settings.owner_database_url}")
        click.echo(f"ADMIN_DATABASE_URL={settings.admin_database_url}")
        click.echo(f"REDIS_URL={settings.redis_url}")
        click.echo("Stop with Ctrl-C." if services.is_owner else "They belong to another process; stop with Ctrl-C.")
        try:
            signal.pause()
        except KeyboardInterrupt:
            click.echo()
