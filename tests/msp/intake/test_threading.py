"""Answers find their ticket by token, by our Message-ID, by the ids they answer, by a key in the subject."""

from hypothesis import given
from hypothesis import strategies as st

from msp.intake.rules.message import read
from msp.intake.rules.threading import Clues, TicketKey, clues, message_ids, ticket_keys
from tests.mail import threads
from tests.mail.build import DESK

MAILS = {sample.name.split("-")[1]: read(sample.raw) for sample in threads.samples()}


def clues_of(number: str, key: bytes = threads.KEY) -> Clues:
    mail = MAILS[number]
    return clues(mail.headers, [box.address for box in (*mail.to, *mail.cc)], DESK, [b"an older key", key])


def test_an_answer_to_our_mail_brings_its_ticket() -> None:
    assert clues_of("3").ours == (threads.OURS,)
    assert clues_of("3").ids == (threads.OUR_ID, threads.CLIENT_ID)


def test_a_rewritten_id_is_understood() -> None:
    assert clues_of("8").ours == (threads.OURS,)


def test_a_colleague_answers_the_original() -> None:
    assert clues_of("4").ids == (MAILS["1"].message_id,) == (threads.CLIENT_ID,)
    assert clues_of("4").ours == ()


def test_the_reply_address_brings_its_token() -> None:
    assert clues_of("5").tokens == (threads.TOKEN,)
    assert clues_of("4").tokens == ()


def test_a_full_width_key_is_read() -> None:
    assert clues_of("6").keys == (TicketKey("ACME", 1042),)


def test_a_forged_id_says_nothing() -> None:
    assert clues_of("7").ours == ()
    assert clues_of("3", key=b"another key").ours == ()


def test_keys_in_brackets_come_first_and_numbers_of_other_things_are_none() -> None:
    assert ticket_keys("ISO-9001 の件 [ACME-7]") == (TicketKey("ACME", 7), TicketKey("ISO", 9001))
    assert ticket_keys("acmeー12と ACME − 13") == (TicketKey("ACME", 12), TicketKey("ACME", 13))
    assert ticket_keys("A-B-3 2026-11-20 X-0 03-1234-5678 ACME-12a") == ()


def test_ids_without_brackets_and_with_comments_are_read() -> None:
    assert message_ids("<a@b> (comment) <c@d>\r\n\t<a@b>") == ("<a@b>", "<c@d>")
    assert message_ids("a@b") == ("<a@b>",)
    assert message_ids("nonsense") == ()


@given(st.text(max_size=300))
def test_any_subject_and_any_reference_is_searched(text: str) -> None:
    assert all(key.number > 0 for key in ticket_keys(text))
    assert all(one.startswith("<") and " " not in one for one in message_ids(text))
