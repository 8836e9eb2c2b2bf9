"""One conversation of three people: the client, a colleague in Cc, and our desk."""

from datetime import UTC, datetime

from msp.outbox.rules import File, Letter, Mailbox, Ours, answer_subject, compose, message_id, reply_address
from tests.mail.build import DESK, PDF, Sample, head, lines, word

KEY = b"a key for messages of the corpus"
TOKEN = bytes(range(16))
OURS = Ours(tenant_id=3, ticket_id=1042, mail_id=77)
OUR_ID = message_id(KEY, OURS, "desk.example.jp")
CLIENT_ID = "<first.1@acme.co.jp>"
SUBJECT = "VPN がつながりません"
HANAKO = word("鈴木 花子") + b" <hanako@acme.co.jp>"


def samples() -> list[Sample]:
    """In the order they were sent."""
    answer = "確認しました。まだです。"
    by_key = f"Re: ＡＣＭＥ－１０４２ {SUBJECT}"
    return [
        _mail(
            "thread-1-client-asks",
            word(SUBJECT),
            "朝からつながりません。",
            SUBJECT,
            "Cc: hanako@acme.co.jp",
            id_=CLIENT_ID,
        ),
        _ours(),
        _mail(
            "thread-3-client-answers-us",
            word(f"Re: [ACME-1042] {SUBJECT}"),
            answer,
            f"Re: [ACME-1042] {SUBJECT}",
            f"In-Reply-To: {OUR_ID}",
            f"References: {CLIENT_ID}\r\n {OUR_ID}",
        ),
        _mail(
            "thread-4-colleague-answers-original",
            word(f"RE: {SUBJECT}"),
            "私もです。",
            f"RE: {SUBJECT}",
            f"In-Reply-To: {CLIENT_ID}",
            f"References: {CLIENT_ID}",
            sender=HANAKO,
        ),
        _mail(
            "thread-5-by-reply-address",
            word("別の件名"),
            "返信先から送ります。",
            "別の件名",
            f"Cc: {reply_address(DESK, TOKEN)}",
            sender=HANAKO,
        ),
        _mail("thread-6-by-key-in-subject", word(by_key), "直りました。", by_key),
        _mail(
            "thread-7-forged-id",
            "Re: x",
            "偽物",
            "Re: x",
            f"In-Reply-To: <{'a' * 32}@desk.example.jp>",
            sender="m@evil.example",
        ),
        _mail(
            "thread-8-encoded-id",
            "Re: x",
            answer,
            "Re: x",
            f"In-Reply-To: =?utf-8?Q?=3C{OUR_ID[1:-1].replace('@', '=40')}=3E?=",
        ),
    ]


def _mail(
    name: str,
    raw_subject: bytes | str,
    text: str,
    subject: str,
    *more: str,
    sender: bytes | str | None = None,
    id_: str = "",
) -> Sample:
    raw = (
        head(raw_subject, *more, "Content-Type: text/plain; charset=utf-8", sender=sender)
        + b"\r\n"
        + lines(text).encode()
    )
    if id_:
        raw = raw.replace(b"<1.sample@acme.co.jp>", id_.encode())
    said = sender or "taro@acme.co.jp"
    address = (said.decode() if isinstance(said, bytes) else said).rpartition("<")[2].rstrip(">")
    return Sample(name, raw, subject, text, sender=address)


def _ours() -> Sample:
    subject = answer_subject("ACME-1042", SUBJECT)
    letter = Letter(
        sender=Mailbox(DESK, "サポートデスク"),
        to=(Mailbox("taro@acme.co.jp", "山田 太郎"),),
        cc=(Mailbox("hanako@acme.co.jp", "鈴木 花子"),),
        reply_to=Mailbox(reply_address(DESK, TOKEN), "サポートデスク"),
        subject=subject,
        text="再起動をお試しください。",
        html="<p>再起動をお試しください。</p>",
        files=(File("手順書①.pdf", "application/pdf", PDF),),
        message_id=OUR_ID,
        in_reply_to=CLIENT_ID,
        references=(CLIENT_ID,),
        date=datetime(2026, 11, 20, 1, 0, tzinfo=UTC),
        language="ja",
    )
    return Sample(
        "thread-2-we-answer", compose(letter), subject, letter.text, sender=DESK, files=("手順書①.pdf",), kind="our own"
    )
