"""The way to a site, once a visit however many tickets it served."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from billing.rules.invoice.document import Explain, Finding, Use
from billing.rules.invoice.facts import Facts, TravelRate, Visit
from billing.rules.invoice.items import line_key
from billing.rules.invoice.sheet import ONE, ZERO, About, Sheet, plain
from billing.rules.timesheet.bands import local_date

Way = tuple[TravelRate, str | None]


def travel_lines(sheet: Sheet) -> None:
    """One line per way of charging, price and site; a visit its contract's table has no price for is an error."""
    visits: dict[Way, list[tuple[Visit, Decimal, date]]] = {}
    for visit in sorted(sheet.facts.visits, key=lambda visit: (visit.at, visit.key)):
        day, table = _table(visit, sheet.facts)
        found = [(rate, quantity) for rate in table if (quantity := _quantity(rate, visit))]
        if table and not found:
            sheet.report(Finding("no_price", visit.key, f"no travel price for {visit.zone or visit.site}"))
        for rate, quantity in found:
            visits.setdefault((rate, visit.site), []).append((visit, quantity, day))
    for (rate, site), members in visits.items():
        sheet.add(
            line_key("travel", rate.zone or rate.basis, "", str(plain(rate.price)), site),
            "travel",
            rate.zone or rate.basis,
            sum((quantity for _, quantity, _ in members), ZERO),
            rate.price,
            About(tax_code=rate.tax_code, account=rate.account, site=site),
            Explain("travel", {"basis": rate.basis}, tuple(_use(visit) for visit, _, _ in members)),
            service=sheet.facts.period,
            supplied=max(day for _, _, day in members),
            unit="KMT" if rate.basis == "km" else "C62",
        )


def _table(visit: Visit, facts: Facts) -> tuple[date, tuple[TravelRate, ...]]:
    """The day of a visit, and the travel prices of its own contract, else of the default one."""
    return next(_versions(visit, facts), (local_date(visit.at, facts.desk_time.zone), ()))


def _versions(visit: Visit, facts: Facts) -> Iterator[tuple[date, tuple[TravelRate, ...]]]:
    own = [contract for contract in facts.contracts if contract.key == visit.contract]
    for contract in own or [contract for contract in facts.contracts if contract.default]:
        for version in contract.versions:
            day = local_date(visit.at, version.time.zone)
            if version.holds(day):
                yield day, version.travel


def _quantity(rate: TravelRate, visit: Visit) -> Decimal:
    match rate.basis:
        case "km":
            return visit.km
        case "zone":
            return ONE if rate.zone == visit.zone else ZERO
        case "visit":
            return ONE


def _use(visit: Visit) -> Use:
    return Use(key=visit.key, ticket=None, begin=visit.at, worked=0, charged=0)
