"""Work that survives, at full size: kills, Redis and PostgreSQL taken away, mail nobody would write."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from msp.app import create_app
from tenants import actions as people
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.rules import GATE, job
from tests.cast import gather
from tests.mail import hostile
from tests.prove import faults_mail, faults_postgres, faults_redis, kills
from tests.prove.proof import Found, Place, Proof
from tests.prove.servers import servers
from tests.services import rewind, settings

MAILS = 10_000
REDIS = 41
THEIRS = "acme.co.jp"
"""The domain of most senders of the corpus."""


def redis_away(place: Place) -> Found:
    found = faults_redis.take_away(place.folder / "redis-away", faults_redis.ROUNDS, place.say)
    return Found(found.sentence, found.wrong)


def postgres_away(place: Place) -> Found:
    found = faults_postgres.restart(place.folder / "postgres-away", faults_postgres.RESTARTS, place.say)
    return Found(found.sentence, found.wrong, max(found.seconds) <= faults_postgres.HEALTHY)


def hostile_mail(place: Place, mails: int = MAILS) -> Found:
    database = place.servers.clone("prove_mail")
    app = create_app(settings(database, place.servers.redis(REDIS), place.folder / "mail"))
    with app.app_context():
        with acting_as(GATE), transaction() as session:
            cast = gather(session, partial(rewind, database))
        with acting_as(job(cast.acme.id)), transaction() as session:
            people.claim_domain(session, cast.acme.id, THEIRS)
        db.session.remove()
    found = faults_mail.take_in(app, cast, hostile.mails(mails))
    with app.app_context():
        db.engine.dispose()
    place.servers.drop("prove_mail")
    return Found(found.sentence, found.wrong, found.in_time)


def everything_killed(place: Place) -> Found:
    report = kills.prove(kills.KILLS, place.say)
    wrong = [f"{name}: {one}" for name, found in report.nothing.items() for one in found]
    return Found("; ".join(f"{name} {value}" for name, value in report.told.items()), wrong)


PROOFS = (
    Proof(
        8, "Redis emptied, killed, absent", f"{faults_redis.ROUNDS} rounds: 0 lost, each told once, 60 s", redis_away
    ),
    Proof(10, "PostgreSQL restarts under load", "20 times: 0 lost, only 503, healthy within 10 s", postgres_away),
    Proof(11, "malformed mail", f"{MAILS:,}: 0 lost, p99 250 ms, none over 5 s", hostile_mail),
    Proof(15, "kill -9 of every part", "100 kills: 0 lost, 0 twice, every bell answered", everything_killed),
)


def main(number: int, size: int) -> None:
    """One of these alone at another size, for whoever works on it."""
    with TemporaryDirectory(prefix="msp-faults-") as scratch:
        folder = Path(scratch)
        folder.chmod(0o711)
        match number:
            case 8:
                away = faults_redis.take_away(folder / "desk", size, click.echo)
                click.echo("\n".join([away.sentence, *away.wrong]))
            case 10:
                restarts = faults_postgres.restart(folder / "desk", size, click.echo)
                click.echo("\n".join([restarts.sentence, *restarts.wrong]))
            case 11:
                with servers() as (standing, place):
                    found = hostile_mail(Place(standing, place, click.echo), size)
                    click.echo("\n".join([found.sentence, *found.wrong]))
            case _:
                raise click.UsageError("There are 8, 10 and 11 here; kills have a command of their own.")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
