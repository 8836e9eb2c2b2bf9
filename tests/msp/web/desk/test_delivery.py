"""Under each reply stands how its mail is, and what did not arrive can be tried again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from msp.intake.models import Why
from msp.outbox import actions as outbox
from msp.outbox.models import Mail
from msp.tickets import actions, queries
from msp.tickets.models import Message, Ticket
from msp.tickets.rules import Channel
from tenants.db import transaction
from tenants.isolation import acting_as
from tenants.models import Contact
from tenants.rules import job
from tenants.work import Work
from tests.conftest import SignIn
from tests.msp.mailroom import Mailroom
from tests.msp.web.desk.conftest import NOW, Day

UNDO = timedelta(seconds=10)
A_MINUTE = timedelta(minutes=1)
WHO = "requester@acme.example"


@dataclass
class Post:
    """One reply and what became of its mail."""

    day: Day
    room: Mailroom
    agent: FlaskClient
    ticket: Ticket
    message: Message

    def line(self) -> str:
        """What stands under the reply, in plain words."""
        page = self.agent.get(f"/tickets/{self.ticket.key}").text
        article = page.partition(f'id="message-{self.message.id}"')[2].partition("</article>")[0]
        return " ".join(re.sub(r"<[^>]+>", " ", article).split())

    def made(self) -> None:
        """The time to undo is over and its mail is written; there is no way out yet."""
        self.room.at = NOW + A_MINUTE
        self.room.work()

    def mail(self) -> Mail:
        return next(one for one in self.room.sent() if one.key == f"reply:{self.message.id}")

    def say(self, **facts: Any) -> None:
        """What came of the mail."""
        mail_id = self.mail().id
        with acting_as(job(self.ticket.tenant_id)), transaction() as rows:
            mail = rows.get_one(Mail, (self.ticket.tenant_id, mail_id))
            for name, value in facts.items():
                setattr(mail, name, value)

    def again(self) -> int:
        return self.agent.post(f"/tickets/{self.ticket.key}/messages/{self.message.id}/again").status_code


@pytest.fixture
def post(day: Day, agent: FlaskClient, app: Any, monkeypatch: pytest.MonkeyPatch) -> Post:
    agent.post("/profile", data={"language": "en", "zone": "Asia/Tokyo"})
    ticket = day.opens(day.cast.acme)
    with acting_as(day.cast.agent(ticket.tenant_id)) as who, transaction() as rows:
        row = rows.get_one(Ticket, (ticket.tenant_id, ticket.id))
        message = actions.reply(rows, row, actions.actor_of(who), actions.Answer("確認します。"), NOW, UNDO)
    room = Mailroom(app, day.session, day.cast, NOW)
    monkeypatch.setattr("msp.clock.now", lambda: room.at)
    return Post(day, room, agent, ticket, message)


def test_within_its_time_to_undo_it_can_be_taken_back(post: Post) -> None:
    assert "Leaves in a moment" in post.line()
    assert "Take back" in post.line()


def test_overdue_it_is_on_its_way_and_can_still_be_taken_back(post: Post) -> None:
    post.room.at = NOW + A_MINUTE
    assert "On its way since 1 Jun 10:00" in post.line()
    assert "Take back" in post.line()


def test_once_made_it_is_on_its_way(post: Post) -> None:
    post.made()
    assert "On its way since 1 Jun 10:01" in post.line()
    assert "Take back" not in post.line()


def test_tried_in_vain_it_says_how_often_and_why(post: Post) -> None:
    post.made()
    post.say(tries=3, last_error=f"{WHO}: 450 Full")
    assert f"tried 3 times: {WHO}: 450 Full" in post.line()


def test_sent_it_says_when_and_to_whom(post: Post) -> None:
    post.made()
    post.say(state="sent", sent_at=NOW + A_MINUTE, answers={WHO: ""})
    assert f"Sent 1 Jun 10:01 · {WHO}" in post.line()
    assert ("Try again" in post.line(), post.again()) == (False, 422)


@pytest.mark.parametrize(
    ("state", "answers", "words"),
    [
        ("refused", {WHO: "550 No such user"}, f"Not delivered: {WHO}: 550 No such user Try again"),
        ("failed", {WHO: "failed 5.1.1"}, f"It came back: {WHO}: 550 No such user Try again"),
        ("sent", {WHO: "550 No such user", "lead@acme.example": ""}, "not delivered: requester@acme.example"),
    ],
)
def test_what_did_not_arrive_says_why_and_goes_again(
    post: Post, state: str, answers: dict[str, str], words: str
) -> None:
    post.made()
    cc = [{"address": one, "name": ""} for one in answers if one != WHO]
    post.say(state=state, answers=answers, cc=cc, last_error=f"{WHO}: 550 No such user")
    assert words in post.line()
    assert post.again() == 303
    assert post.again() == 422
    assert (post.mail().state, post.mail().again) == ("waiting", 1)
    assert post.mail().answers == {one: said for one, said in answers.items() if not said}


def test_the_story_tells_of_the_failure_and_of_the_second_try(post: Post) -> None:
    post.made()
    post.say(state="refused", answers={WHO: "550 No"}, last_error=f"{WHO}: 550 No")
    with acting_as(job(post.ticket.tenant_id)), transaction() as rows:
        row = rows.get_one(Ticket, (post.ticket.tenant_id, post.ticket.id))
        actions.tell(rows, row, actions.SYSTEM, "mail_failed", NOW, mail_id=1, to=[WHO], why="550 No")
    post.again()
    page = post.agent.get(f"/tickets/{post.ticket.key}").text
    assert f"A mail to {WHO} did not arrive: 550 No" in page
    assert "sent a reply again" in page


def test_without_an_address_it_says_so_until_there_is_one(post: Post) -> None:
    key = (post.ticket.tenant_id, post.ticket.contact_id)
    with acting_as(job(post.ticket.tenant_id)), transaction() as rows:
        rows.get_one(Contact, key).left_at = NOW
    post.made()
    assert "Nobody who follows this ticket has an address a mail can go to. Try again" in post.line()
    with acting_as(job(post.ticket.tenant_id)), transaction() as rows:
        rows.get_one(Contact, key).left_at = None
    assert post.again() == 303
    post.room.work()
    assert "On its way since" in post.line()


def test_the_composer_names_nobody_who_has_left(post: Post) -> None:
    with acting_as(job(post.ticket.tenant_id)), transaction() as rows:
        contact = rows.get_one(Contact, (post.ticket.tenant_id, post.ticket.contact_id))
        contact.left_at, contact.name = NOW, "退職 太郎"
    composer = post.agent.get(f"/tickets/{post.ticket.key}").text.partition('id="composer-slot"')[2]
    assert "退職 太郎" not in composer.partition('id="context')[0]


def test_words_a_client_left_on_the_phone_and_old_replies_have_no_delivery(post: Post) -> None:
    with acting_as(job(post.ticket.tenant_id)), transaction() as rows:
        for work in rows.scalars(select(Work).where(Work.kind == "mail.reply")):
            rows.delete(work)
    assert "Leaves" not in post.line()
    with acting_as(post.day.cast.agent(post.ticket.tenant_id)) as who, transaction() as rows:
        tenant = actions.tenant_row(rows, post.ticket.tenant_id)
        matter = actions.Matter("電話", "折り返し希望", Channel.PHONE, requester="山田")
        ticket = actions.open_ticket(rows, tenant, matter, actions.actor_of(who), NOW)
    assert "Leaves in a moment" not in post.agent.get(f"/tickets/{ticket.key}").text


@pytest.mark.parametrize("email", ["biller@desk.example", "auditor@desk.example"])
def test_who_may_only_read_is_offered_nothing(post: Post, browser_of: SignIn, email: str) -> None:
    post.made()
    post.say(state="refused", answers={WHO: "550 No"}, last_error=f"{WHO}: 550 No")
    post.agent = browser_of(email)
    post.agent.post("/profile", data={"language": "en", "zone": "Asia/Tokyo"})
    assert "Not delivered" in post.line()
    assert ("Try again" in post.line(), post.again()) == (False, 403)


def test_each_reason_to_wait_in_triage_has_words_of_its_own(app: Any) -> None:
    with app.test_request_context():
        words = app.jinja_env.get_template("triage/_why.html").module.why_text
        said = [words(why) for why in Why]
    assert len(set(said)) == len(said)
    assert words("nonsense") not in said


def test_a_follow_up_shows_in_the_queue_when_it_comes_back(post: Post) -> None:
    with acting_as(post.day.cast.agent(post.ticket.tenant_id)) as who, transaction() as rows:
        row = rows.get_one(Ticket, (post.ticket.tenant_id, post.ticket.id))
        actions.follow_up(rows, row, actions.actor_of(who), NOW + timedelta(days=2), NOW)
    page = post.agent.get("/tickets?view=all").text
    assert re.search(r'class="follow-up".*?<time datetime="2026-06-03T01:00:00Z">3 Jun 10:00</time>', page)
    with acting_as(job(post.ticket.tenant_id)), transaction() as rows:
        actions.bring_back(rows, post.ticket.tenant_id, [post.ticket.id], NOW + timedelta(days=2))
        types = [event.type for event in queries.events_of(rows, post.ticket.tenant_id, post.ticket.id)]
    assert types[-1] == "follow_up_due"
    assert "It is time to look at it again" in post.agent.get(f"/tickets/{post.ticket.key}").text


def test_a_mail_without_a_name_in_its_report_goes_to_all_again(post: Post) -> None:
    post.made()
    post.say(state="failed", answers={WHO: ""}, last_error="failed")
    with acting_as(job(post.ticket.tenant_id)), transaction() as rows:
        mail = rows.get_one(Mail, (post.ticket.tenant_id, post.mail().id))
        outbox.try_again(rows, mail, NOW)
        assert mail.answers == {}
