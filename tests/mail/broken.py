"""Mail that breaks the rules, by accident or on purpose."""

import base64

from tests.mail.build import DESK, PDF, TARO_ADDRESS, Sample, attached, head, multipart, part, simple, text_part


def samples() -> list[Sample]:
    """Headers first, then encodings and boundaries, then the caps."""
    return [*_headers(), *_encodings(), *_boundaries(), *_caps()]


def _headers() -> list[Sample]:
    tail = b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nbody\r\n"
    usual = f"From: {TARO_ADDRESS}\r\n".encode()
    several = ("several senders",)
    return [
        Sample("no-from", b"Subject: x\r\n\r\nbody", "x", "body", sender=None, troubles=("no sender",)),
        Sample(
            "only-sender-field",
            b"Sender: taro@acme.co.jp\r\nSubject: x\r\n\r\nbody",
            "x",
            "body",
            troubles=("no sender",),
        ),
        Sample(
            "two-from-fields", usual + b"From: evil@example.com\r\nSubject: x\r\n" + tail, "x", "body", troubles=several
        ),
        Sample(
            "two-addresses-in-from",
            head("x", sender=f"{TARO_ADDRESS}, b@acme.co.jp") + b"\r\nbody",
            "x",
            "body",
            troubles=several,
        ),
        Sample("group-in-from", head("x", sender=f"Team: {TARO_ADDRESS};") + b"\r\nbody", "x", "body"),
        Sample(
            "from-is-no-address",
            head("x", sender="Taro") + b"\r\nbody",
            "x",
            "body",
            sender=None,
            troubles=("no sender",),
        ),
        Sample(
            "from-two-ats",
            head("x", sender="a@evil.example@acme.co.jp") + b"\r\nbody",
            "x",
            "body",
            sender=None,
            troubles=("no sender",),
        ),
        Sample("display-name-is-an-address", head("x", sender=f'"{DESK}" <{TARO_ADDRESS}>') + b"\r\nbody", "x", "body"),
        Sample("junk-line-in-headers", usual + b"this is no field\r\nSubject: x\r\n" + tail, "x", "body"),
        Sample(
            "no-empty-line",
            usual + b"Subject: x\r\nhello there\r\nmore",
            "x",
            "hello there\nmore",
            troubles=("broken headers",),
        ),
        Sample(
            "bare-cr-in-header",
            usual + b"Subject: x\rBcc: evil@example.com\r\n" + tail,
            "x Bcc: evil@example.com",
            "body",
        ),
        Sample("nul-in-header", usual + b"Subject: a\0b\r\n" + tail, "ab", "body"),
        Sample("folded-with-tab", usual + b"Subject: one\r\n\ttwo\r\n" + tail, "one\ttwo".replace("\t", " "), "body"),
        Sample(
            "mbox-line-first", b"From taro@acme.co.jp Fri Nov 20\r\n" + usual + b"Subject: x\r\n" + tail, "x", "body"
        ),
        Sample("empty-lines-first", b"\r\n\r\n" + usual + b"Subject: x\r\n" + tail, "x", "body"),
        Sample("lf-only", (usual + b"Subject: x\r\n" + tail).replace(b"\r\n", b"\n"), "x", "body"),
        Sample("two-subjects", usual + b"Subject: first\r\nSubject: second\r\n" + tail, "first", "body"),
        Sample("broken-content-type", usual + b"Subject: x\r\nContent-Type: text; =;;charset\r\n\r\nbody", "x", "body"),
        Sample(
            "broken-date", usual + b"Subject: x\r\nDate: Fri, 99 Foo 99999999999 25:61 +9999999\r\n" + tail, "x", "body"
        ),
        Sample("empty", b"", "", "", sender=None, troubles=("empty", "no sender"), readable=False),
        Sample(
            "no-headers-at-all",
            b"\r\njust text",
            "",
            "just text",
            sender=None,
            troubles=("broken headers", "no headers", "no sender"),
            readable=False,
        ),
    ]


def _encodings() -> list[Sample]:
    good = base64.b64encode("障害が発生しました。".encode())
    broken = ("broken transfer encoding",)
    encoded = "Content-Transfer-Encoding: base64"
    listed = good + b"\r\n_____________\r\nThis list is run by acme\r\n"
    qp = b"=E9=9A=9C=E5=AE=B3 =ZZ 100=\r\n% ="
    return [
        Sample(
            "base64-with-stray-signs",
            simple("b", good[:8] + b"!!" + good[8:], encoded),
            "b",
            "障害が発生しました。",
            troubles=broken,
        ),
        Sample(
            "base64-without-padding",
            simple("b", good.rstrip(b"=")[:-1], encoded),
            "b",
            "障害が発生しました\ufffd",
            troubles=(*broken, "characters lost"),
        ),
        Sample("base64-with-list-footer", simple("b", listed, encoded), "b", "障害が発生しました。", troubles=broken),
        Sample("base64-padded-pieces", simple("b", b"YQ==\r\nYg==\r\nYw==", encoded), "b", "abc"),
        Sample(
            "quoted-printable-broken",
            simple("q", qp, "Content-Transfer-Encoding: quoted-printable"),
            "q",
            "障害 =ZZ 100% ",
            troubles=broken,
        ),
        Sample("unknown-encoding", simple("u", "本文", "Content-Transfer-Encoding: x-zip"), "u", "本文"),
        Sample(
            "attachment-base64-broken",
            head("a") + multipart("mixed", text_part(), attached("filename=a.pdf", PDF) + b"Q"),
            "a",
            "添付をご確認ください。",
            files=("a.pdf",),
            troubles=broken,
        ),
    ]


def _boundaries() -> list[Sample]:
    parts = (text_part("本文です"), attached("filename=a.pdf"))
    mixed = multipart("mixed", *parts)
    without = b"Content-Type: multipart/mixed\r\n\r\n" + mixed.partition(b"\r\n\r\n")[2]
    other = mixed.replace(b'boundary="=_b1"', b'boundary="other"')
    nested = multipart(
        "mixed", multipart("alternative", text_part("本文です"), boundary="=_b1x"), attached("filename=a.pdf")
    )
    files, lost = ("a.pdf",), ("no boundary",)
    return [
        Sample(
            "boundary-not-closed",
            head("b") + multipart("mixed", *parts, closed=False),
            "b",
            "本文です",
            files=files,
            troubles=("boundary not closed",),
        ),
        Sample("boundary-missing", head("b") + without, "b", "本文です", files=files, troubles=lost),
        Sample("boundary-wrong", head("b") + other, "b", "本文です", files=files, troubles=lost),
        Sample("boundary-prefix-of-another", head("b") + nested, "b", "本文です", files=files),
        Sample(
            "boundary-absent-from-body",
            simple("b", "ただの文", type_="multipart/mixed; boundary=x"),
            "b",
            "ただの文",
            troubles=lost,
        ),
        Sample(
            "multipart-without-parts",
            head("b", "Content-Type: multipart/mixed; boundary=x") + b"\r\n--x--\r\n",
            "b",
            "--x--",
            troubles=lost,
        ),
    ]


def _caps() -> list[Sample]:
    deep = text_part("底")
    for level in range(30):
        deep = multipart("mixed", text_part(f"{level}段"), deep, boundary=f"=_{level}_")
    shallow = "\n\n".join(f"{level}段" for level in range(29, 9, -1))
    many = multipart("mixed", *(part(f"{number}", "text/plain") for number in range(120)))
    crowd = ", ".join(f"p{number}@acme.co.jp" for number in range(130))
    parameters = "; ".join(f"p{number}=x" for number in range(200))
    return [
        Sample("too-deep", head("deep") + deep, "deep", shallow, files=("part-1.txt",), troubles=("parts too deep",)),
        Sample(
            "too-many-parts",
            head("many") + many,
            "many",
            "\n\n".join(str(n) for n in range(99)),
            troubles=("too many parts",),
        ),
        Sample(
            "too-many-addresses",
            head("crowd", f"Cc: {crowd}") + b"\r\nx",
            "crowd",
            "x",
            troubles=("too many addresses",),
        ),
        Sample("too-many-parameters", simple("p", "本文", type_=f"text/plain; {parameters}; charset=x"), "p", "本文"),
        Sample(
            "huge-header",
            head("huge", "X-Pad: " + "a" * 300_000) + b"\r\nbody",
            "huge",
            "body",
            troubles=("headers too long",),
        ),
        Sample("many-headers", head("many", *(f"X-{n}: y" for n in range(3000))) + b"\r\nbody", "many", "body"),
        Sample("long-subject", simple("x" * 900, "body"), "x" * 500, "body"),
    ]
