"""Whose money a line of the bank's is: by amount and by the payer's name in kana."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from billing.rules.ageing import Claim
from billing.rules.money import Money, total
from billing.rules.payments import in_turn

How = Literal["sure", "amount", "name"]
_SMALL: Final = str.maketrans("ァィゥェォッャュョヮ", "アイウエオツヤユヨワ")
_HIRAGANA: Final = {code: code + 0x60 for code in range(0x3041, 0x3097)}
_KINDS: Final = re.compile(
    r"株式会社|有限会社|合同会社|一般社団法人|医療法人|\(株\)|\(有\)|\(同\)|カブシキガイシヤ|ユウゲンガイシヤ|"
    r"ゴウドウガイシヤ|[(]?(?:カ|ユ|ド|シヤ|イ|ザイ)[)]|[(](?:カ|ユ|ド)$"
)
_NOT_NAME: Final = re.compile(r"[\W_ー]+")
LEAST: Final = 3
_LAST: Final = date.max


@dataclass(frozen=True, slots=True)
class Payer:
    """A client who may have paid: what it is called and what is open with it."""

    tenant: int
    names: tuple[str, ...]
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """A proposal: whose it is, which documents it pays and what the bank kept; `sure` needs name and amount."""

    tenant: int
    numbers: tuple[str, ...]
    fee: Money
    how: How


def folded(name: str) -> str:
    """A name as banks write it: katakana, large, without the kind of company, spaces and long vowels."""
    kana = unicodedata.normalize("NFKC", name).upper().translate(_HIRAGANA).translate(_SMALL)
    return _NOT_NAME.sub("", _KINDS.sub("", kana.replace(" ", "")))


def same_name(payer: str, names: Iterable[str]) -> bool:
    """Whether a client is called so; a part is enough where a field of the bank's cut the name off."""
    said = folded(payer)
    called = [short for name in names if len(short := folded(name)) >= LEAST]
    return len(said) >= LEAST and any(said in one or one in said for one in called)


def fit(amount: Money, claims: Sequence[Claim], most_fee: Money) -> tuple[tuple[str, ...], Money] | None:
    """Which open documents an amount pays to the unit, or short by a fee of at most so much. None: none does.

    One alone, else the oldest together; without a fee before with one.
    """
    zero = Money.zero(amount.currency)
    ours = [claim for claim in in_turn(claims) if claim.total.currency == amount.currency]
    opened = [(claim.number, claim.open_on(_LAST)) for claim in ours]
    opened = [(number, wanted) for number, wanted in opened if wanted > zero]
    groups = [[one] for one in opened] + [opened[:count] for count in range(2, len(opened) + 1)]
    sums = [
        (tuple(number for number, _ in group), total((wanted for _, wanted in group), amount.currency))
        for group in groups
    ]
    for numbers, wanted in sums:
        if wanted == amount:
            return numbers, zero
    for numbers, wanted in sums:
        if zero < wanted - amount <= most_fee:
            return numbers, wanted - amount
    return None


def match(payer: str, amount: Money, payers: Sequence[Payer], most_fee: Money) -> Match | None:
    """The one client whose money it seems to be; where two fit alike a person decides."""
    zero = Money.zero(amount.currency)
    named = [one for one in payers if same_name(payer, one.names)]
    fitting = [(one, found) for one in (named or payers) if (found := fit(amount, one.claims, most_fee)) is not None]
    if named:
        exact = [(one, found) for one, found in fitting if not found[1]] or fitting
        if len(exact) == 1:
            one, (numbers, fee) = exact[0]
            return Match(one.tenant, numbers, fee, "sure")
        return Match(named[0].tenant, (), zero, "name") if len(named) == 1 else None
    exact = [(one, found) for one, found in fitting if not found[1]]
    if len(exact) == 1:
        one, (numbers, fee) = exact[0]
        return Match(one.tenant, numbers, fee, "amount")
    return None
