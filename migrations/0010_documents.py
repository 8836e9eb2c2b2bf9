"""Issued documents, their lines, taxes and sources"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.isolation import wall

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

WALLS = [
    *wall("document", append_only=True),
    *wall("billed_ahead", staff_only=True, append_only=True),
    *wall("document_line", append_only=True),
    *wall("document_tax", append_only=True),
    *wall("rendering", append_only=True),
    *wall("document_source"),
]


def upgrade() -> None:
    op.create_table(
        "document",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("issuer_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("issued_by_id", sa.BigInteger(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=True),
        sa.Column("period_end", sa.Date(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("net", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.Column("tax", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.Column("gross", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.Column("payable", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("refers_to_id", sa.BigInteger(), nullable=True),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.CheckConstraint("kind IN ('invoice', 'credit_note', 'sale', 'replacement')", name=op.f("ck_document_kind")),
        sa.CheckConstraint("(period_start IS NULL) = (period_end IS NULL)", name=op.f("ck_document_both_ends")),
        sa.CheckConstraint(
            "greatest(scale(trim_scale(net)), scale(trim_scale(tax)), scale(trim_scale(gross)), "
            "scale(trim_scale(payable))) <= decimals_of(currency)",
            name=op.f("ck_document_scale"),
        ),
        sa.CheckConstraint("net + tax = gross", name=op.f("ck_document_sum")),
        sa.CheckConstraint("period_end > period_start", name=op.f("ck_document_period")),
        sa.ForeignKeyConstraint(["issuer_id"], ["issuer.id"], name=op.f("fk_document_issuer_id")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "refers_to_id"],
            ["document.tenant_id", "document.id"],
            name=op.f("fk_document_tenant_id_refers_to_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_document")),
        sa.UniqueConstraint("tenant_id", "issuer_id", "kind", "number", name="uq_document_number"),
        sa.UniqueConstraint("tenant_id", "issuer_id", "kind", "period_start", "currency", name="uq_document_period"),
    )
    op.create_index("ix_document_tenant_id_issued_on", "document", ["tenant_id", "issued_on", "id"], unique=False)
    op.create_index("ix_document_tenant_id_period_end", "document", ["tenant_id", "period_end"], unique=False)
    op.create_table(
        "billed_ahead",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("cycle_start", sa.Date(), nullable=False),
        sa.Column("cycle_end", sa.Date(), nullable=False),
        sa.Column("price", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=14, scale=4), nullable=False),
        sa.CheckConstraint("until > since AND cycle_end > cycle_start", name=op.f("ck_billed_ahead_spans")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "document_id"],
            ["document.tenant_id", "document.id"],
            name=op.f("fk_billed_ahead_tenant_id_document_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_billed_ahead")),
    )
    op.create_index("ix_billed_ahead_tenant_id_document_id", "billed_ahead", ["tenant_id", "document_id"], unique=False)
    op.create_index("ix_billed_ahead_tenant_id_until", "billed_ahead", ["tenant_id", "until"], unique=False)
    op.create_table(
        "document_line",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("item", sa.String(), nullable=True),
        sa.Column("work_type", sa.String(), nullable=True),
        sa.Column("band", sa.String(), nullable=True),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("quantity", sa.Numeric(precision=14, scale=4), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("base_quantity", sa.Numeric(precision=14, scale=4), nullable=False),
        sa.Column("price", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("charges", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("allowances", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.Column("taxes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("po_number", sa.String(), nullable=False),
        sa.Column("explain", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint(
            "greatest(scale(trim_scale(amount))) <= decimals_of(currency)", name=op.f("ck_document_line_scale")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "document_id"],
            ["document.tenant_id", "document.id"],
            name=op.f("fk_document_line_tenant_id_document_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_document_line")),
        sa.UniqueConstraint(
            "tenant_id", "document_id", "place", name=op.f("uq_document_line_tenant_id_document_id_place")
        ),
    )
    op.create_table(
        "document_tax",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("rate", sa.Numeric(precision=7, scale=4), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("base", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.CheckConstraint(
            "greatest(scale(trim_scale(base)), scale(trim_scale(amount))) <= decimals_of(currency)",
            name=op.f("ck_document_tax_scale"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "document_id"],
            ["document.tenant_id", "document.id"],
            name=op.f("fk_document_tax_tenant_id_document_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_document_tax")),
        sa.UniqueConstraint(
            "tenant_id",
            "document_id",
            "category",
            "rate",
            "name",
            name=op.f("uq_document_tax_tenant_id_document_id_category_rate_name"),
        ),
    )
    op.create_table(
        "rendering",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("made_with", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("format IN ('pdf', 'ubl')", name=op.f("ck_rendering_format")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "document_id"],
            ["document.tenant_id", "document.id"],
            name=op.f("fk_rendering_tenant_id_document_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_rendering")),
        sa.UniqueConstraint(
            "tenant_id", "document_id", "format", name=op.f("uq_rendering_tenant_id_document_id_format")
        ),
    )
    op.create_table(
        "document_source",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("worked", sa.Numeric(precision=14, scale=4), nullable=True),
        sa.Column("charged", sa.Numeric(precision=14, scale=4), nullable=True),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('time', 'fee', 'count', 'ticket', 'lot', 'draw', 'milestone', 'manual')",
            name=op.f("ck_document_source_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "document_id"],
            ["document.tenant_id", "document.id"],
            name=op.f("fk_document_source_tenant_id_document_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "line_id"],
            ["document_line.tenant_id", "document_line.id"],
            name=op.f("fk_document_source_tenant_id_line_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_document_source")),
    )
    op.create_index(
        "ix_document_source_tenant_id_document_id", "document_source", ["tenant_id", "document_id"], unique=False
    )
    op.create_index("ix_document_source_tenant_id_line_id", "document_source", ["tenant_id", "line_id"], unique=False)
    op.create_index(
        "uq_document_source_live",
        "document_source",
        ["tenant_id", "kind", "source_id", "part"],
        unique=True,
        postgresql_where=sa.text("live"),
    )
    for statement in WALLS:
        op.execute(statement)


def downgrade() -> None:
    op.drop_index("uq_document_source_live", table_name="document_source", postgresql_where=sa.text("live"))
    op.drop_index("ix_document_source_tenant_id_line_id", table_name="document_source")
    op.drop_index("ix_document_source_tenant_id_document_id", table_name="document_source")
    op.drop_table("document_source")
    op.drop_table("rendering")
    op.drop_table("document_tax")
    op.drop_table("document_line")
    op.drop_index("ix_billed_ahead_tenant_id_until", table_name="billed_ahead")
    op.drop_index("ix_billed_ahead_tenant_id_document_id", table_name="billed_ahead")
    op.drop_table("billed_ahead")
    op.drop_index("ix_document_tenant_id_period_end", table_name="document")
    op.drop_index("ix_document_tenant_id_issued_on", table_name="document")
    op.drop_table("document")
