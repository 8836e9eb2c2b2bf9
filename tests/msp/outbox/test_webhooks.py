"""A signed call leaves for the checked address alone, and what it answers is written down."""

from __future__ import annotations

import hmac
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from msp.jobs import webhooks as jobs
from msp.outbox import webhooks, wire
from msp.outbox.models import Delivery, Webhook
from msp.outbox.wire import Barred, Unreachable, place_of
from tenants.db import transaction
from tenants.isolation import acting_as
from tenants.rules import job
from tenants.work import Work
from tests.cast import MONDAY_9, Cast


@dataclass
class Program:
    """Another program on loopback: what it was sent, and how it answers."""

    port: int = 0
    status: int = 200
    body: bytes = b"ok"
    drip: float = 0.0
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def program() -> Iterator[Program]:
    it = Program()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            it.heard.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(it.status)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()
            for start in range(0, len(it.body), 4096):
                self.wfile.write(it.body[start : start + 4096])
                time.sleep(it.drip)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    it.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield it
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Sender:
    """Acme with one webhook; `send` does what is left to do, at a time of its own."""

    session: Session
    cast: Cast
    hook: Webhook
    secret: str

    def announce(self, key: str = "1") -> None:
        with acting_as(job(self.cast.acme.id)), transaction() as session:
            happening = webhooks.Happening(key, webhooks.REACHED, {"title": "印刷できません"})
            webhooks.announce(session, self.cast.acme.id, [happening], MONDAY_9)

    def send(self) -> Delivery:
        with acting_as(job(self.cast.acme.id)), transaction() as session:
            delivery = session.scalars(select(Delivery)).one()
            jobs.call(self.cast.acme.id, delivery.id)
        return delivery

    def left(self) -> list[Work]:
        with acting_as(job(self.cast.acme.id)):
            return list(self.session.scalars(select(Work).where(Work.kind == "webhooks.call").order_by(Work.id)))


@pytest.fixture
def sender(app: Flask, session: Session, cast: Cast, program: Program, monkeypatch: pytest.MonkeyPatch) -> Sender:
    settings = replace(app.extensions["settings"], webhook_loopback=True)
    monkeypatch.setitem(app.extensions, "settings", settings)
    monkeypatch.setattr("msp.clock.now", lambda: MONDAY_9)
    with acting_as(job(cast.desk)), transaction() as rows:
        url = f"http://127.0.0.1:{program.port}/in?x=1"
        hook = webhooks.add(rows, "監視", url, [webhooks.REACHED], loopback=True, at=MONDAY_9)
    return Sender(session, cast, hook, webhooks.secret_of(hook, settings.secret_key))


def test_a_call_is_signed_over_its_instant_and_body(sender: Sender, program: Program) -> None:
    sender.announce()
    delivery = sender.send()
    (headers, body), timestamp = program.heard[0], str(int(MONDAY_9.timestamp()))
    expected = hmac.digest(sender.secret.encode(), f"{timestamp}.".encode() + body, "sha256").hex()
    assert headers["Webhook-Signature"] == f"v1={expected}"
    assert (headers["Webhook-Id"], headers["Webhook-Timestamp"]) == (delivery.delivery_id, timestamp)
    assert headers["Host"] == f"127.0.0.1:{program.port}"
    assert (delivery.state, delivery.status, delivery.answer) == ("taken", 200, "ok")


def test_the_same_happening_is_called_once(sender: Sender, program: Program) -> None:
    sender.announce()
    sender.announce()
    sender.send()
    sender.send()
    assert len(program.heard) == 1


def test_what_is_not_taken_is_tried_again_later_under_the_same_id(sender: Sender, program: Program) -> None:
    program.status = 500
    sender.announce()
    assert sender.send().state == "waiting"
    first, second = sender.left()
    assert timedelta(seconds=3) < second.available_at - first.available_at < timedelta(seconds=7)
    program.status = 200
    assert sender.send().state == "taken"
    assert len({headers["Webhook-Id"] for headers, _ in program.heard}) == 1
    assert len({body for _, body in program.heard}) == 1


def test_after_twelve_tries_it_is_given_up_and_a_person_may_ask_again(sender: Sender, program: Program) -> None:
    program.status = 503
    sender.announce()
    for _ in range(12):
        delivery = sender.send()
    assert (delivery.state, delivery.tries) == ("refused", 12)
    with acting_as(job(sender.cast.acme.id)), transaction() as session:
        webhooks.send_again(session, session.get_one(Delivery, (delivery.tenant_id, delivery.id)), MONDAY_9)
    program.status = 204
    assert sender.send().state == "taken"


def test_gone_is_gone(sender: Sender, program: Program) -> None:
    program.status = 410
    sender.announce()
    assert sender.send().state == "refused"


def test_a_redirect_is_not_followed(sender: Sender, program: Program) -> None:
    program.status = 302
    sender.announce()
    assert (sender.send().status, len(program.heard)) == (302, 1)


def test_a_long_answer_is_cut(sender: Sender, program: Program) -> None:
    program.body = b"x" * 1_000_000
    sender.announce()
    assert len(sender.send().answer) == wire.KEPT


def test_who_answers_drop_by_drop_is_left(sender: Sender, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "TIMEOUT", 0.3)
    program.body, program.drip = b"x" * 40_960, 0.2
    sender.announce()
    begun = time.monotonic()
    sender.send()
    assert time.monotonic() - begun < 1.5


def test_nobody_there_is_written_down(sender: Sender, program: Program) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with acting_as(job(sender.cast.desk)), transaction() as session:
        session.get_one(Webhook, sender.hook.id).url = f"http://127.0.0.1:{port}/"
    sender.announce()
    delivery = sender.send()
    assert (delivery.state, delivery.status) == ("waiting", webhooks.NO_ANSWER)
    assert "Refused" in delivery.answer


def test_a_shut_webhook_sends_nothing_that_was_left(sender: Sender, program: Program) -> None:
    sender.announce()
    with acting_as(job(sender.cast.desk)), transaction() as session:
        webhooks.shut(session.get_one(Webhook, sender.hook.id), MONDAY_9)
    assert (sender.send().state, program.heard) == ("refused", [])


INNER = """
127.0.0.1 10.1.2.3 192.168.0.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255 ::1 fe80::1 fd00::1
::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::a00:1 2002:7f00:1:: ff02::1
"""


@pytest.mark.parametrize("address", INNER.split())
def test_no_inner_address_is_called(address: str) -> None:
    with pytest.raises(Barred):
        place_of("https://inside.example/", resolve=lambda *_: [address])


def test_one_inner_address_among_public_ones_is_enough_to_refuse() -> None:
    with pytest.raises(Barred):
        place_of("https://mixed.example/", resolve=lambda *_: ["93.184.216.34", "127.0.0.1"])


def test_the_address_that_was_checked_is_the_one_that_is_called() -> None:
    asked: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["93.184.216.34"] if len(asked) == 1 else ["127.0.0.1"]

    place = place_of("https://turns.example:8443/in?x=1", resolve=resolve)
    assert (place.address, place.port, place.path, asked) == ("93.184.216.34", 8443, "/in?x=1", ["turns.example"])


NO_ADDRESSES = [
    "ftp://x.example/",
    "https://",
    "https://user:pw@x.example/",
    "https://x.example:0/",
    "//x",
    "https://x y/",
]


@pytest.mark.parametrize("url", [*NO_ADDRESSES, "https://x\r\nHost: y/"])
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(Barred):
        place_of(url, resolve=lambda *_: ["93.184.216.34"])


def test_loopback_is_open_only_where_a_setting_says_so() -> None:
    assert place_of("http://localhost:8080/", loopback=True, resolve=lambda *_: ["::1"]).address == "::1"
    with pytest.raises(Barred):
        place_of("http://localhost:8080/", loopback=True, resolve=lambda *_: ["10.0.0.1"])
    with pytest.raises(Unreachable):
        place_of("http://nobody.example/", resolve=lambda *_: [])
