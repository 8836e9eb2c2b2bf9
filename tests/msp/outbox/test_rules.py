"""A letter of ours reads back as it was meant, whatever is in it, and its marks cannot be forged."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msp.intake.rules.automatic import Kind
from msp.intake.rules.headers import one_line
from msp.intake.rules.message import read
from msp.outbox import rules
from msp.outbox.rules import Automatic, File, Letter, Mailbox, Ours, compose, message_id, opened

KEY = b"k" * 32
OURS = Ours(3, 1042, 77)
LETTER = Letter(
    sender=Mailbox("help@desk.example.jp", "ヘルプ, デスク"),
    to=(Mailbox("taro@acme.co.jp", "山田 太郎"),),
    subject="障害のご報告",
    text="復旧しました。",
    message_id=message_id(KEY, OURS, "desk.example.jp"),
    date=datetime(2026, 11, 20, 1, 0, tzinfo=UTC),
)
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp"]), max_size=120).map(one_line)
IDS = st.integers(1, 2**63 - 1)


@given(WORDS, WORDS, WORDS)
@settings(max_examples=60)
def test_words_come_back(subject: str, name: str, file_name: str) -> None:
    letter = replace(
        LETTER,
        subject=subject,
        to=(Mailbox("taro@acme.co.jp", name),),
        files=(File(f"見{file_name}.pdf", "application/pdf", b"%PDF-"),),
    )
    mail = read(compose(letter))
    assert mail.subject == subject[:500]
    assert mail.to[0].name == name
    assert mail.to[0].address == "taro@acme.co.jp"
    assert len(mail.attachments) == 1


@given(st.text(max_size=300))
def test_no_value_starts_a_header(text: str) -> None:
    hostile = f"{text}\r\nBcc: evil@example.com\r\n\r\n{text}"
    box = Mailbox("taro@acme.co.jp", hostile)
    raw = compose(
        replace(
            LETTER,
            subject=hostile,
            to=(box,),
            sender=replace(LETTER.sender, name=hostile),
            reply_to=box,
            in_reply_to=hostile,
            references=(hostile,),
            language=hostile,
            files=(File(hostile, hostile, b"x", hostile),),
        )
    )
    fields = {name for name, _ in read(raw).headers.fields}
    assert fields <= {"from", "to", "reply-to", "subject", "date", "message-id", "mime-version", "content-type"}


def test_a_letter_says_what_it_answers_and_where_answers_go() -> None:
    letter = replace(
        LETTER,
        cc=(Mailbox("taro..y.@docomo.ne.jp"),),
        reply_to=Mailbox(rules.reply_address("help@desk.example.jp", bytes(16)), "デスク"),
        in_reply_to="<a@b>",
        references=("<" + "x" * 100 + "@b>", "<a@b>"),
        html="<p>復旧<img src='cid:p'></p>",
        files=(
            File("図①.png", "image/png", b"\x89PNG\r\n\x1a\n", "p"),
            File("報告書" * 40 + ".pdf", "application/pdf", b"%PDF-"),
        ),
    )
    mail = read(compose(letter))
    assert mail.text.strip() == "復旧しました。"
    assert mail.html.strip() == "<p>復旧<img src='cid:p'></p>"
    assert [(file.inline, file.content_id) for file in mail.attachments] == [(True, "p"), (False, "")]
    assert mail.attachments[0].name == "図①.png"
    assert mail.headers.first("references").split() == list(letter.references)
    assert mail.headers.first("in-reply-to") == "<a@b>"
    assert mail.reply_to[0].address.startswith("help+r.aaaa")
    assert mail.troubles == frozenset()
    assert mail.judgement.may_answer


def test_the_wire_has_short_seven_bit_lines_and_the_same_bytes_each_time() -> None:
    letter = replace(LETTER, text="長" * 5000, html="<p>" + "長" * 5000, files=(File("a.bin", "x", b"\xff" * 99),))
    raw = compose(letter)
    assert raw.isascii()
    assert raw == compose(letter)
    assert max(len(line) for line in raw.split(b"\r\n")) <= 78
    assert b"\n" not in raw.replace(b"\r\n", b"")


@pytest.mark.parametrize(("how", "kind"), [(Automatic.ANSWER, Kind.AWAY), (Automatic.NOTICE, Kind.NOTICE)])
def test_what_a_machine_wrote_says_so(how: Automatic, kind: Kind) -> None:
    letter = replace(LETTER, automatic=how)
    judgement = read(compose(letter)).judgement
    assert (judgement.kind, judgement.may_answer) == (kind, False)
    assert rules.envelope_sender(letter) == ""
    assert rules.envelope_sender(LETTER) == "help@desk.example.jp"


@pytest.mark.parametrize("address", ["", "a", "a@b\r\nBcc: c@d", "山田@acme.co.jp", "a@b, c@d", "<a@b>", "a@例え.jp"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="no address"):
        compose(replace(LETTER, to=(Mailbox(address),)))


@given(IDS, IDS, IDS)
def test_our_message_id_opens_with_its_key_only(tenant: int, ticket: int, mail: int) -> None:
    ours = Ours(tenant, ticket, mail)
    text = message_id(KEY, ours, "desk.example.jp")
    assert opened([b"new", KEY], text) == opened([KEY], text.upper()) == ours
    assert opened([b"other"], text) is None
    assert text == message_id(KEY, ours, "desk.example.jp")


def test_a_message_id_fits_a_line_for_long() -> None:
    assert len(message_id(KEY, Ours(2**20, 2**32, 2**40), "desk.example.jp")) < 78


@given(st.integers(1, 20), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_a_changed_message_id_opens_with_no_key(position: int, letter: str) -> None:
    text = LETTER.message_id
    changed = text[:position] + letter + text[position + 1 :]
    assert (opened([KEY], changed) == OURS) == (changed == text)


@given(st.binary(min_size=16, max_size=16))
def test_a_token_comes_back_from_its_address_only(token: bytes) -> None:
    address = rules.reply_address("help@desk.example.jp", token)
    assert rules.reply_token(address, "Help@desk.example.jp") == token
    assert rules.reply_token(address, "sales@desk.example.jp") is None
    assert rules.reply_token(address.replace("desk", "evil"), "help@desk.example.jp") is None
    assert len(rules.token_hash(token)) == 32


def test_an_answer_says_re_and_its_key_once() -> None:
    assert rules.answer_subject("ACME-1042", "RE: Re: 返信: 障害") == "Re: [ACME-1042] 障害"
    assert rules.answer_subject("ACME-1042", "Re: [ACME-1042] 障害") == "Re: [ACME-1042] 障害"


def test_references_keep_the_first_and_the_newest() -> None:
    chain = rules.answered([f"<{number}@x>" for number in range(50)], "<last@x>")
    assert (len(chain), chain[0], chain[-1]) == (20, "<0@x>", "<last@x>")
    assert rules.answered(["bad id"], "<a@b>") == ("<a@b>",)
