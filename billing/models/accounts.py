"""Who sends invoices and to whom: issuers, their number series and tax rates, and how a tenant is billed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Identity, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from billing.models.columns import Currency, Percent, known_currency
from tenants.isolation import Desk, Walled
from tenants.models import one_of

DIRECTIONS = ("half_up", "down", "up")
DOCUMENT_KINDS = ("invoice", "credit_note", "sale", "replacement")


class Issuer(Desk):
    """A legal entity of the desk that sends invoices, and how its documents round and are due."""

    __tablename__ = "issuer"
    __why__ = "one entity of the desk invoices many clients"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    name: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(Text, default="")
    address_en: Mapped[str] = mapped_column(Text, default="")
    country: Mapped[str] = mapped_column(default="JP")
    phone: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    registration_number: Mapped[str] = mapped_column(default="")
    registered_on: Mapped[date | None] = mapped_column(Date)
    endpoint: Mapped[str] = mapped_column(default="")
    endpoint_scheme: Mapped[str] = mapped_column(default="")
    bank: Mapped[str] = mapped_column(Text, default="")
    bank_en: Mapped[str] = mapped_column(Text, default="")
    zone: Mapped[str] = mapped_column(default="Asia/Tokyo")
    currency: Mapped[str] = mapped_column(Currency, default="JPY")
    amount_direction: Mapped[str] = mapped_column(default="half_up")
    tax_direction: Mapped[str] = mapped_column(default="down")
    prepayment_taxed_at: Mapped[str] = mapped_column(default="sale")
    due: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    fiscal_year_month: Mapped[int] = mapped_column(default=4)
    closed_on: Mapped[date | None] = mapped_column(Date)

    __table_args__ = (
        UniqueConstraint("name"),
        one_of("amount_direction", DIRECTIONS),
        one_of("tax_direction", DIRECTIONS),
        one_of("prepayment_taxed_at", ("sale", "use")),
        CheckConstraint("fiscal_year_month BETWEEN 1 AND 12", name="fiscal_year_month"),
        known_currency(),
    )


class NumberSeries(Desk):
    """The counter row of one issuer and kind of document; locked by whoever issues, so that no number is missing."""

    __tablename__ = "number_series"
    __why__ = "one series of numbers runs over all clients"

    issuer_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("issuer.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    pattern: Mapped[str]
    reset: Mapped[str] = mapped_column(default="none")
    year: Mapped[int] = mapped_column(default=0)
    value: Mapped[int] = mapped_column(BigInteger, default=0)
    place: Mapped[int] = mapped_column(BigInteger, default=0)
    last_on: Mapped[date | None] = mapped_column(Date)
    last_hash: Mapped[str] = mapped_column(default="")

    __table_args__ = (one_of("kind", DOCUMENT_KINDS), one_of("reset", ("none", "year", "fiscal_year")))


class SeriesLink(Desk):
    """The chain of a series: each link's hash covers its document's and the link before it."""

    __tablename__ = "series_link"
    __why__ = "one chain of documents runs over all clients"
    __append_only__ = True

    issuer_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("issuer.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    number: Mapped[str]
    issued_on: Mapped[date] = mapped_column(Date)
    tenant_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("tenant_key.id"))
    document_id: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    hash: Mapped[str]

    __table_args__ = (UniqueConstraint("issuer_id", "kind", "number"), one_of("kind", DOCUMENT_KINDS))


class TaxRate(Desk):
    """What a tax code means from a day of supply up to, not including, another (`billing.rules.tax.DatedTax`)."""

    __tablename__ = "tax_rate"
    __why__ = "tax is the law's, not a client's"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    country: Mapped[str]
    code: Mapped[str]
    category: Mapped[str]
    rate: Mapped[Decimal] = mapped_column(Percent)
    name: Mapped[str] = mapped_column(default="")
    site: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    since: Mapped[date] = mapped_column(Date)
    until: Mapped[date | None] = mapped_column(Date)

    __table_args__ = (
        UniqueConstraint("country", "code", "name", "site", "since"),
        CheckConstraint("rate >= 0", name="rate"),
        CheckConstraint("until > since", name="span"),
    )


class BillingAccount(Walled):
    """How one tenant is billed: by whom, to whom, when a period closes, how time is rounded.

    `einvoice` names the Peppol specification in which documents go out beside the PDF; empty: none. `sent_by` says
    whether they leave by mail, or nobody sends them from here.
    """

    __tablename__ = "billing_account"
    __staff_only__ = True

    issuer_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("issuer.id"))
    currency: Mapped[str] = mapped_column(Currency, default="JPY")
    closing_day: Mapped[int | None]
    due: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    language: Mapped[str] = mapped_column(default="ja")
    recipient: Mapped[str]
    honorific: Mapped[str] = mapped_column(default="company")
    attention: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(Text, default="")
    country: Mapped[str] = mapped_column(default="JP")
    tax_number: Mapped[str] = mapped_column(default="")
    einvoice: Mapped[str] = mapped_column(default="")
    endpoint: Mapped[str] = mapped_column(default="")
    endpoint_scheme: Mapped[str] = mapped_column(default="")
    buyer_reference: Mapped[str] = mapped_column(default="")
    emails: Mapped[list[str]] = mapped_column(JSONB, default=list)
    sent_by: Mapped[str] = mapped_column(default="mail")
    prices_include_tax: Mapped[bool] = mapped_column(default=False)
    tax_code: Mapped[str] = mapped_column(default="standard")
    time: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    po_number: Mapped[str] = mapped_column(default="")
    po_required: Mapped[bool] = mapped_column(default=False)
    notes: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (
        one_of("language", ("ja", "en")),
        one_of("honorific", ("company", "person", "none")),
        one_of("einvoice", ("", "bis3", "jp_pint")),
        one_of("sent_by", ("mail", "none")),
        CheckConstraint("closing_day BETWEEN 1 AND 31", name="closing_day"),
        known_currency(),
    )
