"""Whatever the bytes are, reading returns an account that a database takes, and in time."""

import random
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from msp.intake.rules.message import Mail, read
from msp.intake.rules.mime import Trouble
from tests.mail import hostile
from tests.mail.make import samples

SMALL = [sample.raw for sample in samples() if len(sample.raw) < 20_000]


def storable(mail: Mail) -> bool:
    texts = [mail.subject, mail.text, mail.html, mail.message_id, *(file.name for file in mail.attachments)]
    texts += [file.content_id for file in mail.attachments] + [file.declared for file in mail.attachments]
    texts += [text for box in (*mail.senders, *mail.to, *mail.cc, *mail.reply_to) for text in (box.name, box.address)]
    return all("\0" not in text and text.encode("utf-8") is not None for text in texts)


@given(st.binary(max_size=2000))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_read(raw: bytes) -> None:
    mail = read(raw)
    assert storable(mail)
    assert Trouble.FAILED not in mail.troubles
    assert "".join(segment.text for segment in mail.segments) == mail.text


@given(st.sampled_from(SMALL), st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_bent_mails_are_read(raw: bytes, seed: int) -> None:
    mail = read(hostile.bent(raw, random.Random(seed)))  # noqa: S311 - repeatable on purpose
    assert storable(mail)
    assert Trouble.FAILED not in mail.troubles
    assert "".join(segment.text for segment in mail.segments) == mail.text


def test_hostile_mails_are_read_in_time() -> None:
    for raw in hostile.mails(200):
        started = time.process_time()
        mail = read(raw)
        assert time.process_time() - started < 5
        assert storable(mail)
        assert len(mail.attachments) <= 100
        assert Trouble.FAILED not in mail.troubles


def test_hostile_mails_are_the_same_each_time() -> None:
    assert list(hostile.mails(50)) == list(hostile.mails(50))
    assert list(hostile.mails(50, seed=1)) != list(hostile.mails(50))
