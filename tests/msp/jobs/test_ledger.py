"""Work is done once, whoever is killed: leases, fences, waiting, parking."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from msp import clock
from msp.jobs import JOBS, perform
from tenants import work
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.models import Counter
from tenants.rows import next_number
from tenants.rules import job
from tenants.work import Work
from tests.cast import Cast

KIND = "upkeep.test"


@pytest.fixture
def counting(session: Session, cast: Cast) -> Iterator[Session]:
    """A kind of work that counts up, for Acme."""

    def count(tenant_id: int, *_: int) -> None:
        next_number(db.session(), tenant_id, "done")

    JOBS[KIND] = count
    with acting_as(job(cast.acme.id)):
        yield session
    del JOBS[KIND]


def leave(session: Session, cast: Cast, key: str = "1", wait: timedelta = timedelta()) -> int:
    at = clock.now()
    work.later(session, KIND, cast.acme.id, 7, at=at, key=key, available_at=at + wait)
    work_id = session.scalars(
        select(Work.id).where(Work.tenant_id == cast.acme.id, Work.kind == KIND, Work.key == key)
    ).one()
    session.info.pop("bells", None)
    session.commit()
    return work_id


def done(session: Session, cast: Cast) -> int:
    return session.scalar(select(Counter.value).where(Counter.tenant_id == cast.acme.id, Counter.name == "done")) or 0


def row(session: Session, cast: Cast, work_id: int) -> work.Work:
    return session.get_one(work.Work, (cast.acme.id, work_id), populate_existing=True)


def test_a_job_run_twice_does_it_once(counting: Session, cast: Cast) -> None:
    work_id = leave(counting, cast)
    perform(cast.acme.id, work_id)
    perform(cast.acme.id, work_id, work_id)
    assert done(counting, cast) == 1
    assert row(counting, cast, work_id).done_at is not None


def test_leaving_the_same_work_twice_is_leaving_it_once(counting: Session, cast: Cast) -> None:
    leave(counting, cast)
    assert work.later(counting, KIND, cast.acme.id, 7, at=clock.now(), key="1") is None


def test_work_is_not_done_before_its_time(counting: Session, cast: Cast) -> None:
    work_id = leave(counting, cast, wait=timedelta(seconds=10))
    perform(cast.acme.id, work_id)
    assert done(counting, cast) == 0


def test_another_tenants_bell_finds_nothing(counting: Session, cast: Cast) -> None:
    work_id = leave(counting, cast)
    perform(cast.globex.id, work_id)
    assert row(counting, cast, work_id).attempts == 0


def test_what_fails_leaves_nothing_and_waits_longer_each_time(counting: Session, cast: Cast) -> None:
    def fail(tenant_id: int, *_: int) -> None:
        next_number(db.session(), tenant_id, "done")
        raise OSError("the printer burns")

    JOBS[KIND] = fail
    work_id = leave(counting, cast)
    perform(cast.acme.id, work_id)
    failed = row(counting, cast, work_id)
    assert done(counting, cast) == 0
    assert (failed.attempts, failed.last_error, failed.done_at) == (1, "OSError: the printer burns", None)
    assert failed.available_at > clock.now()


def test_after_the_last_try_it_is_parked_until_somebody_asks(counting: Session, cast: Cast) -> None:
    work_id = leave(counting, cast)
    failing = row(counting, cast, work_id)
    failing.attempts = work.TRIES - 1
    counting.commit()
    lease = work.take(counting, cast.acme.id, work_id, "somebody", clock.now())
    assert lease is not None
    assert work.put_back(counting, lease, clock.now(), "again")
    perform(cast.acme.id, work_id)
    assert done(counting, cast) == 0
    work.try_again(counting, row(counting, cast, work_id), clock.now())
    counting.info.pop("bells", None)
    counting.commit()
    perform(cast.acme.id, work_id)
    assert done(counting, cast) == 1


def test_a_worker_that_lost_its_lease_cannot_finish(counting: Session, cast: Cast) -> None:
    work_id = leave(counting, cast)
    slow = work.take(counting, cast.acme.id, work_id, "slow", clock.now())
    later_on = clock.now() + work.LEASE * 2
    quick = work.take(counting, cast.acme.id, work_id, "quick", later_on)
    assert slow is not None
    assert quick is not None
    with pytest.raises(work.LeaseLost):
        work.finish(counting, slow, later_on)
    work.finish(counting, quick, later_on)


def test_a_lease_in_somebodys_hands_is_passed_over(counting: Session, cast: Cast) -> None:
    work_id = leave(counting, cast)
    assert work.take(counting, cast.acme.id, work_id, "first", clock.now()) is not None
    assert work.take(counting, cast.acme.id, work_id, "second", clock.now()) is None


def test_a_row_that_kills_its_workers_is_parked(counting: Session, cast: Cast) -> None:
    work_id = leave(counting, cast)
    at = clock.now()
    for number in range(work.TRIES):
        assert work.take(counting, cast.acme.id, work_id, "doomed", at + work.LEASE * 2 * number) is not None
    assert work.take(counting, cast.acme.id, work_id, "doomed", at + work.LEASE * 2 * work.TRIES) is None
    assert row(counting, cast, work_id).parked_at is not None
    assert row(counting, cast, work_id).last_error == work.DIED


def test_whoever_lives_keeps_his_row_after_the_lease(own_app: Flask, own_cast: Cast) -> None:
    """The lease is short for the sake of the killed; a long job holds the row's lock until its effect stands."""
    acme, at = own_cast.acme.id, clock.now()

    def take(when: datetime) -> work.Lease | None:
        with own_app.app_context(), acting_as(job(acme)), transaction() as session:
            return work.take(session, acme, work_id, "another", when)

    with own_app.app_context(), acting_as(job(acme)):
        with transaction() as session:
            work_id = work.later(session, KIND, acme, 7, at=at) or 0
        with transaction() as session:
            lease = work.take(session, acme, work_id, "long", at)
        assert lease is not None
        with transaction() as session:
            work.hold(session, lease)
            with ThreadPoolExecutor(1) as other:
                assert other.submit(take, at + work.LEASE * 10).result() is None
            work.finish(session, lease, at)
        assert take(at + work.LEASE * 10) is None


def test_who_lost_his_lease_does_nothing_at_all(counting: Session, cast: Cast) -> None:
    work_id = leave(counting, cast)
    slow = work.take(counting, cast.acme.id, work_id, "slow", clock.now())
    assert work.take(counting, cast.acme.id, work_id, "quick", clock.now() + work.LEASE * 2) is not None
    assert slow is not None
    with pytest.raises(work.LeaseLost):
        work.hold(counting, slow)
