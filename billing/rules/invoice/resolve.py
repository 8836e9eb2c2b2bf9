"""Which item pays for a time entry: the first hit wins, two equal hits need a decision."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from billing.rules.invoice.document import Fault, Finding
from billing.rules.invoice.facts import Contract, Facts, Version
from billing.rules.invoice.items import TIME_KINDS, Item, Rate, Retainer, Tm, rate_for
from billing.rules.timesheet.bands import local_date
from billing.rules.timesheet.parts import Entry, TimeTerms

TENANT_CARD, DESK_CARD = "tenant-card", "desk-card"


class UnresolvedError(LookupError):
    """Nobody can tell what an entry costs; `finding` says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.detail)
        self.finding = finding


@dataclass(frozen=True, slots=True)
class Hit:
    """Where an entry's time goes: an item of a contract, or a rate card where `item` is None."""

    item: Item | None
    contract: str | None
    time: TimeTerms

    @property
    def key(self) -> str:
        return self.item.key if self.item else DESK_CARD


Offer = tuple[Contract, Version, Item]


def resolve(entry: Entry, facts: Facts) -> Hit:
    """The item of an entry by billing.md 2. Raises `UnresolvedError` on a tie or an item not in force that day."""
    offers = list(_offers(entry, facts))
    for chosen in (entry.item, entry.ticket_item):
        if chosen is not None:
            return _only([offer for offer in offers if offer[2].key == chosen], entry, "unknown_item", chosen)
    own = [offer for offer in offers if entry.contract in (None, offer[0].key)]
    default = [offer for offer in offers if offer[0].default]
    catch_all = own if entry.contract else [offer for offer in own if not offer[0].default]
    for rung in (
        *_naming(own, entry),
        *_catching(catch_all, entry),
        *_naming(default, entry),
        *_catching(default, entry),
    ):
        if rung:
            return _only(rung, entry)
    return Hit(None, None, _time_of(entry, facts))


def time_items(entry: Entry, facts: Facts) -> list[Item]:
    """The items that take time on the day of an entry, whichever work they name."""
    return [item for _contract, _version, item in _offers(entry, facts)]


def price_of(entry: Entry, day: date, item: Item | None, facts: Facts) -> tuple[Rate, str]:
    """The hourly rate of an entry and whose card it is from: the item's, else the tenant's, else the desk's.

    Raises `UnresolvedError` when there is none, or when two are equally near.
    """
    own = item.kind.rates if item is not None and isinstance(item.kind, Tm | Retainer) else ()
    cards = ((own, item.key if item else ""), (facts.tenant_rates, TENANT_CARD), (facts.desk_rates, DESK_CARD))
    for rates, card in cards:
        held = rate_for(rates, entry.work_type, entry.site, day, entry.role)
        if len({rate.price for rate in held}) > 1:
            prices = ", ".join(str(rate.price) for rate in held)
            raise UnresolvedError(Finding("two_rates", entry.key, f"{entry.work_type} on {card}: {prices}"))
        if held:
            return held[0], card
    raise UnresolvedError(Finding("no_price", entry.key, f"no rate for {entry.work_type} on {day}"))


def _offers(entry: Entry, facts: Facts) -> Iterator[Offer]:
    for contract in facts.contracts:
        for version in contract.versions:
            if version.holds(local_date(entry.begin, version.time.zone)):
                for item in version.items:
                    if isinstance(item.kind, TIME_KINDS):
                        yield contract, version, item


def _naming(offers: Iterable[Offer], entry: Entry) -> Iterator[list[Offer]]:
    named = [offer for offer in offers if entry.work_type in offer[2].work_types]
    yield [offer for offer in named if entry.site is not None and entry.site in offer[2].sites]
    yield [offer for offer in named if not offer[2].sites]


def _catching(offers: Iterable[Offer], entry: Entry) -> Iterator[list[Offer]]:
    catching = [offer for offer in offers if not offer[2].work_types]
    yield [offer for offer in catching if entry.site is not None and entry.site in offer[2].sites]
    yield [offer for offer in catching if not offer[2].sites]


def _only(offers: list[Offer], entry: Entry, fault: Fault = "two_items", wanted: str = "") -> Hit:
    if len(offers) == 1:
        contract, version, item = offers[0]
        return Hit(item, contract.key, version.time)
    if not offers:
        raise UnresolvedError(Finding(fault, entry.key, f"{wanted} is not in force on the day of work"))
    names = ", ".join(sorted(item.key for _, _, item in offers))
    raise UnresolvedError(Finding("two_items", entry.key, names))


def _time_of(entry: Entry, facts: Facts) -> TimeTerms:
    """A rate card counts time as the entry's own contract does, else the default one, else the desk."""
    wanted = [contract for contract in facts.contracts if contract.key == entry.contract]
    for contract in (*wanted, *(contract for contract in facts.contracts if contract.default)):
        for version in contract.versions:
            if version.holds(local_date(entry.begin, version.time.zone)):
                return version.time
    return facts.desk_time
