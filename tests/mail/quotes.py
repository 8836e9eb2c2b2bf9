"""Answers as the mail programs of the country write them, each with what is new in it."""

from tests.mail.build import DESK, Sample, head, lines, multipart, part, simple, word

ASKED = "いつもお世話になっております。\n再起動はお試しいただけましたか。\nサポートデスク"
ANSWER = "ご連絡ありがとうございます。\n再起動で直りました。\n\n山田"


def samples() -> list[Sample]:
    """One answer per program."""
    marked = "\n".join(f"> {line}" for line in ASKED.split("\n"))
    return [
        *_outlook(),
        _answer(
            "iphone-ja",
            f"{ANSWER}\n\niPhoneから送信\n\n> 2026/11/20 9:30、{DESK}のメール:\n> \n{marked}",
            tail="iPhoneから送信",
        ),
        _answer(
            "iphone-ja-unmarked-head",
            f"{ANSWER}\n\niPhoneから送信\n\n2026/11/20 9:30、サポートデスク <{DESK}>のメール:\n\n{marked}",
            tail="iPhoneから送信",
        ),
        _answer("gmail-ja", f"{ANSWER}\n\n2026年11月20日(金) 9:30 サポートデスク <{DESK}>:\n\n{marked}"),
        _answer(
            "gmail-ja-broken-line",
            f"{ANSWER}\n\n2026年11月20日(金) 9:30 株式会社サポート 第一サポートデスク\n<{DESK}>:\n\n{marked}",
        ),
        _answer("gmail-en", f"{ANSWER}\n\nOn Fri, Nov 20, 2026 at 9:30 AM Support Desk <\n{DESK}> wrote:\n\n{marked}"),
        _answer("thunderbird-ja", f"{ANSWER}\n\nOn 2026/11/20 9:30, サポートデスク wrote:\n{marked}"),
        _answer("thunderbird-ja-date", f"{ANSWER}\n\n2026/11/20 9:30、サポートデスク さんが書きました:\n{marked}"),
        _answer("apple-mail-en", f"{ANSWER}\n\nOn Nov 20, 2026, at 9:30, Support <{DESK}> wrote:\n\n{marked}"),
        _answer("becky", f'{ANSWER}\n\nOn Fri, 20 Nov 2026 09:30:00 +0900\n"Support" <{DESK}> wrote:\n\n{marked}'),
        _answer("german", f"{ANSWER}\n\nAm 20.11.2026 um 09:30 schrieb Support <{DESK}>:\n{marked}"),
        _answer("notes-ja", f"{ANSWER}\n\n差出人: デスク\n宛先: 山田\n日付: 2026/11/20 09:30\n件名: 再起動\n\n{ASKED}"),
        _forwarded("gmail-forward", "Fwd: 請求", "---------- Forwarded message ---------"),
        _forwarded("outlook-ja-forward", "FW: 請求", ""),
        _forwarded("forward-under-own-subject", "見てください", "-------- 転送メッセージ --------"),
        _inline(),
        _nothing_new(),
        _gmail_html(),
        _outlook_html(),
        _flowed(),
        Sample("date-line-is-no-quote", *_said("障害の日時\n2026年11月20日 10:00 に発生した件:\n画面が消えました。")),
        Sample("address-line-is-no-quote", *_said("次の人に連絡してください。\n鈴木 <h@acme.co.jp>:\n内線 12")),
        Sample("table-is-no-quote", *_said("結果です。\n| id | name |\n| 1 | 山田 |\n以上")),
        Sample("only-text", *_said("引用のない本文です。\n> ではありません")[:3], fresh="引用のない本文です。"),
    ]


def _said(text: str) -> tuple[bytes, str, str]:
    return simple("Re: 再起動", text), "Re: 再起動", text


def _answer(name: str, text: str, tail: str = "") -> Sample:
    fresh = f"{ANSWER}\n\n{tail}" if tail else ANSWER
    return Sample(name, simple("Re: 再起動", text), "Re: 再起動", text, fresh=fresh)


def _outlook() -> list[Sample]:
    japanese = f"差出人: サポートデスク <{DESK}>\n送信日時: 2026年11月20日金曜日 9:30\n宛先: 山田 太郎\n件名: 再起動"
    english = f"From: Support <{DESK}>\nSent: Friday, November 20, 2026 9:30 AM\nTo: Yamada\nSubject: Restart"
    full_width = (
        f"差出人：　サポートデスク <{DESK}>\n送信日時：　2026年11月20日 9:30\n宛先：　山田\nCC：　鈴木\n件名：　再起動"
    )
    ruled = f"{ANSWER}\n\n________________________________\n{japanese}\n\n{ASKED}"
    return [
        _answer("outlook-ja", f"{ANSWER}\n\n{japanese}\n\n{ASKED}"),
        _answer("outlook-ja-original-message", f"{ANSWER}\n\n-----元のメッセージ-----\n{japanese}\n\n{ASKED}"),
        _answer("outlook-ja-rule", ruled),
        _answer("outlook-ja-full-width", f"{ANSWER}\n\n{full_width}\n\n{ASKED}"),
        _answer("outlook-en", f"{ANSWER}\n\n-----Original Message-----\n{english}\n\n{ASKED}"),
        _answer(
            "outlook-mobile-ja",
            f"{ANSWER}\n\niOS 版 Outlook を入手\n{'_' * 32}\n{japanese}\n\n{ASKED}",
            "iOS 版 Outlook を入手",
        ),
    ]


def _inline() -> Sample:
    text = f"On 2026/11/20 9:30, {DESK} wrote:\n> 電源は入りますか。\nはい、入ります。\n> 紙はありますか。\nあります。"
    return Sample(
        "answers-between-the-lines", simple("Re: x", text), "Re: x", text, fresh="はい、入ります。\nあります。"
    )


def _forwarded(name: str, subject: str, caption: str) -> Sample:
    original = "From: 経理 <k@evil.example>\nDate: 2026/11/20\nSubject: 請求\nTo: 山田\n\nお振込先"
    text = f"これは本物ですか。\n\n{caption}\n{original}"
    return Sample(name, simple(word(subject), text), subject, text)


def _nothing_new() -> Sample:
    text = f"-----Original Message-----\nFrom: 鈴木\nSent: Friday\nTo: 山田\nSubject: 相談\n\n{ASKED}"
    return Sample("forwarded-with-nothing-new", simple("FW: 相談", text), "FW: 相談", text, fresh=text)


def _gmail_html() -> Sample:
    html = (
        '<div dir="ltr"><div>承知しました。</div><div><br></div></div><br><div class="gmail_quote">'
        f'<div dir="ltr" class="gmail_attr">2026年11月20日(金) 9:30 デスク &lt;'
        f'<a href="mailto:{DESK}">{DESK}</a>&gt;:<br></div>'
        '<blockquote class="gmail_quote" style="margin:0">ご確認ください。<br>デスク</blockquote></div>'
    )
    text = f"承知しました。\n\n2026年11月20日(金) 9:30 デスク <{DESK}>:\n\n> ご確認ください。\n> デスク"
    return Sample(
        "gmail-ja-html-only",
        simple("Re: 確認", html, type_="text/html; charset=utf-8"),
        "Re: 確認",
        text,
        fresh="承知しました。",
    )


def _outlook_html() -> Sample:
    html = (
        '<html xmlns:o="urn:schemas-microsoft-com:office"><head><style>p.MsoNormal{margin:0}</style></head><body>'
        '<p class="MsoNormal">対応ありがとうございました。<o:p></o:p></p><div style="border-top:solid #E1E1E1 1.0pt">'
        f'<p class="MsoNormal"><b>差出人:</b> デスク &lt;{DESK}&gt; <br><b>送信日時:</b> 2026年11月20日 9:30<br>'
        "<b>宛先:</b> 山田<br><b>件名:</b> 件</p></div><p class=MsoNormal>前の文</p></body></html>"
    )
    repeated = f"差出人: デスク <{DESK}>\n送信日時: 2026年11月20日 9:30\n宛先: 山田\n件名: 件\n\n前の文"
    text = f"対応ありがとうございました。\n\n{repeated}"
    raw = simple("RE: 件", html, type_="text/html; charset=utf-8")
    return Sample("outlook-ja-html-only", raw, "RE: 件", text, fresh="対応ありがとうございました。")


def _flowed() -> Sample:
    body = lines("This is one \nparagraph of text.\n\n> quoted \n> words\n-- \nTaro").encode()
    alternative = part(body, 'text/plain; charset=utf-8; format="flowed"')
    raw = head("flowed") + multipart("mixed", alternative)
    text = "This is one paragraph of text.\n\n> quoted words\n-- \nTaro"
    return Sample("format-flowed", raw, "flowed", text, fresh="This is one paragraph of text.\n\n-- \nTaro")
