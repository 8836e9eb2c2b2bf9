"""Who is on call, who has a promise in hand, which programs hear of it"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.isolation import share, wall

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

WALLS = [
    *share("clock_process", ("staff", "system")),
    *share("roster", ("staff", "system")),
    *share("webhook", ("staff", "system")),
    *wall("webhook_delivery", staff_only=True),
    *share("roster_swap", ("staff", "system")),
    *wall("acknowledgement", staff_only=True),
    *wall("watcher", staff_only=True),
]


def upgrade() -> None:
    op.create_table(
        "clock_process",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("turns", sa.BigInteger(), nullable=False),
        sa.Column("folded", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_clock_process")),
    )
    op.create_table(
        "roster",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("hand_over_day", sa.Integer(), nullable=False),
        sa.Column("hand_over_time", sa.String(), nullable=False),
        sa.Column("shifts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("quiet", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("hand_over_day BETWEEN 0 AND 6", name=op.f("ck_roster_hand_over_day")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster")),
        sa.UniqueConstraint("name", name=op.f("uq_roster_name")),
    )
    op.create_table(
        "webhook",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("salt", sa.String(), nullable=False),
        sa.Column("events", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shut_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("webhook_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("delivery_id", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("again", sa.Integer(), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'taken', 'refused')", name=op.f("ck_webhook_delivery_state")),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_delivery_webhook_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint(
            "tenant_id", "webhook_id", "key", name=op.f("uq_webhook_delivery_tenant_id_webhook_id_key")
        ),
    )
    op.create_index("ix_webhook_delivery_webhook_id", "webhook_delivery", ["webhook_id", "made_at"], unique=False)
    op.create_table(
        "roster_swap",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("roster_id", sa.BigInteger(), nullable=False),
        sa.Column("login_id", sa.BigInteger(), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.CheckConstraint("begins_at < ends_at", name=op.f("ck_roster_swap_length")),
        sa.ForeignKeyConstraint(["login_id"], ["agent.id"], name=op.f("fk_roster_swap_login_id")),
        sa.ForeignKeyConstraint(["roster_id"], ["roster.id"], name=op.f("fk_roster_swap_roster_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_swap")),
    )
    op.create_index("ix_roster_swap_roster_id_ends_at", "roster_swap", ["roster_id", "ends_at"], unique=False)
    op.create_table(
        "acknowledgement",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("metric", sa.String(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ticket_id"],
            ["ticket.tenant_id", "ticket.id"],
            name=op.f("fk_acknowledgement_tenant_id_ticket_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "ticket_id", "metric", "cycle", name=op.f("pk_acknowledgement")),
    )
    op.create_table(
        "watcher",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("login_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ticket_id"],
            ["ticket.tenant_id", "ticket.id"],
            name=op.f("fk_watcher_tenant_id_ticket_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "ticket_id", "login_id", name=op.f("pk_watcher")),
    )
    op.add_column("escalation", sa.Column("terms", sa.String(), server_default="", nullable=False))
    op.add_column("escalation", sa.Column("calendar", sa.String(), server_default="", nullable=False))
    op.create_index("ix_escalation_noticed_at", "escalation", ["noticed_at"], unique=False)
    for statement in WALLS:
        op.execute(statement)


def downgrade() -> None:
    op.drop_index("ix_escalation_noticed_at", table_name="escalation")
    op.drop_column("escalation", "calendar")
    op.drop_column("escalation", "terms")
    op.drop_table("watcher")
    op.drop_table("acknowledgement")
    op.drop_index("ix_roster_swap_roster_id_ends_at", table_name="roster_swap")
    op.drop_table("roster_swap")
    op.drop_index("ix_webhook_delivery_webhook_id", table_name="webhook_delivery")
    op.drop_table("webhook_delivery")
    op.drop_table("webhook")
    op.drop_table("roster")
    op.drop_table("clock_process")
