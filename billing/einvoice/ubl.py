"""The writer: an invoice (380) or a credit note (381) in UBL 2.1, element by element in the schema's order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from billing.einvoice.codes import PROFILES, REASONS, UNTAXED, Incomplete, Profile, Snapshot, lacks
from billing.einvoice.figures import Allowance, Position, positions
from billing.einvoice.tree import Node, root, written

FILE_NAME: Final = "invoice.xml"
MADE_WITH: Final = "UBL 2.1, writer 1"
NOT_DEFINED: Final = "1"
"""UNCL 4461: the document's own text says how to pay."""
POSTCODE: Final = re.compile(r"^\s*〒?\s*(\d{3}-?\d{4})\s*")
TOWN: Final = re.compile(r"(?:[A-Z]{1,2}-)?(\d{4,5})\s+(\D.*)")
"""The last line of an address on the European continent, as 10115 Berlin."""
ZERO: Final = Decimal(0)


def ubl(snapshot: Snapshot) -> bytes:
    """The document in the specification it names. Raises `Incomplete`, and ValueError where it names none."""
    told = snapshot.get("einvoice")
    if not told:
        raise ValueError("this document goes out on paper")
    missing = lacks(snapshot)
    if missing:
        raise Incomplete(missing)
    profile, credit = PROFILES[told["profile"]], snapshot["kind"] == "credit_note"
    lines, allowances = positions(snapshot)
    top = root("CreditNote" if credit else "Invoice")
    _head(top, snapshot, profile, credit=credit)
    _seller(top.cac("AccountingSupplierParty").cac("Party"), snapshot, profile)
    _buyer(top.cac("AccountingCustomerParty").cac("Party"), snapshot)
    _payment(top, snapshot, credit=credit)
    for allowance in allowances:
        _allowance(top, allowance, snapshot, profile)
    _taxes(top, snapshot, profile)
    _totals(top, snapshot, lines, allowances)
    for place, line in enumerate(lines, 1):
        _line(top, place, line, snapshot, profile, credit=credit)
    return written(top)


def _head(top: Node, snapshot: Snapshot, profile: Profile, *, credit: bool) -> None:
    told, period = snapshot["einvoice"], snapshot["period"]
    top.cbc("CustomizationID", profile.customization)
    top.cbc("ProfileID", profile.process)
    top.cbc("ID", snapshot["number"])
    top.cbc("IssueDate", snapshot["issued_on"])
    if not credit:
        top.cbc("DueDate", snapshot["due_on"])
    top.cbc("CreditNoteTypeCode" if credit else "InvoiceTypeCode", "381" if credit else "380")
    top.cbc("Note", " ".join((snapshot.get("reason") or snapshot["notes"]).split()))
    top.cbc("DocumentCurrencyCode", snapshot["currency"])
    top.cbc("BuyerReference", told["reference"])
    _period(top, period["begin"], period["end"])
    if snapshot["po_number"]:
        top.cac("OrderReference").cbc("ID", snapshot["po_number"])
    if snapshot.get("refers_to"):
        other = top.cac("BillingReference").cac("InvoiceDocumentReference")
        other.cbc("ID", snapshot["refers_to"]["number"])
        other.cbc("IssueDate", snapshot["refers_to"]["issued_on"])


def _seller(party: Node, snapshot: Snapshot, profile: Profile) -> None:
    told, issuer = snapshot["einvoice"]["seller"], snapshot["issuer"]
    party.cbc("EndpointID", told["endpoint"], schemeID=told["scheme"])
    party.cac("PartyName").cbc("Name", issuer["name"])
    _address(party, issuer["address"], issuer["country"])
    number = issuer["registration_number"]
    if number and not all(group["category"] == "O" for group in snapshot["taxes"]):
        _tax_number(party, _prefixed(number, issuer["country"]) if profile.tax_prefix else number)
    entity = party.cac("PartyLegalEntity")
    entity.cbc("RegistrationName", issuer["name"])
    entity.cbc("CompanyID", number)
    if issuer["phone"] or issuer["email"]:
        contact = party.cac("Contact")
        contact.cbc("Name", issuer["name"])
        contact.cbc("Telephone", issuer["phone"])
        contact.cbc("ElectronicMail", issuer["email"])


def _buyer(party: Node, snapshot: Snapshot) -> None:
    told, recipient = snapshot["einvoice"]["buyer"], snapshot["recipient"]
    party.cbc("EndpointID", told["endpoint"], schemeID=told["scheme"])
    party.cac("PartyName").cbc("Name", recipient["name"])
    _address(party, recipient["address"], told["country"])
    if told["tax_number"] and not all(group["category"] == "O" for group in snapshot["taxes"]):
        _tax_number(party, told["tax_number"])
    party.cac("PartyLegalEntity").cbc("RegistrationName", recipient["name"])
    if recipient["attention"]:
        party.cac("Contact").cbc("Name", recipient["attention"])


def _address(party: Node, text: str, country: str) -> None:
    """An address as it was typed: a Japanese postcode at its head or postcode and town at its foot are taken out.

    The other lines stay in their order.
    """
    found, town = POSTCODE.match(text), None
    lines = [line.strip() for line in (text[found.end() :] if found else text).splitlines() if line.strip()]
    if not found and len(lines) > 1:
        town = TOWN.fullmatch(lines[-1])
        lines = lines[:-1] if town else lines
    address = party.cac("PostalAddress")
    address.cbc("StreetName", lines[0] if lines else "")
    address.cbc("AdditionalStreetName", lines[1] if len(lines) > 1 else "")
    address.cbc("CityName", town[2] if town else "")
    address.cbc("PostalZone", (found or town or ("", ""))[1])
    if len(lines) > 2:
        address.cac("AddressLine").cbc("Line", " ".join(lines[2:]))
    address.cac("Country").cbc("IdentificationCode", country)


def _prefixed(number: str, country: str) -> str:
    """A VAT number begins with letters of its country (BR-CO-09); whoever typed them is not given them again."""
    return number if number[:2].isalpha() else f"{country}{number}"


def _tax_number(party: Node, number: str) -> None:
    scheme = party.cac("PartyTaxScheme")
    scheme.cbc("CompanyID", number)
    scheme.cac("TaxScheme").cbc("ID", "VAT")


def _payment(top: Node, snapshot: Snapshot, *, credit: bool) -> None:
    if credit:
        return
    means = top.cac("PaymentMeans")
    means.cbc("PaymentMeansCode", NOT_DEFINED)
    means.cbc("PaymentID", snapshot["number"])
    terms = " ".join(snapshot["issuer"]["bank"].split())
    if terms:
        top.cac("PaymentTerms").cbc("Note", terms)


def _allowance(top: Node, allowance: Allowance, snapshot: Snapshot, profile: Profile) -> None:
    part = top.cac("AllowanceCharge")
    part.cbc("ChargeIndicator", "true" if allowance.amount < ZERO else "false")
    part.cbc("AllowanceChargeReason", allowance.reason or "Discount")
    part.amount("Amount", abs(allowance.amount), snapshot["currency"])
    _category(part.cac("TaxCategory"), allowance.tax, profile)


def _taxes(top: Node, snapshot: Snapshot, profile: Profile) -> None:
    currency, total = snapshot["currency"], top.cac("TaxTotal")
    total.amount("TaxAmount", Decimal(snapshot["tax"]), currency)
    for group in snapshot["taxes"]:
        part = total.cac("TaxSubtotal")
        part.amount("TaxableAmount", Decimal(group["base"]), currency)
        part.amount("TaxAmount", Decimal(group["amount"]), currency)
        _category(part.cac("TaxCategory"), group, profile, reason=True)


def _totals(top: Node, snapshot: Snapshot, lines: list[Position], allowances: list[Allowance]) -> None:
    currency, total = snapshot["currency"], top.cac("LegalMonetaryTotal")
    given = sum((each.amount for each in allowances if each.amount > 0), ZERO)
    charged = sum((-each.amount for each in allowances if each.amount < 0), ZERO)
    total.amount("LineExtensionAmount", sum((line.net for line in lines), ZERO), currency)
    total.amount("TaxExclusiveAmount", Decimal(snapshot["net"]), currency)
    total.amount("TaxInclusiveAmount", Decimal(snapshot["gross"]), currency)
    for name, value in (
        ("AllowanceTotalAmount", given),
        ("ChargeTotalAmount", charged),
        ("PrepaidAmount", Decimal(snapshot["prepaid"])),
        ("PayableRoundingAmount", Decimal(snapshot["rounding"])),
    ):
        if value:
            total.amount(name, value, currency)
    total.amount("PayableAmount", Decimal(snapshot["payable"]), currency)


def _line(top: Node, place: int, line: Position, snapshot: Snapshot, profile: Profile, *, credit: bool) -> None:
    currency, source = snapshot["currency"], line.source
    part = top.cac("CreditNoteLine" if credit else "InvoiceLine")
    part.cbc("ID", place)
    part.cbc("Note", " ".join(source["note"].split()))
    part.cbc("CreditedQuantity" if credit else "InvoicedQuantity", line.quantity, unitCode=line.unit)
    part.amount("LineExtensionAmount", line.net, currency)
    if source["since"]:
        _period(part, source["since"], source["until"])
    for amount, indicator in (
        *((each, "true") for each in line.charges),
        *((each, "false") for each in line.allowances),
    ):
        adjusted = part.cac("AllowanceCharge")
        adjusted.cbc("ChargeIndicator", indicator)
        adjusted.cbc("AllowanceChargeReason", "Charge" if indicator == "true" else "Discount")
        adjusted.amount("Amount", amount, currency)
    item = part.cac("Item")
    item.cbc("Name", " ".join(source["text"].split()))
    _category(item.cac("ClassifiedTaxCategory"), line.tax, profile)
    price = part.cac("Price")
    price.amount("PriceAmount", line.price, currency)
    if line.base != 1:
        price.cbc("BaseQuantity", line.base, unitCode=line.unit)


def _category(part: Node, tax: Mapping[str, str], profile: Profile, *, reason: bool = False) -> None:
    """A tax in the specification's words. The reduced rate has a category of its own in Japan only."""
    category = profile.reduced if tax["category"] == "AA" else tax["category"]
    part.cbc("ID", category)
    if category != "O":
        part.cbc("Percent", "0" if category in UNTAXED else tax["rate"])
    if reason and category in REASONS:
        code, text = REASONS[category]
        if profile.tax_prefix:
            part.cbc("TaxExemptionReasonCode", code)
        part.cbc("TaxExemptionReason", text)
    part.cac("TaxScheme").cbc("ID", "VAT")


def _period(part: Node, begin: str, end: str) -> None:
    """Both days inclusive; the snapshot's end is the day after."""
    span = part.cac("InvoicePeriod")
    span.cbc("StartDate", begin)
    span.cbc("EndDate", (date.fromisoformat(end) - timedelta(days=1)).isoformat())
