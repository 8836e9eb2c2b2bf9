"""Outcomes of promises, reasons, disputes, closed months, proposed credits"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.isolation import wall

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

WALLS = [
    *wall("credit_proposal", staff_only=True),
    *wall("frozen_month", append_only=True),
    *wall("breach_reason"),
    *wall("cycle_outcome"),
    *wall("dispute"),
]


def upgrade() -> None:
    op.create_table(
        "credit_proposal",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("agreed", sa.Numeric(precision=7, scale=4), nullable=False),
        sa.Column("percent", sa.Numeric(precision=7, scale=4), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("draft_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("status IN ('proposed', 'accepted', 'declined')", name=op.f("ck_credit_proposal_status")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_credit_proposal")),
        sa.UniqueConstraint("tenant_id", "month", name=op.f("uq_credit_proposal_tenant_id_month")),
    )
    op.create_table(
        "frozen_month",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by", sa.String(), nullable=False),
        sa.Column("figures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_frozen_month")),
        sa.UniqueConstraint("tenant_id", "month", name=op.f("uq_frozen_month_tenant_id_month")),
    )
    op.create_table(
        "breach_reason",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("metric", sa.String(), nullable=False),
        sa.Column("cycle", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.CheckConstraint(
            "code IN ('volume', 'staffing', 'handover', 'wrong_priority', 'overlooked', 'vendor', 'parts', 'access', "
            "'outage', 'complex', 'other')",
            name=op.f("ck_breach_reason_code"),
        ),
        sa.CheckConstraint(
            "metric IN ('first_response', 'next_response', 'resolution')", name=op.f("ck_breach_reason_metric")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ticket_id"],
            ["ticket.tenant_id", "ticket.id"],
            name=op.f("fk_breach_reason_tenant_id_ticket_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "ticket_id", "metric", "cycle", name=op.f("pk_breach_reason")),
    )
    op.create_table(
        "cycle_outcome",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("metric", sa.String(), nullable=False),
        sa.Column("cycle", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("priority", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("breached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("target", sa.BigInteger(), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.Column("terms", sa.String(), nullable=False),
        sa.Column("calendar", sa.String(), nullable=False),
        sa.CheckConstraint(
            "metric IN ('first_response', 'next_response', 'resolution')", name=op.f("ck_cycle_outcome_metric")
        ),
        sa.CheckConstraint(
            "state IN ('running', 'paused', 'stopped', 'cancelled', 'not_applicable')",
            name=op.f("ck_cycle_outcome_state"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ticket_id"],
            ["ticket.tenant_id", "ticket.id"],
            name=op.f("fk_cycle_outcome_tenant_id_ticket_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "ticket_id", "metric", "cycle", name=op.f("pk_cycle_outcome")),
    )
    op.create_index("ix_cycle_outcome_decided", "cycle_outcome", ["tenant_id", "decided_at"], unique=False)
    op.create_index(
        "ix_cycle_outcome_open",
        "cycle_outcome",
        ["tenant_id", "started_at"],
        unique=False,
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.create_table(
        "dispute",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("metric", sa.String(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(), nullable=False),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(), nullable=False),
        sa.CheckConstraint(
            "metric IN ('first_response', 'next_response', 'resolution')", name=op.f("ck_dispute_metric")
        ),
        sa.CheckConstraint("side IN ('client', 'desk')", name=op.f("ck_dispute_side")),
        sa.CheckConstraint("status IN ('open', 'accepted', 'rejected', 'withdrawn')", name=op.f("ck_dispute_status")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ticket_id"], ["ticket.tenant_id", "ticket.id"], name=op.f("fk_dispute_tenant_id_ticket_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_dispute")),
    )
    op.create_index(
        "ix_dispute_open",
        "dispute",
        ["tenant_id", "deadline"],
        unique=False,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_index(
        "uq_dispute_live",
        "dispute",
        ["tenant_id", "ticket_id", "metric", "cycle"],
        unique=True,
        postgresql_where=sa.text("status IN ('open', 'accepted')"),
    )
    for statement in WALLS:
        op.execute(statement)


def downgrade() -> None:
    op.drop_index("uq_dispute_live", table_name="dispute", postgresql_where=sa.text("status IN ('open', 'accepted')"))
    op.drop_index("ix_dispute_open", table_name="dispute", postgresql_where=sa.text("status = 'open'"))
    op.drop_table("dispute")
    op.drop_index("ix_cycle_outcome_open", table_name="cycle_outcome", postgresql_where=sa.text("decided_at IS NULL"))
    op.drop_index("ix_cycle_outcome_decided", table_name="cycle_outcome")
    op.drop_table("cycle_outcome")
    op.drop_table("breach_reason")
    op.drop_table("frozen_month")
    op.drop_table("credit_proposal")
