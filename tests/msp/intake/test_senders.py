"""One mailbox has one form, and only our own edge can prove a sender."""

import time

import pytest

from msp.intake.rules.headers import Headers
from msp.intake.rules.senders import Address, Proof, addresses, carries_secrets, normalised, proof

TARO = Address("", "taro@acme.co.jp")
EDGE = "mx.desk.example.jp"


def headers(*results: str, sender: str = "taro@acme.co.jp") -> Headers:
    stated = tuple(("authentication-results", result.encode()) for result in results)
    return Headers((*stated, ("from", sender.encode())))


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("Taro@ACME.co.jp", "taro@acme.co.jp"),
        ("ｔａｒｏ＠ａｃｍｅ．ｃｏ．ｊｐ", "taro@acme.co.jp"),
        ("taro@例え.jp", "taro@xn--r8jz45g.jp"),
        ("taro@acme.co.jp.", "taro@acme.co.jp"),
        ("taro..y.@docomo.ne.jp", "taro..y.@docomo.ne.jp"),
        ("a@b@acme.co.jp", None),
        ("taro", None),
        ("taro@", None),
        ("@acme.co.jp", None),
        ("ta ro@acme.co.jp", None),
        ("taro@acme", None),
        ("taro@-acme.jp", None),
        ("taro@" + "é" * 5000 + ".jp", None),
    ],
)
def test_a_mailbox_has_one_form(written: str, address: str | None) -> None:
    assert normalised(written) == address


def test_an_encoded_comma_separates_nothing() -> None:
    field = '=?utf-8?B?PGV2aWxAeC5jb20+LA==?= <taro@acme.co.jp>, "Suzuki, H" <h@acme.co.jp>'
    assert addresses(field) == (Address("<evil@x.com>,", "taro@acme.co.jp"), Address("Suzuki, H", "h@acme.co.jp"))


def test_groups_and_comments_are_understood() -> None:
    field = 'Team: a@x.jp, "B" <b@x.jp>;, c@x.jp (Carol (the) boss), undisclosed-recipients:;'
    assert [(one.name, one.address) for one in addresses(field)] == [
        ("", "a@x.jp"),
        ("B", "b@x.jp"),
        ("Carol (the) boss", "c@x.jp"),
    ]


def test_hostile_address_fields_take_no_time() -> None:
    started = time.process_time()
    for sign in '(<"\\,:;@':
        addresses(sign * 250_000)
    assert time.process_time() - started < 3


def test_dmarc_of_our_edge_proves() -> None:
    assert proof(headers(f"{EDGE}; dmarc=pass header.from=acme.co.jp"), TARO, EDGE) is Proof.PROVEN
    assert proof(headers(f"{EDGE} 1; spf=pass; dmarc=pass (p=none) header.from=acme.co.jp"), TARO, EDGE) is Proof.PROVEN


def test_aligned_dkim_or_spf_prove() -> None:
    assert proof(headers(f"{EDGE}; dkim=pass header.d=acme.co.jp"), TARO, EDGE) is Proof.PROVEN
    assert proof(headers(f"{EDGE}; spf=pass smtp.mailfrom=bounce@acme.co.jp"), TARO, EDGE) is Proof.PROVEN
    assert proof(headers(f"{EDGE}; dkim=pass header.d=mailer.example"), TARO, EDGE) is Proof.UNKNOWN
    assert proof(headers(f"{EDGE}; dkim=pass header.d=sub.acme.co.jp"), TARO, EDGE) is Proof.UNKNOWN


def test_failed_dmarc_outweighs_everything() -> None:
    assert (
        proof(headers(f"{EDGE}; dkim=pass header.d=acme.co.jp; dmarc=fail header.from=acme.co.jp"), TARO, EDGE)
        is Proof.REFUTED
    )


@pytest.mark.parametrize(
    "results",
    [
        ("mx.evil.example; dmarc=pass header.from=acme.co.jp",),
        ("mx.evil.example; dmarc=pass", f"{EDGE}; dmarc=pass header.from=acme.co.jp"),
        (f"{EDGE}; dmarc=none", f"{EDGE}; dmarc=pass header.from=acme.co.jp"),
        (f"{EDGE}.evil.example; dmarc=pass header.from=acme.co.jp",),
        (f"{EDGE}; dmarc=pass header.from=evil.example",),
        (f"({EDGE}; dmarc=pass) mx.evil.example; dmarc=pass",),
        (f"{EDGE}; none (dmarc=pass header.from=acme.co.jp)",),
        (f"{EDGE}; none (open; dmarc=pass header.from=acme.co.jp",),
        (f'{EDGE}; spf=pass smtp.mailfrom="a; dmarc=pass header.from=acme.co.jp;"@evil.example',),
        (f"{EDGE}; spf=pass smtp.mailfrom=a; dmarc=pass header.from=acme.co.jp; dmarc=none header.from=acme.co.jp",),
        (),
    ],
)
def test_nobody_else_proves(results: tuple[str, ...]) -> None:
    assert proof(headers(*results), TARO, EDGE) is Proof.UNKNOWN


def test_two_from_fields_prove_nothing() -> None:
    two = Headers((*headers(f"{EDGE}; dmarc=pass header.from=acme.co.jp").fields, ("from", b"x@evil.example")))
    assert proof(two, TARO, EDGE) is Proof.UNKNOWN


def test_mail_that_opens_accounts_is_for_agents_only() -> None:
    assert carries_secrets(Address("", "no-reply@accounts.google.com"), "セキュリティ通知")
    assert carries_secrets(Address("", "noreply@shop.example"), "【重要】認証コードのお知らせ")
    assert not carries_secrets(TARO, "パスワードのリセットをお願いします")
    assert not carries_secrets(Address("", "no-reply@notgithub.example"), "週報")
