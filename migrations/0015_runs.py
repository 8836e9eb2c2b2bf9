"""Runs of month ends, sales beside recurring drafts, addresses of electronic invoices"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.isolation import share, wall

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

WALLS = [
    *share("run", ("staff", "system")),
    *wall("run_item", staff_only=True),
]
TEXTS = (
    ("issuer", "endpoint"),
    ("issuer", "endpoint_scheme"),
    ("billing_account", "country"),
    ("billing_account", "tax_number"),
    ("billing_account", "einvoice"),
    ("billing_account", "endpoint"),
    ("billing_account", "endpoint_scheme"),
    ("billing_account", "buyer_reference"),
)
SOURCE_KINDS = "source_kind IN ('time', 'fee', 'count', 'ticket', 'lot', 'draw', 'milestone', 'manual')"
PERIOD = ["tenant_id", "issuer_id", "kind", "period_start", "currency"]


def upgrade() -> None:
    op.create_table(
        "run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("issuer_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("drafts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_by_id", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('invoice', 'credit_note', 'sale', 'replacement')", name=op.f("ck_run_kind")),
        sa.CheckConstraint("state IN ('working', 'stopped', 'done')", name=op.f("ck_run_state")),
        sa.CheckConstraint("extract(day FROM month) = 1", name=op.f("ck_run_month")),
        sa.CheckConstraint("turn BETWEEN 0 AND jsonb_array_length(drafts)", name=op.f("ck_run_turn")),
        sa.CheckConstraint("(state = 'working') = (ended_at IS NULL)", name=op.f("ck_run_ended")),
        sa.ForeignKeyConstraint(["issuer_id"], ["issuer.id"], name=op.f("fk_run_issuer_id")),
        sa.ForeignKeyConstraint(["started_by_id"], ["agent.id"], name=op.f("fk_run_started_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
    )
    op.create_index(
        "uq_run_working",
        "run",
        ["issuer_id", "kind", "month"],
        unique=True,
        postgresql_where=sa.text("state = 'working'"),
    )
    op.create_table(
        "run_item",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("draft_id", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("payable", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=True),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('issued', 'failed')", name=op.f("ck_run_item_state")),
        sa.CheckConstraint("(state = 'issued') = (document_id IS NOT NULL)", name=op.f("ck_run_item_issued")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_run_item_run_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_run_item")),
        sa.UniqueConstraint("tenant_id", "run_id", name=op.f("uq_run_item_tenant_id_run_id")),
    )
    op.create_index("ix_run_item_run_id", "run_item", ["run_id", "place"], unique=False)
    op.drop_constraint("uq_document_draft_period", "document_draft", type_="unique")
    op.create_index(
        "uq_document_draft_period", "document_draft", PERIOD, unique=True, postgresql_where=sa.text("kind = 'invoice'")
    )
    op.add_column(
        "document_draft",
        sa.Column("moved", postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default="{}"),
    )
    op.alter_column("document_draft", "moved", server_default=None)
    op.add_column("manual_line", sa.Column("source_kind", sa.String(), nullable=True))
    op.add_column("manual_line", sa.Column("source_id", sa.BigInteger(), nullable=True))
    op.alter_column("manual_line", "by_id", nullable=True)
    op.create_check_constraint(op.f("ck_manual_line_source_kind"), "manual_line", SOURCE_KINDS)
    op.create_check_constraint(
        op.f("ck_manual_line_source"), "manual_line", "(source_kind IS NULL) = (source_id IS NULL)"
    )
    op.create_unique_constraint("uq_manual_line_source", "manual_line", ["tenant_id", "source_kind", "source_id"])
    op.create_index("ix_document_tenant_id_refers_to_id", "document", ["tenant_id", "refers_to_id"], unique=False)
    for table, column in TEXTS:
        beginning = "JP" if column == "country" else ""
        op.add_column(table, sa.Column(column, sa.String(), nullable=False, server_default=beginning))
        op.alter_column(table, column, server_default=None)
    op.create_check_constraint(
        op.f("ck_billing_account_einvoice"), "billing_account", "einvoice IN ('', 'bis3', 'jp_pint')"
    )
    for statement in WALLS:
        op.execute(statement)


def downgrade() -> None:
    op.drop_constraint(op.f("ck_billing_account_einvoice"), "billing_account", type_="check")
    for table, column in reversed(TEXTS):
        op.drop_column(table, column)
    op.drop_index("ix_document_tenant_id_refers_to_id", table_name="document")
    op.drop_constraint("uq_manual_line_source", "manual_line", type_="unique")
    op.drop_constraint(op.f("ck_manual_line_source"), "manual_line", type_="check")
    op.drop_constraint(op.f("ck_manual_line_source_kind"), "manual_line", type_="check")
    op.alter_column("manual_line", "by_id", nullable=False)
    op.drop_column("manual_line", "source_id")
    op.drop_column("manual_line", "source_kind")
    op.drop_column("document_draft", "moved")
    op.drop_index("uq_document_draft_period", table_name="document_draft")
    op.create_unique_constraint("uq_document_draft_period", "document_draft", PERIOD)
    op.drop_index("ix_run_item_run_id", table_name="run_item")
    op.drop_table("run_item")
    op.drop_index("uq_run_working", table_name="run")
    op.drop_table("run")
