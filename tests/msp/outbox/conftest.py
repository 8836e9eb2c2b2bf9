"""The mail room with a way out: a real SMTP server on loopback that keeps what it is handed."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import cast

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as Connection
from flask import Flask
from sqlalchemy.orm import Session

from tests.cast import MONDAY_9, Cast
from tests.msp.mailroom import EDGE, Mailroom


@dataclass
class World:
    """What left, and what the world says to whom: `answers` holds refusals by recipient, '*' for the whole mail."""

    letters: list[EmailMessage] = field(default_factory=list)
    paths: list[str | None] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _connection: Connection, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _connection: Connection, envelope: Envelope) -> str:  # noqa: N802
        if "*" in self.answers:
            return self.answers["*"]
        self.letters.append(message_from_bytes(cast("bytes", envelope.content), policy=default))
        self.paths.append(envelope.mail_from)
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 OK"


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[World, int]]:
    world = World()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    controller = Controller(world, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield world, port
    finally:
        controller.stop()


@pytest.fixture
def world(server: tuple[World, int]) -> World:
    """The world, with nothing in it yet."""
    world, _ = server
    world.letters.clear()
    world.paths.clear()
    world.recipients.clear()
    world.answers.clear()
    return world


@pytest.fixture
def room(
    app: Flask, session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch, server: tuple[World, int]
) -> Mailroom:
    settings = replace(
        app.extensions["settings"], mail_edge=EDGE, smtp_host="127.0.0.1", smtp_port=server[1], smtp_tls="none"
    )
    monkeypatch.setitem(app.extensions, "settings", settings)
    made = Mailroom(app, session, cast, MONDAY_9)
    monkeypatch.setattr("msp.clock.now", lambda: made.at)
    return made
