"""Calendars, contracts, clocks and escalations"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.isolation import wall

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

WALLS = [
    *wall("calendar"),
    *wall("contract"),
    *wall("calendar_version"),
    *wall("contract_version"),
    *wall("clock"),
    *wall("escalation"),
]


def upgrade() -> None:
    op.create_table(
        "calendar",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_calendar")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_calendar_tenant_id_name")),
    )
    op.create_table(
        "contract",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("stamp", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_contract")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_contract_tenant_id_name")),
    )
    op.create_index(
        "uq_contract_default", "contract", ["tenant_id"], unique=True, postgresql_where=sa.text("is_default")
    )
    op.create_table(
        "calendar_version",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("calendar_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hours", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "calendar_id"],
            ["calendar.tenant_id", "calendar.id"],
            name=op.f("fk_calendar_version_tenant_id_calendar_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "calendar_id", "since", name=op.f("pk_calendar_version")),
    )
    op.create_table(
        "contract_version",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("contract_id", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("terms", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint(
            "mode IN ('carry', 'restart', 'improve', 'pinned', 'recount')", name=op.f("ck_contract_version_mode")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contract_id"],
            ["contract.tenant_id", "contract.id"],
            name=op.f("fk_contract_version_tenant_id_contract_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_contract_version")),
        sa.UniqueConstraint(
            "tenant_id", "contract_id", "since", name=op.f("uq_contract_version_tenant_id_contract_id_since")
        ),
    )
    op.create_table(
        "clock",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("metric", sa.String(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("target", sa.BigInteger(), nullable=True),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.Column("breached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("terms", sa.String(), nullable=False),
        sa.Column("calendar", sa.String(), nullable=False),
        sa.Column("folded", sa.Integer(), nullable=False),
        sa.CheckConstraint("metric IN ('first_response', 'next_response', 'resolution')", name=op.f("ck_clock_metric")),
        sa.CheckConstraint(
            "status IN ('running', 'paused', 'stopped', 'cancelled', 'none', 'not_applicable')",
            name=op.f("ck_clock_status"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ticket_id"], ["ticket.tenant_id", "ticket.id"], name=op.f("fk_clock_tenant_id_ticket_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "ticket_id", "metric", name=op.f("pk_clock")),
    )
    op.create_table(
        "escalation",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("metric", sa.String(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ticket_id"],
            ["ticket.tenant_id", "ticket.id"],
            name=op.f("fk_escalation_tenant_id_ticket_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_escalation")),
        sa.UniqueConstraint(
            "tenant_id",
            "ticket_id",
            "metric",
            "cycle",
            "step",
            name=op.f("uq_escalation_tenant_id_ticket_id_metric_cycle_step"),
        ),
    )
    for statement in WALLS:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("escalation")
    op.drop_table("clock")
    op.drop_table("contract_version")
    op.drop_table("calendar_version")
    op.drop_index("uq_contract_default", table_name="contract", postgresql_where=sa.text("is_default"))
    op.drop_table("contract")
    op.drop_table("calendar")
