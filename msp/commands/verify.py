"""msp verify: walks every chain, snapshot and file of what was issued, and closed months; a changed byte is named."""

from __future__ import annotations

import sys

import click

from billing.queries.verify import faults_of_series, faults_of_tenant, links_of
from msp.core import create_core
from msp.embedded import standing
from msp.files import files
from sla.queries.compliance import changed_months
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.queries import every_tenant
from tenants.rules import GATE, job, sweep


@click.command()
def command() -> None:
    """Prove that no issued document was changed; answers 1 and names what was."""
    with standing() as settings, create_core(settings).app_context():
        try:
            faults, documents = walk()
        finally:
            db.session.remove()
            db.engine.dispose()
        for fault in faults:
            click.secho(f"  {fault}", fg="red")
        if faults:
            click.secho(f"{len(faults)} faults in {documents} documents.", fg="red", bold=True)
            sys.exit(1)
        click.echo(f"{documents} documents stand as they were issued: chains, snapshots and files.")


def walk() -> tuple[list[str], int]:
    """What is wrong, and how many documents were looked at."""
    with acting_as(GATE):
        tenants = every_tenant(db.session())
        db.session.rollback()
    with acting_as(sweep(tenants)), transaction() as session:
        faults, links = list(faults_of_series(session)), links_of(session)
    for tenant_id in sorted(tenants):
        with acting_as(job(tenant_id)), transaction() as session:
            faults += faults_of_tenant(session, tenant_id, links, files().read)
            faults += changed_months(session, tenant_id)
    return faults, len(links)
