"""msp prepare: makes the roles and the database on a server of your own."""

import click
from sqlalchemy.engine import make_url

from msp.serve import roles
from msp.settings import Settings


@click.command()
def command() -> None:
    """Make the roles and the database on the server that ADMIN_DATABASE_URL names. May be repeated."""
    settings = Settings.read()
    if not settings.admin_database_url:
        raise click.UsageError("ADMIN_DATABASE_URL (or ADMIN_DATABASE_URL_FILE) is missing: a superuser makes roles.")
    app, owner = make_url(settings.database_url), make_url(settings.owner_database_url)
    if (app.username, owner.username) != (roles.APP, roles.OWNER) or app.database != owner.database:
        raise click.UsageError(
            f"DATABASE_URL must name the role {roles.APP}, OWNER_DATABASE_URL {roles.OWNER}, both the same database."
        )
    passwords = {
        roles.OWNER: str(owner.password) if owner.password else None,
        roles.APP: str(app.password) if app.password else None,
        roles.BACKUP: None,
    }
    roles.ensure_roles(settings.admin_database_url, passwords)
    roles.ensure_database(settings.admin_database_url, app.database or roles.DATABASE)
