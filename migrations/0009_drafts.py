"""Drafts of documents"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.isolation import wall

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

WALLS = [
    *wall("document_draft", staff_only=True),
    *wall("draft_line", staff_only=True),
    *wall("line_override", staff_only=True),
    *wall("manual_line", staff_only=True),
    *wall("draft_source", staff_only=True),
]


def upgrade() -> None:
    op.create_table(
        "document_draft",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("issuer_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("net", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.Column("tax", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.Column("gross", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.Column("payable", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.Column("figures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("flags", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("ahead", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("blocked", sa.Boolean(), nullable=False),
        sa.Column("calc_hash", sa.String(), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('invoice', 'credit_note', 'sale', 'replacement')", name=op.f("ck_document_draft_kind")
        ),
        sa.CheckConstraint(
            "greatest(scale(trim_scale(net)), scale(trim_scale(tax)), scale(trim_scale(gross)), "
            "scale(trim_scale(payable))) <= decimals_of(currency)",
            name=op.f("ck_document_draft_scale"),
        ),
        sa.CheckConstraint("period_end > period_start", name=op.f("ck_document_draft_period")),
        sa.ForeignKeyConstraint(["issuer_id"], ["issuer.id"], name=op.f("fk_document_draft_issuer_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_document_draft")),
        sa.UniqueConstraint(
            "tenant_id", "issuer_id", "kind", "period_start", "currency", name="uq_document_draft_period"
        ),
    )
    op.create_index(
        "ix_document_draft_tenant_id_period_end", "document_draft", ["tenant_id", "period_end"], unique=False
    )
    op.create_table(
        "draft_line",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("draft_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
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
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("explain", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("base_quantity > 0", name=op.f("ck_draft_line_base_quantity")),
        sa.CheckConstraint(
            "greatest(scale(trim_scale(amount))) <= decimals_of(currency)", name=op.f("ck_draft_line_scale")
        ),
        sa.CheckConstraint("until > since", name=op.f("ck_draft_line_span")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "draft_id"],
            ["document_draft.tenant_id", "document_draft.id"],
            name=op.f("fk_draft_line_tenant_id_draft_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_draft_line")),
        sa.UniqueConstraint("tenant_id", "draft_id", "place", name=op.f("uq_draft_line_tenant_id_draft_id_place")),
    )
    op.create_table(
        "line_override",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("draft_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=14, scale=4), nullable=True),
        sa.Column("price", sa.Numeric(precision=20, scale=6), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("seen_quantity", sa.Numeric(precision=14, scale=4), nullable=True),
        sa.Column("seen_price", sa.Numeric(precision=20, scale=6), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["agent.id"], name=op.f("fk_line_override_by_id")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "draft_id"],
            ["document_draft.tenant_id", "document_draft.id"],
            name=op.f("fk_line_override_tenant_id_draft_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "draft_id", "key", name=op.f("pk_line_override")),
    )
    op.create_table(
        "manual_line",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("draft_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=14, scale=4), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("price", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("tax_code", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["agent.id"], name=op.f("fk_manual_line_by_id")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "draft_id"],
            ["document_draft.tenant_id", "document_draft.id"],
            name=op.f("fk_manual_line_tenant_id_draft_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_manual_line")),
    )
    op.create_index("ix_manual_line_tenant_id_draft_id", "manual_line", ["tenant_id", "draft_id"], unique=False)
    op.create_table(
        "draft_source",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("draft_id", sa.BigInteger(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=True),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("worked", sa.Numeric(precision=14, scale=4), nullable=True),
        sa.Column("charged", sa.Numeric(precision=14, scale=4), nullable=True),
        sa.Column("rule", sa.String(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('time', 'fee', 'count', 'ticket', 'lot', 'draw', 'milestone', 'manual')",
            name=op.f("ck_draft_source_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "draft_id"],
            ["document_draft.tenant_id", "document_draft.id"],
            name=op.f("fk_draft_source_tenant_id_draft_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "line_id"],
            ["draft_line.tenant_id", "draft_line.id"],
            name=op.f("fk_draft_source_tenant_id_line_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "kind", "source_id", "part", name=op.f("pk_draft_source")),
    )
    op.create_index("ix_draft_source_tenant_id_draft_id", "draft_source", ["tenant_id", "draft_id"], unique=False)
    op.create_index("ix_draft_source_tenant_id_line_id", "draft_source", ["tenant_id", "line_id"], unique=False)
    for statement in WALLS:
        op.execute(statement)


def downgrade() -> None:
    op.drop_index("ix_draft_source_tenant_id_line_id", table_name="draft_source")
    op.drop_index("ix_draft_source_tenant_id_draft_id", table_name="draft_source")
    op.drop_table("draft_source")
    op.drop_index("ix_manual_line_tenant_id_draft_id", table_name="manual_line")
    op.drop_table("manual_line")
    op.drop_table("line_override")
    op.drop_table("draft_line")
    op.drop_index("ix_document_draft_tenant_id_period_end", table_name="document_draft")
    op.drop_table("document_draft")
