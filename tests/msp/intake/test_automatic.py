"""What a delivery report says, and what may be answered by a machine."""

import pytest

from msp.intake.rules.automatic import Bounce, Judgement, Kind
from msp.intake.rules.message import read
from tests.mail import machines
from tests.mail.build import head

MAILS = {sample.name: sample.raw for sample in machines.samples()}


def judged(*fields: str, subject: str = "件", path: str | None = None, own: tuple[str, ...] = ()) -> Judgement:
    return read(head(subject, *fields) + "\r\n本文".encode(), path, own).judgement


def test_a_report_names_the_address_and_our_mail() -> None:
    expected = Bounce("hanako@acme.co.jp", "failed", "5.1.1", machines.ORIGINAL)
    assert read(MAILS["bounce-dsn"]).judgement.bounce == expected
    assert read(MAILS["receipt-mdn"]).judgement.bounce == Bounce("taro@acme.co.jp", "", "", machines.ORIGINAL)


def test_an_old_bounce_names_our_mail_in_its_text() -> None:
    bounce = read(MAILS["bounce-qmail"]).judgement.bounce
    assert bounce is not None
    assert bounce.message_id == machines.ORIGINAL


def test_a_person_may_be_answered() -> None:
    assert judged() == Judgement(Kind.PERSON, True, "no sign of a machine")
    assert judged(path="taro@acme.co.jp").may_answer


def test_nobody_to_answer_is_not_answered() -> None:
    assert not read(b"Subject: x\r\n\r\nx").judgement.may_answer


@pytest.mark.parametrize(
    "fields",
    [
        ("Auto-Submitted: auto-replied",),
        ("Auto-Submitted: AUTO-GENERATED; x=y",),
        ("Auto-Submitted: anything",),
        ("Precedence: Bulk",),
        ("Precedence: list",),
        ("List-Unsubscribe: <mailto:x@y.example>",),
        ("List-Id: x",),
        ("X-Auto-Response-Suppress: DR, AutoReply",),
        ("Return-Path: <>",),
        ("Feedback-ID: x",),
    ],
)
def test_signs_of_machines_and_crowds_keep_us_silent(fields: tuple[str, ...]) -> None:
    assert not judged(*fields).may_answer


def test_the_envelope_outweighs_the_field() -> None:
    assert not judged(path="").may_answer
    assert judged("Return-Path: <>", path="taro@acme.co.jp").may_answer


def test_our_own_address_is_never_answered() -> None:
    assert judged(own=("taro@acme.co.jp",)).kind is Kind.OWN
    assert judged(path="help@desk.example.jp", own=("help@desk.example.jp",)).kind is Kind.OWN


def test_receipts_asked_for_suppress_no_answers() -> None:
    assert judged("X-Auto-Response-Suppress: DR, RN, NRN").may_answer
