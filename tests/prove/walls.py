"""The proofs of the walls at full size: doors, matrix, canaries, each wall alone, holes, catalogue, audit."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from msp.jobs import JOBS
from msp.serve import roles
from tests.prove import audit, canaries, catalogue, commands, cost, doors, holes, hostile, matrix, statements
from tests.prove.apart import with_twins
from tests.prove.ground import Ground, standing
from tests.prove.off import without_policies, without_scope
from tests.prove.proof import Found, Place, Proof

REQUESTS, STATEMENTS = 100_000, 200_000
ALONE = 10_000
SEED = 20260601
REDIS = 40


@contextmanager
def ground(place: Place, name: str) -> Iterator[Ground]:
    """A ground under a name of the proof's own."""
    with standing(place.servers, f"prove_{name}", REDIS, place.folder) as made:
        yield made


@contextmanager
def ground_with_twins(place: Place, name: str) -> Iterator[Ground]:
    """A ground with its twins, each without one company."""
    with (
        ground(place, name) as made,
        with_twins(place.servers, made, f"prove_{name}", REDIS),
    ):
        yield made


def every_door(place: Place) -> Found:
    """Routes and commands against the written tables, and jobs that say for which tenant they work."""
    with ground(place, "doors") as made:
        wrong = list(doors.unlike(made.app))
    for kind, perform in JOBS.items():
        if next(iter(inspect.signature(perform).parameters), "").lstrip("_") != "tenant_id":
            wrong.append(f"{kind} does not say first for which tenant it works")
    wrong += commands.unlike()
    return Found(f"{len(doors.DOORS)} routes, {len(JOBS)} kinds of work, {len(commands.COMMANDS)} commands", wrong)


def whole_matrix(place: Place) -> Found:
    with ground_with_twins(place, "matrix") as made, made.open():
        findings = matrix.everybody(made, place.say)
    return Found(f"{len(findings.wrong)} wrong of {findings.asked:,} answers", findings.wrong)


def through_http(place: Place) -> Found:
    with ground(place, "canaries") as made, made.open():
        findings = canaries.run(made, REQUESTS, SEED, place.say)
    return Found(f"{len(findings.wrong)} in {findings.asked:,} requests", findings.wrong)


def below_http(place: Place) -> Found:
    with ground(place, "statements") as made:
        tried = statements.run(made, STATEMENTS, SEED, place.say)
    said = (
        f"{len(tried.wrong)} in {tried.statements:,}, of which {tried.answered:,} brought and {tried.changed:,} changed"
    )
    return Found(f"{said} rows", tried.wrong)


def scope_off(place: Place) -> Found:
    """Row security alone: nothing of the ORM's scope is left."""
    with ground_with_twins(place, "policies") as made, without_scope():
        return _alone(made, place)


def policies_off(place: Place) -> Found:
    """The ORM's scope alone: no table asks its policies."""
    with ground_with_twins(place, "scope") as made, without_policies(*made.databases):
        return _alone(made, place)


def _alone(made: Ground, place: Place) -> Found:
    with made.open():
        asked = matrix.everybody(made, place.say)
        random = canaries.run(made, ALONE, SEED, place.say)
    wrong = asked.wrong + random.wrong
    return Found(f"{len(wrong)} leaks in {asked.asked:,} + {random.asked:,} requests", wrong)


def seeded_holes(place: Place) -> Found:
    with ground_with_twins(place, "holes") as made:
        caught, missed = holes.run(made, place.say)
    total = len(caught) + len(missed)
    said = f"{len(caught)} of {total} found" + (f"; not: {'; '.join(missed)}" if missed else "")
    return Found(said, kept=total >= holes.MANY and len(caught) >= total * holes.BAR)


def live_schema(place: Place) -> Found:
    with ground(place, "catalogue") as made, psycopg.connect(roles.libpq(made.database.superuser_url)) as connection:
        wrong = list(catalogue.findings(connection))
    return Found(f"{len(wrong)} findings", wrong)


PROOFS = (
    Proof(1, "every route, job and command has a declared policy", "100 %", every_door),
    Proof(2, "route x method x role x kind of id", "0 wrong answers", whole_matrix),
    Proof(3, "canaries through HTTP", f"0 in {REQUESTS:,} requests", through_http),
    Proof(3, "canaries below HTTP", f"0 in {STATEMENTS:,} statements a gate", below_http),
    Proof(4, "row security alone", "0 leaks", scope_off),
    Proof(4, "the ORM's scope alone", "0 leaks", policies_off),
    Proof(4, "both off: seeded holes", "at least 95 of 100 found", seeded_holes),
    Proof(5, "catalogue rules on the live schema", "0 findings", live_schema),
    Proof(6, "cost of row security", "median at most 1.25 x, tenant in every index condition", cost.prove),
    Proof(12, "hostile HTML in a real browser", "0 script runs, 0 requests off the origin", hostile.prove),
    Proof(13, "audit", "100 % of unsafe requests; a changed row is named", audit.prove),
)
