"""Every unsafe request leaves a row of audit, and a row that was changed is named by the chain."""

from __future__ import annotations

import psycopg
from sqlalchemy import select

from msp.serve import roles
from tenants import chain
from tenants.actions import write_down
from tenants.audit import AuditLink
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.rules import job
from tests.prove import matrix
from tests.prove.ground import TODAY, Ground, standing
from tests.prove.judge import callers
from tests.prove.proof import Found, Place

NOT_WRITTEN = "left no row of audit"
REDIS = 40
CHANGES = (
    "UPDATE audit SET verb = verb || 'x' WHERE tenant_id = %(tenant)s AND id = %(id)s",
    "UPDATE audit SET at = at + interval '1 second' WHERE tenant_id = %(tenant)s AND id = %(id)s",
    "UPDATE audit SET login_id = 99 WHERE tenant_id = %(tenant)s AND id = %(id)s",
    "UPDATE audit SET outcome = 'x' WHERE tenant_id = %(tenant)s AND id = %(id)s",
    "DELETE FROM audit WHERE tenant_id = %(tenant)s AND id = %(id)s",
)
BACK = "DELETE FROM audit WHERE tenant_id = %(tenant)s AND id = %(id)s"
AGAIN = (
    "INSERT INTO audit OVERRIDING SYSTEM VALUE SELECT * FROM watch.audit WHERE tenant_id = %(tenant)s AND id = %(id)s"
)
ACTS = 20


def prove(place: Place) -> Found:
    with standing(place.servers, "prove_audit", REDIS, place.folder) as ground:
        with ground.open():
            findings = matrix.Findings()
            for caller in callers(ground.world):
                place.say(f"{caller.name}: {findings.unsafe:,} unsafe requests")
                matrix.run(ground, caller, findings, brief=True)
        silent = [sentence for sentence in findings.wrong if NOT_WRITTEN in sentence]
        changed, unnamed = changes(ground)
    said = f"{findings.unsafe:,} unsafe requests, {len(silent)} unwritten; {changed} changes, {len(unnamed)} not named"
    return Found(said, silent + unnamed)


def changes(ground: Ground, acts: int = ACTS) -> tuple[int, list[str]]:
    """Change each act of a chain in each way, as superuser. Answers (how many, those that were not named)."""
    tenant, who = ground.id_of("ACME"), ground.world.cast.client(ground.world.cast.acme)
    with ground.app.app_context(), acting_as(job(tenant)):
        with transaction() as session:
            for number in range(acts):
                write_down(session, tenant, who, "prove.act", TODAY, subject=f"/{number}", detail={"n": number})
            chain.link(session, tenant)
            ids = session.scalars(select(AuditLink.audit_id).where(AuditLink.tenant_id == tenant)).all()
        unnamed = [] if not _broken(tenant) else ["the chain is broken before anything was changed"]
        with psycopg.connect(roles.libpq(ground.database.superuser_url), autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")  # as somebody who passes by keys and triggers
            connection.execute("CREATE TABLE watch.audit AS TABLE audit")
            for change in CHANGES:
                for act in ids[-acts:]:
                    given = {"tenant": tenant, "id": act}
                    connection.execute(change.encode(), given)
                    if not any(f"act {act} " in fault for fault in _broken(tenant)):
                        unnamed.append(f"act {act}: {change}")
                    connection.execute(BACK.encode(), given)
                    connection.execute(AGAIN.encode(), given)
    return len(CHANGES) * len(ids[-acts:]), unnamed


def _broken(tenant_id: int) -> list[str]:
    with transaction() as session:
        faults = chain.broken(session, tenant_id)
    db.session.remove()
    return faults
