"""A desk on a database of its own, with a way out to a real SMTP server on loopback and a time that only we move."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from flask import Flask

from msp.outbox import smtp
from tenants.isolation import WalledSession
from tests.cast import Cast
from tests.msp.outbox.conftest import World
from tests.stories.day import Desk, agree


@pytest.fixture
def desk(own_app: Flask, own_cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    world = World()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    controller = Controller(world, hostname="127.0.0.1", port=port)
    controller.start()
    settings = replace(own_app.extensions["settings"], smtp_host="127.0.0.1", smtp_port=port, smtp_tls="none")
    monkeypatch.setitem(own_app.extensions, "settings", settings)
    desk = Desk(own_app, own_cast, world)
    monkeypatch.setattr("msp.clock.now", lambda: desk.at)
    _give_chances(desk, monkeypatch)
    agree(desk)
    try:
        yield desk
    finally:
        controller.stop()


def _give_chances(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    commit, post = WalledSession.commit, smtp.post

    def mortal_commit(session: WalledSession) -> None:
        desk.fate.chance()
        commit(session)
        desk.fate.chance()

    def mortal_post(*mail: Any) -> dict[str, str]:
        answers = post(*mail)
        desk.fate.chance()
        return answers

    monkeypatch.setattr(WalledSession, "commit", mortal_commit)
    monkeypatch.setattr("msp.jobs.mail.post", mortal_post)
