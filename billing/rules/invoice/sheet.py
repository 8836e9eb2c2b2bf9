"""The sheet a document is written on: lines taxed, keyed and rounded as they come, findings beside them."""

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from billing.rules.invoice.document import AheadLine, DocumentLine, Explain, Finding, Role
from billing.rules.invoice.facts import Facts
from billing.rules.invoice.items import Item
from billing.rules.invoice.resolve import UnresolvedError
from billing.rules.money import Money, Number, round_to
from billing.rules.periods import Period
from billing.rules.prepaid import Ledger, Lot
from billing.rules.tax import NoRateError, Tax, taxes_on
from billing.rules.timesheet.bands import Band
from billing.rules.totals import Line, line_net

PRICE_PLACES = 6
QUANTITY_PLACES = 4
ONE = Decimal(1)
ZERO = Decimal(0)
DECISIONS = frozenset({"two_items", "two_rates", "count_jump"})
ERRORS = frozenset({"no_price", "no_tax_rate", "no_counts", "no_tier", "unknown_item", "po_missing"})


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a line is about; the same for all lines of an item unless said otherwise."""

    item: str | None = None
    tax_code: str = "standard"
    tax_site: str | None = None
    includes_tax: bool | None = None
    account: str = ""
    po_number: str = ""
    work_type: str | None = None
    band: Band | None = None
    site: str | None = None

    @classmethod
    def of(cls, item: Item) -> "About":
        return cls(
            item=item.key,
            tax_code=item.tax_code,
            tax_site=item.tax_site,
            includes_tax=item.price_includes_tax,
            account=item.account,
            po_number=item.po_number,
        )


@dataclass(slots=True)
class Sheet:
    """Filled by the kinds of items in turn; read once by the engine."""

    facts: Facts
    lines: list[DocumentLine] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    ledgers: dict[str, Ledger] = field(default_factory=dict)
    new_lots: dict[str, tuple[Lot, ...]] = field(default_factory=dict)
    ahead: list[AheadLine] = field(default_factory=list)

    def report(self, finding: Finding) -> None:
        if finding not in self.findings:
            self.findings.append(finding)

    def taxes(self, code: str, supplied: date, site: str | None, subject: str) -> tuple[Tax, ...]:
        """The taxes of a code on the day of supply. Raises `UnresolvedError` where the table has none."""
        try:
            return taxes_on(code, supplied, self.facts.taxes, site, self.facts.certificates)
        except NoRateError as missing:
            raise UnresolvedError(Finding("no_tax_rate", subject, str(missing))) from None

    def add(
        self,
        key: str,
        role: Role,
        name: str,
        quantity: Number,
        price: Decimal,
        about: About,
        explain: Explain,
        *,
        service: Period,
        supplied: date | None = None,
        base_quantity: Decimal = ONE,
        unit: str = "C62",
        allowances: tuple[Decimal, ...] = (),
        net: Decimal | None = None,
        taxes: tuple[Tax, ...] | None = None,
    ) -> DocumentLine | None:
        """Write a line down, or a finding without a tax rate. Supplied on its service's last day unless told.

        The amount comes from the exact quantity and price, whatever the line has room to show of them.
        """
        if taxes is None:
            try:
                site = about.site or about.tax_site
                taxes = self.taxes(about.tax_code, supplied or service.last_day, site, about.item or key)
            except UnresolvedError as unresolved:
                self.report(unresolved.finding)
                return None
        shown = round_to(quantity, QUANTITY_PLACES, "half_up") if isinstance(quantity, Fraction) else quantity
        exact = self._in_document_terms(price, taxes, about.includes_tax)
        price = plain(round_to(exact, PRICE_PLACES, "half_up"))
        if net is None and (shown != quantity or Fraction(price) != exact):
            net = self.rounded(Fraction(quantity) * exact / Fraction(base_quantity)) - sum(allowances, ZERO)
        line = Line(plain(Decimal(shown)), price, taxes, base_quantity, allowances=allowances, net=net)
        written = DocumentLine(
            key=self._unused(key),
            role=role,
            name=name,
            line=line,
            amount=line_net(line, self.facts.terms),
            explain=explain,
            unit=unit,
            service=service,
            item=about.item,
            work_type=about.work_type,
            band=about.band,
            site=about.site,
            account=about.account,
            po_number=about.po_number,
        )
        self.lines.append(written)
        return written

    def change(self, written: DocumentLine, line: Line) -> DocumentLine:
        """Put other figures into a line already written."""
        changed = replace(written, line=line, amount=line_net(line, self.facts.terms))
        self.lines[self.lines.index(written)] = changed
        return changed

    def rounded(self, exact: Number) -> Decimal:
        """An exact value as an amount of the document."""
        return Money.rounded(exact, self.facts.terms.currency, self.facts.terms.amounts).amount

    def _in_document_terms(self, price: Decimal, taxes: tuple[Tax, ...], includes_tax: bool | None) -> Fraction:
        """All amounts of a document exclude tax or all include it: other prices are turned."""
        wanted = self.facts.terms.prices_include_tax
        if includes_tax is None or includes_tax == wanted:
            return Fraction(price)
        factor = 1 + sum((Fraction(tax.rate) for tax in taxes), Fraction()) / 100
        return Fraction(price) * (factor if wanted else 1 / factor)

    def _unused(self, key: str) -> str:
        """Keys stay apart where one rate stands under two taxes or terms in one month."""
        taken = {line.key for line in self.lines}
        number, unused = 1, key
        while unused in taken:
            number += 1
            unused = f"{key}:{number}"
        return unused


def plain(number: Decimal) -> Decimal:
    """The same number without needless zeros and without an exponent, for keys and quantities."""
    text = format(number, "f")
    return Decimal(text.rstrip("0").rstrip(".") if "." in text else text)
