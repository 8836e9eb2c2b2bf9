"""From kept bytes to a frozen account, within a time that no mail can stretch."""

from __future__ import annotations

import hashlib
import signal
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import NoReturn

from msp.intake.rules import message, senders
from msp.intake.rules.message import Mail
from msp.intake.rules.mime import Trouble
from msp.intake.rules.senders import Proof, normalised
from msp.intake.rules.threading import Clues, clues
from msp.outbox.office import Office

LIMIT = 5.0
HEAD = 64 * 1024


class TookTooLong(BaseException):
    """Reading used up its time. No Exception, so that nothing which mends single headers can swallow it."""


def read(raw: bytes, envelope_from: str | None, own: Collection[str], japanese: bool = True) -> Mail:
    """What the mail says, after at most three times LIMIT seconds of work. Runs in the main thread only.

    A mail that takes longer is given up: its headers remain, the trouble says that reading failed.
    """
    try:
        with _limited():
            return message.read(raw, envelope_from, own, japanese)
    except TookTooLong:
        mail = _head(raw, envelope_from, own, japanese)
    return replace(
        mail, digest=hashlib.sha256(raw).hexdigest(), size=len(raw), troubles=mail.troubles | {Trouble.FAILED}
    )


def body_digest(mail: Mail) -> str:
    """What the same mail has in common by whatever way it comes: all but the lines of its journey."""
    parts = [mail.sender.address if mail.sender else "", mail.subject, mail.text]
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "replace"))
    for file in mail.attachments:
        digest.update(hashlib.sha256(file.data).digest())
    return digest.hexdigest()


def proof_of(mail: Mail, office: Office) -> Proof:
    """What our edge proved of the sender. A demo has no edge and takes one sender at his word."""
    if office.edge:
        return senders.proof(mail.headers, mail.sender, office.edge)
    return Proof.PROVEN if office.demo and len(mail.senders) == 1 else Proof.UNKNOWN


def clues_of(mail: Mail, envelope_to: str, office: Office) -> Clues:
    """All that ties the mail to a ticket, by every address it came to."""
    written = [one.address for one in (*mail.to, *mail.cc)]
    noted = [value for name in ("delivered-to", "x-original-to") for value in mail.headers.all(name)]
    return clues(mail.headers, [envelope_to, *noted, *written], office.mailbox, office.keys)


def recipients_of(mail: Mail) -> frozenset[str]:
    """Whom else it was written to, normalised."""
    found = {normalised(one.address) for one in (*mail.to, *mail.cc)}
    return frozenset(one for one in found if one)


def _head(raw: bytes, envelope_from: str | None, own: Collection[str], japanese: bool) -> Mail:
    head = raw[:HEAD].replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    try:
        with _limited():
            return message.read(head + b"\n\n", envelope_from, own, japanese)
    except TookTooLong:
        return message.read(b"", envelope_from, own, japanese)


@contextmanager
def _limited() -> Iterator[None]:
    """Processor time, not the wall's: a busy machine makes no mail unreadable, and RQ's own alarm stays set."""
    before = signal.signal(signal.SIGVTALRM, _give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, LIMIT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _give_up(_number: int, _frame: FrameType | None) -> NoReturn:
    raise TookTooLong
