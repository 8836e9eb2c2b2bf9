"""The pipe and the listener acknowledge only what is kept."""

from __future__ import annotations

import asyncio
import smtplib
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from msp.commands import mail as commands
from msp.intake import actions
from msp.intake.listener import Keep, Listener
from msp.intake.models import RawMail
from msp.settings import Settings
from tenants.db import db
from tenants.isolation import acting_as
from tenants.rules import job
from tests.cast import MONDAY_9, Cast
from tests.msp.mailroom import HELP, mail

T = TypeVar("T")
SENDER, OTHER = "requester@acme.example", "support@desk.example"


def kept(app: Flask, cast: Cast) -> list[tuple[str, str | None, str]]:
    with app.app_context(), acting_as(job(cast.desk)):
        rows = db.session.scalars(select(RawMail).where(RawMail.tenant_id == cast.desk).order_by(RawMail.id))
        return [(row.door, row.envelope_from, row.envelope_to) for row in rows]


def over(app: Flask, keep: Keep, protocol: str, talk: Callable[[int], T]) -> T:
    """Talk to a listener that hands its mail to `keep`."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    settings = replace(app.extensions["settings"], listen_port=port, listen_protocol=protocol)

    async def meet() -> T:
        async with await Listener(settings, keep).open():
            return await asyncio.to_thread(talk, port)

    with ThreadPoolExecutor(1) as apart:  # in the tests' own thread an open browser's loop runs
        return apart.submit(asyncio.run, meet()).result()


def test_the_listener_keeps_a_mail_for_each_recipient_before_it_says_yes(own_app: Flask, own_cast: Cast) -> None:
    raw = mail(SENDER, text="x" * 5000)

    def talk(port: int) -> list[tuple[str, str | None, str]]:
        with smtplib.SMTP("127.0.0.1", port) as edge:
            edge.sendmail("", [HELP, OTHER], raw)
            return kept(own_app, own_cast)

    keep: Keep = lambda *one: commands.keep(own_app, *one)  # noqa: E731 - as the command does
    assert over(own_app, keep, "smtp", talk) == [("smtp", "", HELP), ("smtp", "", OTHER)]


@pytest.mark.parametrize(
    ("told", "kept_as"), [("<>", ""), ("MAILER-DAEMON", ""), ("<a@b.example>", "a@b.example"), (None, None)]
)
def test_the_return_path_is_one_however_it_is_told(
    session: Session, cast: Cast, told: str | None, kept_as: str | None
) -> None:
    with acting_as(job(cast.desk)):
        actions.keep(session, cast.desk, mail(SENDER), "pipe", told, [HELP], MONDAY_9)
        assert session.scalars(select(RawMail.envelope_from)).all() == [kept_as]


def test_what_cannot_be_kept_is_asked_for_again(own_app: Flask) -> None:
    def full(*_: object) -> None:
        raise OSError("No space left on device")

    def talk(port: int) -> int:
        with smtplib.SMTP("127.0.0.1", port) as edge, pytest.raises(smtplib.SMTPDataError) as refused:
            edge.sendmail(SENDER, [HELP], mail(SENDER))
        return int(refused.value.smtp_code)

    assert over(own_app, full, "smtp", talk) == 451


def test_lmtp_answers_for_each_recipient(own_app: Flask, own_cast: Cast) -> None:
    def talk(port: int) -> list[bytes]:
        with smtplib.LMTP("127.0.0.1", port) as edge:
            edge.ehlo_or_helo_if_needed()
            edge.mail(SENDER)
            edge.rcpt(HELP)
            edge.rcpt(OTHER)
            answers = [edge.data(mail(SENDER))]
            answers.append(edge.getreply())
            return [bytes(text) for _, text in answers]

    keep: Keep = lambda *one: commands.keep(own_app, *one)  # noqa: E731
    assert over(own_app, keep, "lmtp", talk) == [b"2.0.0 Kept"] * 2
    assert len(kept(own_app, own_cast)) == 2


@contextmanager
def _standing(settings: Settings):  # type: ignore[no-untyped-def]
    yield settings


def test_the_pipe_ends_well_once_the_mail_is_kept(
    own_app: Flask, own_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "standing", lambda: _standing(own_app.extensions["settings"]))
    monkeypatch.setattr(commands, "create_core", lambda _settings: own_app)
    ended = CliRunner().invoke(commands.command, ["deliver", "--from", SENDER, "--to", HELP], input=mail(SENDER))
    assert (ended.exit_code, kept(own_app, own_cast)) == (0, [("pipe", SENDER, HELP)])


def test_the_pipe_asks_for_another_try_when_nothing_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: Sequence[object]) -> None:
        raise ConnectionError("the database is away")

    monkeypatch.setattr(commands, "standing", nothing)
    ended = CliRunner().invoke(commands.command, ["deliver"], input=mail(SENDER))
    assert (ended.exit_code, "could not be kept" in ended.output) == (75, True)
