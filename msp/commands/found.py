"""msp found: the desk's own row and its first owner; the first act of an installation that is no demo."""

from __future__ import annotations

import click

from msp import clock
from msp.core import create_core
from msp.embedded import standing
from tenants import actions
from tenants.db import transaction
from tenants.isolation import acting_as
from tenants.rules import GATE, Role, job


@click.command()
@click.option("--name", prompt="Name of the desk", help="The managed service provider's own name.")
@click.option("--owner", prompt="Name of its owner", help="The first person of the desk.")
@click.option("--email", prompt="Address of the owner", help="He signs in with it.")
def command(name: str, owner: str, email: str) -> None:
    """Found the desk once, and print the link with which its owner chooses a password."""
    with standing() as settings, create_core(settings).app_context():
        at = clock.now()
        with acting_as(GATE), transaction() as session:
            if actions.tenant_of_desk(session) is not None:
                raise click.ClickException("This desk is founded already.")
            desk = actions.found_desk(session, name, at).tenant_id
            with acting_as(job(desk)):
                person = actions.hire(session, email, owner, Role.OWNER)
                session.flush()
            token = actions.one_time_token(session, person.id, "invite", at)
        click.echo(f"{name} is founded. {owner} chooses a password here, within seven days:")
        click.secho(f"  {settings.base_url}/welcome/{token}", bold=True)
