"""Mail no person wrote: absences, bounces, receipts, lists, notices; and people who only sound like machines."""

from tests.mail.build import DESK, Sample, head, lines, multipart, part, simple, word

AWAY = "11月24日まで休暇をいただいております。"
ORIGINAL = "<jcateg7qshn3o7h4j357urimaq@desk.example.jp>"


def samples() -> list[Sample]:
    """Each with the kind it must be taken for."""
    return [*_away(), *_reports(), *_crowds(), *_people()]


def _one(name: str, kind: str, subject: str, text: str, *more: str, sender: str | None = None) -> Sample:
    raw = (
        head(word(subject), *more, "Content-Type: text/plain; charset=utf-8", sender=sender)
        + b"\r\n"
        + lines(text).encode()
    )
    address = (sender or "taro@acme.co.jp").rpartition("<")[2].rstrip(">")
    return Sample(name, raw, subject, text, sender=address, kind=kind)


def _away() -> list[Sample]:
    away = "out of office"
    return [
        _one("away-auto-submitted", away, "Re: 件", AWAY, "Auto-Submitted: auto-replied"),
        _one("away-auto-submitted-comment", away, "Re: 件", AWAY, "Auto-Submitted: auto-replied (vacation)"),
        _one("away-ja-subject", away, "自動応答: プリンターの件", AWAY),
        _one("away-ja-brackets", away, "【自動返信】お問い合わせありがとうございます", "受け付けました。"),
        _one("away-ja-notice", away, "不在通知", AWAY),
        _one("away-en-subject", away, "Automatic reply: Printer", "I am away."),
        _one("away-out-of-office", away, "Out of Office: Taro", "I am away."),
        _one("away-x-autoreply", away, "件", AWAY, "X-Autoreply: yes"),
        _one("away-precedence", away, "件", AWAY, "Precedence: auto_reply"),
        _one("notice-suppress", "notice of a machine", "Alert", "disk full", "X-Auto-Response-Suppress: All"),
        _one("notice-auto-generated", "notice of a machine", "監視通知", "CPU 100%", "Auto-Submitted: auto-generated"),
        _one("notice-in-text", "notice of a machine", "受付完了", "※このメールは自動送信されています。\n受付番号 12"),
        _one("notice-no-reply", "notice of a machine", "お知らせ", "点検", sender="no-reply@acme.co.jp"),
        _one("notice-null-path", "notice of a machine", "お知らせ", "点検", "Return-Path: <>"),
    ]


def _reports() -> list[Sample]:
    human = part("The following address had permanent errors: hanako@acme.co.jp", "text/plain")
    status = "Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; Hanako@acme.co.jp\nAction: failed\nStatus: 5.1.1\n"
    delivery = part(status, "message/delivery-status")
    returned = part(f"Message-ID: {ORIGINAL}\nSubject: x\n\n", "text/rfc822-headers")
    dsn = multipart("report", human, delivery, returned, more="; report-type=delivery-status")
    read_status = (
        f"Final-Recipient: rfc822;taro@acme.co.jp\nOriginal-Message-ID: {ORIGINAL}\nDisposition: m; displayed\n"
    )
    mdn = multipart(
        "report",
        part("開封済み", "text/plain; charset=utf-8"),
        part(read_status, "message/disposition-notification"),
        more="; report-type=disposition-notification",
    )
    calendar = part(
        "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nEND:VCALENDAR\r\n", "text/calendar; method=REPLY; charset=utf-8"
    )
    daemon, text = "MAILER-DAEMON@acme.co.jp", "The following address had permanent errors: hanako@acme.co.jp"
    qmail = f"Hi. This is the qmail-send program.\n<hanako@acme.co.jp>: no mailbox\n\nMessage-ID: {ORIGINAL}"
    files = ("part-1.txt", "part-2.txt")
    return [
        Sample(
            "bounce-dsn",
            head("Undelivered Mail", sender=daemon) + dsn,
            "Undelivered Mail",
            text,
            daemon.lower(),
            files=files,
            kind="bounce",
        ),
        Sample(
            "bounce-dsn-from-postmaster",
            head("配信不能", sender="postmaster@acme.co.jp") + dsn,
            "配信不能",
            text,
            "postmaster@acme.co.jp",
            files=files,
            kind="bounce",
        ),
        _one("bounce-qmail", "bounce", "failure notice", qmail, "Return-Path: <>", sender=daemon.lower()),
        Sample(
            "receipt-mdn", head("開封済み: 件") + mdn, "開封済み: 件", "開封済み", files=("part-1.txt",), kind="receipt"
        ),
        Sample(
            "calendar-accepted",
            head("承諾: 打合せ")
            + multipart("alternative", part("承諾しました", "text/plain; charset=utf-8"), calendar),
            "承諾: 打合せ",
            "承諾しました",
            files=("part-1.ics",),
            kind="calendar answer",
        ),
    ]


def _crowds() -> list[Sample]:
    return [
        _one(
            "list-mail",
            "list",
            "[ml:12] 連絡",
            "皆様へ",
            "List-Id: <ml.acme.co.jp>",
            "List-Post: <mailto:ml@acme.co.jp>",
            "Precedence: list",
        ),
        _one("list-is-our-own-group", "person", "件", "本文", "List-ID: <help.desk.example.jp>", "Precedence: list"),
        _one("list-fml", "list", "[ml:13] 連絡", "皆様へ", "X-ML-Name: ml", "Precedence: list"),
        _one("bulk-newsletter", "bulk", "新製品", "発売", "List-Unsubscribe: <https://x.example/u>"),
        _one("bulk-precedence", "bulk", "新製品", "発売", "Precedence: bulk"),
        _one("bulk-junk", "bulk", "新製品", "発売", "Precedence: junk"),
        _one("from-ourselves", "our own", "件", "本文", sender=f"Desk <{DESK}>"),
    ]


def _people() -> list[Sample]:
    return [
        _one("person-asks-about-auto-replies", "person", "自動返信メールが届かない", "設定を教えてください。"),
        _one("person-answers-an-auto-reply", "person", "Re: 自動応答: 件", "戻りましたので返信します。"),
        _one("person-auto-submitted-no", "person", "件", "本文", "Auto-Submitted: no"),
        Sample(
            "person-quotes-a-machine",
            simple("Re: 受付", "番号を教えてください。\n\n> このメールは自動返信です。"),
            "Re: 受付",
            "番号を教えてください。\n\n> このメールは自動返信です。",
            fresh="番号を教えてください。",
        ),
        _one("person-pasted-bounce-subject", "person", "配信不能になります", "送信先に届きません。"),
    ]
