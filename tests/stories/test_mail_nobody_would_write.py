"""A sample of the malformed mails of the proofs goes through the whole intake on real commits."""

from __future__ import annotations

from tenants import actions as people
from tenants.db import transaction
from tenants.isolation import acting_as
from tenants.rules import job
from tests.mail import hostile
from tests.prove import faults_mail
from tests.stories.day import Desk


def test_none_is_lost_and_none_fails(desk: Desk) -> None:
    acme = desk.cast.acme
    with desk.app.app_context(), acting_as(job(acme.id)), transaction() as session:
        people.claim_domain(session, acme.id, "acme.co.jp")
    found = faults_mail.take_in(desk.app, desk.cast, hostile.mails(50, seed=1))
    assert found.wrong == []
    assert len(found.seconds) == 50
    assert max(found.seconds) < faults_mail.LONGEST
    assert found.states.get("handed_on", 0) > 5
