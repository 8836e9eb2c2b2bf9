"""A contract item in plain words, fact by fact, and what changed between two versions of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from flask_babel import gettext as _
from flask_babel import ngettext

from billing.documents.figures import price_text
from billing.documents.units import units_text
from billing.models import ContractItem
from billing.rules.invoice.items import (
    Block,
    Fixed,
    Item,
    Milestones,
    PerTicket,
    PerUnit,
    Pool,
    Rate,
    Retainer,
    Tm,
    TopUp,
)
from billing.schemas import read_item

Fact = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Words:
    """For whom an item is written: the language, the currency, the names of work types."""

    language: str
    currency: str
    work_types: Mapping[str, str]

    def money(self, price: Decimal, unit: str = "C62") -> str:
        return price_text(format(price.normalize(), "f"), unit, self.currency, self.language)

    def hours(self, minutes: Decimal | int) -> str:
        return units_text(Fraction(minutes), "minutes", self.currency, self.language)


@dataclass(frozen=True, slots=True)
class Change:
    """An item that is new, gone, or other in some facts: (what, before, now)."""

    what: Literal["new", "gone", "changed"]
    name: str
    facts: Sequence[tuple[str, str, str]]


def facts_of(item: Item, words: Words) -> list[Fact]:
    """What an item says, as (name, value), the price first."""
    return [*_of_kind(item, words), *_of_any(item, words)]


def changes(before: Sequence[ContractItem], now: Sequence[ContractItem], words: Words) -> list[Change]:
    """What a version says otherwise than the one before it."""
    old = {row.key: row for row in before}
    found = []
    for row in now:
        said = dict(facts_of(read_item(row), words))
        if row.key not in old:
            found.append(Change("new", row.name, [(name, "", value) for name, value in said.items()]))
            continue
        was = dict(facts_of(read_item(old[row.key]), words))
        was[_("Name")], said[_("Name")] = old[row.key].name, row.name
        moved = [
            (name, was.get(name, "–"), said.get(name, "–"))
            for name in dict.fromkeys([*was, *said])
            if was.get(name) != said.get(name)
        ]
        if moved:
            found.append(Change("changed", row.name, moved))
    keys = {row.key for row in now}
    return [*found, *(Change("gone", row.name, ()) for row in before if row.key not in keys)]


def _of_kind(item: Item, words: Words) -> Iterator[Fact]:
    kind = item.kind
    match kind:
        case Tm():
            yield from _rates(kind.rates, words)
        case Fixed():
            yield _("Fee"), _cycle(kind.price, item, words)
            if kind.fair_use:
                rate = words.money(kind.fair_use.rate, "MIN") if kind.fair_use.rate is not None else _("a notice only")
                yield (
                    _("Fair use"),
                    _("%(hours)s; beyond: %(rate)s", hours=words.hours(kind.fair_use.minutes), rate=rate),
                )
        case Pool():
            yield _("Fee"), _cycle(kind.price, item, words)
            yield _("Included"), _("%(hours)s a month", hours=words.hours(kind.minutes))
            yield from _overage(kind, words)
            yield _("Carried over"), _carried(kind.rollover)
            if kind.cap is not None:
                yield _("Carried at most"), words.hours(kind.cap)
        case Block():
            yield from _overage(kind, words)
            yield from _top_up(kind.top_up, "minutes", words)
        case Retainer():
            yield from _rates(kind.rates, words)
            yield from _top_up(kind.top_up, "money", words)
        case PerUnit():
            yield from _per_unit(kind, item, words)
        case PerTicket():
            counted = _("closed tickets") if kind.counted == "closed" else _("opened tickets")
            yield _("Price"), _("%(price)s each: %(what)s", price=words.money(kind.price), what=counted)
        case Milestones():
            yield _("Whole price"), words.money(kind.price)
            for step in kind.steps:
                yield step.name, _percent(step.percent)


def _of_any(item: Item, words: Words) -> Iterator[Fact]:
    if item.work_types:
        names = sorted(words.work_types.get(code, code) for code in item.work_types)
        yield _("For"), _(", ").join(names)
    if item.quantity != 1:
        yield _("Quantity"), format(item.quantity.normalize(), "f")
    if item.timing == "advance":
        yield _("When it is billed"), _("in advance")
    if item.minimum:
        yield _("Minimum"), words.money(item.minimum)
    if item.cap is not None:
        yield _("Cap"), words.money(item.cap)
    if item.discount is not None:
        discount = item.discount
        percent = discount.percent
        said = words.money(discount.amount or Decimal(0)) if percent is None else _percent(percent)
        yield _("Discount"), f"{said} {discount.reason}".strip()
    if item.price_includes_tax is not None:
        yield _("Tax"), _("included in the price") if item.price_includes_tax else _("added to the price")
    if item.po_number or item.po_required:
        yield _("PO number"), item.po_number or _("needed before an invoice")


def _cycle(price: Decimal, item: Item, words: Words) -> str:
    said = words.money(price)
    if item.months == 1:
        return str(_("%(price)s a month", price=said))
    if item.months == 12:
        return str(_("%(price)s a year", price=said))
    return str(_("%(price)s every %(months)s months", price=said, months=item.months))


def _rates(rates: Sequence[Rate], words: Words) -> Iterator[Fact]:
    if not rates:
        yield _("Price"), _("by the rate cards")
    for rate in rates:
        name = words.work_types.get(rate.work_type, rate.work_type) if rate.work_type else _("Price")
        yield name, words.money(rate.price, "MIN")


def _overage(kind: Pool | Block, words: Words) -> Iterator[Fact]:
    rate = _("not agreed") if kind.overage_rate is None else words.money(kind.overage_rate, "MIN")
    yield _("Beyond"), rate
    if kind.multiplier_on == "price":
        yield _("After hours"), _("cost more, use no more hours")


def _top_up(top_up: TopUp | None, unit: str, words: Words) -> Iterator[Fact]:
    if top_up is None:
        return
    units, least = (
        units_text(Fraction(each), unit, words.currency, words.language) for each in (top_up.units, top_up.threshold)
    )
    yield (
        _("Bought by itself"),
        _("%(units)s for %(price)s below %(least)s", units=units, price=words.money(top_up.price), least=least),
    )


def _per_unit(kind: PerUnit, item: Item, words: Words) -> Iterator[Fact]:
    yield _("Product"), kind.product
    if kind.price is not None:
        yield _("Price each"), _cycle(kind.price, item, words)
    for tier in kind.tiers:
        to = _("the rest") if tier.up_to is None else _("up to %(count)s", count=format(tier.up_to.normalize(), "f"))
        yield to, _cycle(tier.price, item, words)
    policies = {
        "period_end": _("at the end"), "period_start": _("at the start"), "peak": _("the highest"),
        "average": _("the average"), "daily": _("day by day"),
    }  # fmt: skip
    yield _("Count taken"), policies[kind.policy]
    if kind.minimum:
        yield _("At least"), format(kind.minimum.normalize(), "f")
    if kind.free:
        yield _("Free"), format(kind.free.normalize(), "f")


def _carried(rollover: int | None) -> str:
    if rollover is None:
        return str(_("for ever"))
    if rollover == 0:
        return str(_("no"))
    return str(ngettext("%(num)s month longer", "%(num)s months longer", rollover))


def _percent(share: Decimal) -> str:
    return str(_("%(rate)s %%", rate=format(share.normalize(), "f")))
