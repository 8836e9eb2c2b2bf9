"""Japanese and other text under true, false and missing labels."""

import base64
import binascii

from tests.mail.build import DESK, TARO, TARO_ADDRESS, Sample, encode, head, jis, lines, simple, word

HELLO = "お世話になっております。\nアクメ株式会社の山田です。\nプリンターが動きません。"
SPECIAL = "㈱アクメの髙橋と﨑山です。\n①電源 ②用紙 №3 を確認しました。"
KANA = "ﾌﾟﾘﾝﾀｰのｴﾗｰです。ABC"


def samples() -> list[Sample]:
    """Every charset that reaches a Japanese desk."""
    return [*_jis(), *_shift_jis(), *_others(), *_subjects(), *_characters()]


def _plain(
    name: str, label: str, charset: str, text: str, subject: str = "プリンターの件", troubles: tuple[str, ...] = ()
) -> Sample:
    type_ = f"text/plain; charset={label}" if label else "text/plain"
    raw = simple(
        word(subject, label or "utf-8", charset if label else "utf-8"), encode(lines(text), charset), type_=type_
    )
    return Sample(name, raw, subject, text, troubles=troubles)


def _jis() -> list[Sample]:
    return [
        _plain("jis-plain", "ISO-2022-JP", "iso-2022-jp", HELLO),
        _plain("jis-row13", "iso-2022-jp", "iso-2022-jp", SPECIAL, "㈱アクメ①の件"),
        _plain("jis-ms-label", "iso-2022-jp-ms", "iso-2022-jp", SPECIAL, "②台目 髙橋"),
        _plain("jis-cp50220-label", "cp50220", "iso-2022-jp", SPECIAL),
        _plain("jis-half-width-kana", "iso-2022-jp", "iso-2022-jp", KANA, "ﾌﾟﾘﾝﾀｰ"),
        Sample(
            "jis-no-label-raw-subject",
            head(b"\x1b$B" + jis("障害報告")[3:], sender=jis(TARO) + b" <taro@acme.co.jp>")
            + b"\r\n"
            + jis("止まりました。"),
            "障害報告",
            "止まりました。",
        ),
        Sample(
            "jis-shift-out-kana",
            simple(
                "kana",
                b"\x0e\x4c\x5f\x58\x5d\x40\x0f \x1b$B" + jis("異常")[3:],
                type_="text/plain; charset=iso-2022-jp",
            ),
            "kana",
            "ﾌﾟﾘﾝﾀ 異常",
        ),
        Sample(
            "jis-split-in-words",
            head(word("サーバーが", "ISO-2022-JP") + b"\r\n " + word("停止しました", "ISO-2022-JP"))
            + b"Content-Type: text/plain; charset=ISO-2022-JP\r\n\r\n"
            + jis("至急お願いします。"),
            "サーバーが停止しました",
            "至急お願いします。",
        ),
    ]


def _shift_jis() -> list[Sample]:
    wrong = ("charset not as labelled",)
    return [
        _plain("sjis-plain", "Shift_JIS", "cp932", HELLO),
        _plain("sjis-label-cp932-text", "shift_jis", "cp932", SPECIAL, "髙﨑①㈱"),
        _plain("sjis-windows-31j", "windows-31j", "cp932", SPECIAL),
        _plain("sjis-x-sjis", "x-sjis", "cp932", KANA),
        _plain("sjis-as-us-ascii", "us-ascii", "cp932", HELLO),
        _plain("sjis-as-utf-8", "utf-8", "cp932", SPECIAL, troubles=wrong),
        _plain("sjis-as-latin-1", "iso-8859-1", "cp932", HELLO, troubles=wrong),
        _plain("sjis-no-charset", "", "cp932", HELLO),
        Sample(
            "sjis-raw-headers",
            head("表示の不具合ソ能".encode("cp932"), sender="髙橋".encode("cp932") + b" <taro@acme.co.jp>")
            + b"\r\n"
            + "画面が表示されません。".encode("cp932"),
            "表示の不具合ソ能",
            "画面が表示されません。",
        ),
        Sample(
            "sjis-quoted-printable",
            simple(
                word("表の件", "shift_jis", how="Q"),
                binascii.b2a_qp("表が出ません。".encode("cp932")),
                "Content-Transfer-Encoding: quoted-printable",
                type_="text/plain; charset=shift_jis",
            ),
            "表の件",
            "表が出ません。",
        ),
    ]


def _others() -> list[Sample]:
    wrong = ("charset not as labelled",)
    return [
        _plain("euc-jp", "EUC-JP", "euc_jp", HELLO),
        _plain("euc-jp-no-label", "", "euc_jp", HELLO),
        _plain("utf-8-no-label", "", "utf-8", HELLO + "😀"),
        Sample(
            "utf-8-as-iso-2022-jp",
            simple("x", HELLO, type_="text/plain; charset=iso-2022-jp"),
            "x",
            HELLO,
            troubles=wrong,
        ),
        _plain("utf-8-as-shift-jis", "shift_jis", "utf-8", HELLO, troubles=wrong),
        _plain("gb2312", "gb2312", "gb18030", "打印机坏了，请帮忙。镕基", "打印机问题"),
        _plain("ks-c-5601", "ks_c_5601-1987", "cp949", "프린터가 고장났습니다. 똠방각하", "프린터 문제"),
        _plain("big5", "big5", "big5", "印表機壞了，請協助。", "印表機問題"),
        _plain("latin-1", "iso-8859-1", "cp1252", "Le café est fermé – où est l’écran ?", "Écran cassé"),
        _plain("unknown-label", "x-unknown", "utf-8", HELLO),
        _plain("non-text-codec-label", "rot13", "utf-8", HELLO),
        Sample(
            "utf-16-base64",
            simple(
                "utf-16",
                base64.encodebytes(lines(HELLO).encode("utf-16")),
                "Content-Transfer-Encoding: base64",
                type_="text/plain; charset=utf-16",
            ),
            "utf-16",
            HELLO,
        ),
        Sample(
            "html-meta-charset",
            simple(
                "meta",
                '<html><head><meta charset="Shift_JIS"></head><body><p>見積もりです</p></body></html>'.encode("cp932"),
                type_="text/html",
            ),
            "meta",
            "見積もりです",
        ),
    ]


def _subjects() -> list[Sample]:
    cut = "障害".encode()
    first, second = base64.b64encode(cut[:4]).decode(), base64.b64encode(cut[4:]).decode()
    return [
        Sample(
            "subject-cut-inside-a-character",
            simple(f"=?utf-8?B?{first}?=\r\n =?utf-8?B?{second}?=", "本文"),
            "障害",
            "本文",
        ),
        Sample("subject-q-with-raw-question-mark", simple("=?utf-8?Q?Why??=", "本文"), "Why?", "本文"),
        Sample(
            "subject-raw-utf-8", simple("至急：ＡＣＭＥ－１０４２の件", "本文"), "至急：ＡＣＭＥ－１０４２の件", "本文"
        ),
        Sample(
            "subject-injects-header",
            simple(word("件名\r\nBcc: evil@example.com"), "本文"),
            "件名 Bcc: evil@example.com",
            "本文",
        ),
        Sample(
            "subject-unknown-encoding", simple("=?utf-8?X?abc?= =?none?B?44GC?=", "本文"), "=?utf-8?X?abc?= あ", "本文"
        ),
        Sample("subject-missing", simple("", "本文だけ"), "", "本文だけ"),
        Sample(
            "sender-quoted-encoded-word",
            head("x", sender=b'"' + word("山田, 太郎", "iso-2022-jp") + b'" <Taro@ACME.co.jp>') + b"\r\n\xe6\x9c\xac",
            "x",
            "本",
        ),
        Sample("sender-full-width", head("x", sender=f"{TARO} <ＴＡＲＯ＠ａｃｍｅ．ｃｏ．ｊｐ>") + b"\r\nx", "x", "x"),
        Sample("sender-idn", head("x", sender="a@例え.jp") + b"\r\nx", "x", "x", sender="a@xn--r8jz45g.jp"),
        Sample(
            "sender-docomo",
            head("x", sender="taro..y.@docomo.ne.jp") + b"\r\nx",
            "x",
            "x",
            sender="taro..y.@docomo.ne.jp",
        ),
        Sample("sender-encoded-whole", head("x", sender=word(f"{TARO} <{TARO_ADDRESS}>")) + b"\r\nx", "x", "x"),
        Sample("sender-comment", head("x", sender=f"{TARO_ADDRESS} ({TARO})") + b"\r\nx", "x", "x"),
    ]


def _characters() -> list[Sample]:
    return [
        _plain("rare-kanji-and-emoji", "utf-8", "utf-8", "髙橋・﨑山・𠮷野家 👨‍👩‍👧 🗾 ㍻", "𠮷野家 😀"),
        _plain("right-to-left", "utf-8", "utf-8", "مرحبا שלום", "שלום"),
        Sample(
            "turning-characters-in-subject",
            simple(word("請求書\u202efdp.exe"), "本文"),
            "請求書fdp.exe",
            "本文",
        ),
        Sample("nul-in-text", simple("NUL", b"a\0b\0c"), "NUL", "abc", troubles=("NUL bytes",)),
        Sample("bare-cr-in-text", simple("CR", b"one\rtwo\r\nthree"), "CR", "one\ntwo\nthree"),
        Sample(
            "only-cr-line-ends",
            f"From: {TARO_ADDRESS}\rTo: {DESK}\rSubject: mac\r\rline one\rline two".encode(),
            "mac",
            "line one\nline two",
        ),
    ]
