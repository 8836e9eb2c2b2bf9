"""Issuers, series, tax rates and how tenants are billed"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.isolation import share, wall

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

WALLS = [
    *share("issuer", ("staff", "system")),
    *share("tax_rate", ("staff", "system")),
    *wall("billing_account", staff_only=True),
    *share("number_series", ("staff", "system")),
    *share("series_link", ("staff", "system"), append_only=True),
]

DECIMALS = """
CREATE FUNCTION decimals_of(currency text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT CASE
    WHEN currency IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV',
                      'XAF', 'XOF', 'XPF') THEN 0
    WHEN currency IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN 3
    ELSE 2
END
$$
"""


def upgrade() -> None:
    op.execute(DECIMALS)
    op.create_table(
        "issuer",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("address_en", sa.Text(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("registration_number", sa.String(), nullable=False),
        sa.Column("registered_on", sa.Date(), nullable=True),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("bank_en", sa.Text(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_direction", sa.String(), nullable=False),
        sa.Column("tax_direction", sa.String(), nullable=False),
        sa.Column("prepayment_taxed_at", sa.String(), nullable=False),
        sa.Column("due", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("fiscal_year_month", sa.Integer(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.CheckConstraint("amount_direction IN ('half_up', 'down', 'up')", name=op.f("ck_issuer_amount_direction")),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_issuer_currency")),
        sa.CheckConstraint("prepayment_taxed_at IN ('sale', 'use')", name=op.f("ck_issuer_prepayment_taxed_at")),
        sa.CheckConstraint("tax_direction IN ('half_up', 'down', 'up')", name=op.f("ck_issuer_tax_direction")),
        sa.CheckConstraint("fiscal_year_month BETWEEN 1 AND 12", name=op.f("ck_issuer_fiscal_year_month")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issuer")),
        sa.UniqueConstraint("name", name=op.f("uq_issuer_name")),
    )
    op.create_table(
        "tax_rate",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("rate", sa.Numeric(precision=7, scale=4), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.CheckConstraint("rate >= 0", name=op.f("ck_tax_rate_rate")),
        sa.CheckConstraint("until > since", name=op.f("ck_tax_rate_span")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_rate")),
        sa.UniqueConstraint(
            "country", "code", "name", "site", "since", name=op.f("uq_tax_rate_country_code_name_site_since")
        ),
    )
    op.create_table(
        "billing_account",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("issuer_id", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("closing_day", sa.Integer(), nullable=True),
        sa.Column("due", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("honorific", sa.String(), nullable=False),
        sa.Column("attention", sa.String(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("emails", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("prices_include_tax", sa.Boolean(), nullable=False),
        sa.Column("tax_code", sa.String(), nullable=False),
        sa.Column("time", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("po_number", sa.String(), nullable=False),
        sa.Column("po_required", sa.Boolean(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_billing_account_currency")),
        sa.CheckConstraint("honorific IN ('company', 'person', 'none')", name=op.f("ck_billing_account_honorific")),
        sa.CheckConstraint("language IN ('ja', 'en')", name=op.f("ck_billing_account_language")),
        sa.CheckConstraint("closing_day BETWEEN 1 AND 31", name=op.f("ck_billing_account_closing_day")),
        sa.ForeignKeyConstraint(["issuer_id"], ["issuer.id"], name=op.f("fk_billing_account_issuer_id")),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_billing_account")),
    )
    op.create_table(
        "number_series",
        sa.Column("issuer_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("pattern", sa.String(), nullable=False),
        sa.Column("reset", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.Column("last_hash", sa.String(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('invoice', 'credit_note', 'sale', 'replacement')", name=op.f("ck_number_series_kind")
        ),
        sa.CheckConstraint("reset IN ('none', 'year', 'fiscal_year')", name=op.f("ck_number_series_reset")),
        sa.ForeignKeyConstraint(["issuer_id"], ["issuer.id"], name=op.f("fk_number_series_issuer_id")),
        sa.PrimaryKeyConstraint("issuer_id", "kind", name=op.f("pk_number_series")),
    )
    op.create_table(
        "series_link",
        sa.Column("issuer_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("place", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('invoice', 'credit_note', 'sale', 'replacement')", name=op.f("ck_series_link_kind")
        ),
        sa.ForeignKeyConstraint(["issuer_id"], ["issuer.id"], name=op.f("fk_series_link_issuer_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant_key.id"], name=op.f("fk_series_link_tenant_id")),
        sa.PrimaryKeyConstraint("issuer_id", "kind", "place", name=op.f("pk_series_link")),
        sa.UniqueConstraint("issuer_id", "kind", "number", name=op.f("uq_series_link_issuer_id_kind_number")),
    )
    for statement in WALLS:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("series_link")
    op.drop_table("number_series")
    op.drop_table("billing_account")
    op.drop_table("tax_rate")
    op.drop_table("issuer")
    op.execute("DROP FUNCTION decimals_of(text)")
