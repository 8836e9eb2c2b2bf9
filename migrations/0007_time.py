"""Work types, rates, contract items and time entries"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.isolation import share, wall

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

WALLS = [
    *share("work_type", ("staff", "system")),
    *share("desk_rate", ("staff", "system")),
    *wall("tenant_rate", staff_only=True),
    *wall("tenant_work_type", staff_only=True),
    *wall("contract_item", staff_only=True),
    *wall("contract_time", staff_only=True),
    *share("cost_rate", ("staff", "system")),
    *wall("time_entry"),
    *wall("time_change", staff_only=True, append_only=True),
    *wall("time_note", staff_only=True),
    *wall("write_off", staff_only=True, append_only=True),
]


def upgrade() -> None:
    op.create_table(
        "work_type",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name_ja", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("billable", sa.Boolean(), nullable=False),
        sa.Column("multiplier", sa.Numeric(precision=7, scale=4), nullable=True),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.CheckConstraint("mode IN ('remote', 'on_site', 'travel')", name=op.f("ck_work_type_mode")),
        sa.CheckConstraint("multiplier >= 0", name=op.f("ck_work_type_multiplier")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_work_type")),
    )
    op.create_table(
        "desk_rate",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("work_type", sa.String(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("price", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_desk_rate_currency")),
        sa.CheckConstraint("price >= 0", name=op.f("ck_desk_rate_price")),
        sa.ForeignKeyConstraint(["work_type"], ["work_type.code"], name=op.f("fk_desk_rate_work_type")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_rate")),
        sa.UniqueConstraint(
            "work_type",
            "currency",
            "since",
            name=op.f("uq_desk_rate_work_type_currency_since"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "tenant_rate",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("work_type", sa.String(), nullable=True),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("price", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_tenant_rate_currency")),
        sa.CheckConstraint("price >= 0", name=op.f("ck_tenant_rate_price")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "site_id"], ["site.tenant_id", "site.id"], name=op.f("fk_tenant_rate_tenant_id_site_id")
        ),
        sa.ForeignKeyConstraint(["work_type"], ["work_type.code"], name=op.f("fk_tenant_rate_work_type")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_tenant_rate")),
        sa.UniqueConstraint(
            "tenant_id",
            "work_type",
            "site_id",
            "currency",
            "since",
            name=op.f("uq_tenant_rate_tenant_id_work_type_site_id_currency_since"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "tenant_work_type",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name_ja", sa.String(), nullable=True),
        sa.Column("name_en", sa.String(), nullable=True),
        sa.Column("billable", sa.Boolean(), nullable=True),
        sa.Column("multiplier", sa.Numeric(precision=7, scale=4), nullable=True),
        sa.CheckConstraint("multiplier >= 0", name=op.f("ck_tenant_work_type_multiplier")),
        sa.ForeignKeyConstraint(["code"], ["work_type.code"], name=op.f("fk_tenant_work_type_code")),
        sa.PrimaryKeyConstraint("tenant_id", "code", name=op.f("pk_tenant_work_type")),
    )
    op.create_table(
        "contract_item",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("terms", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("options", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("key ~ '^[a-z0-9][a-z0-9_-]*$'", name=op.f("ck_contract_item_key")),
        sa.CheckConstraint(
            "kind IN ('tm', 'fixed', 'pool', 'block', 'retainer', 'per_unit', 'per_ticket', 'milestone')",
            name=op.f("ck_contract_item_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "version_id"],
            ["contract_version.tenant_id", "contract_version.id"],
            name=op.f("fk_contract_item_tenant_id_version_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_contract_item")),
        sa.UniqueConstraint("tenant_id", "version_id", "key", name=op.f("uq_contract_item_tenant_id_version_id_key")),
    )
    op.create_table(
        "contract_time",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("terms", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "version_id"],
            ["contract_version.tenant_id", "contract_version.id"],
            name=op.f("fk_contract_time_tenant_id_version_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "version_id", name=op.f("pk_contract_time")),
    )
    op.create_table(
        "cost_rate",
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("price", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_cost_rate_currency")),
        sa.CheckConstraint("price >= 0", name=op.f("ck_cost_rate_price")),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_cost_rate_agent_id")),
        sa.PrimaryKeyConstraint("agent_id", "since", name=op.f("pk_cost_rate")),
    )
    op.create_table(
        "time_entry",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_name", sa.String(), nullable=False),
        sa.Column("work_type", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("contract_id", sa.BigInteger(), nullable=True),
        sa.Column("item_key", sa.String(), nullable=True),
        sa.Column("worked_on", sa.Date(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("raw_seconds", sa.BigInteger(), nullable=False),
        sa.Column("billable_seconds", sa.BigInteger(), nullable=False),
        sa.Column("charged_seconds", sa.BigInteger(), nullable=True),
        sa.Column("rule", sa.String(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("mode IN ('remote', 'on_site', 'travel')", name=op.f("ck_time_entry_mode")),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'approved', 'billed', 'rejected', 'written_off', 'non_billable')",
            name=op.f("ck_time_entry_state"),
        ),
        sa.CheckConstraint("ended_at >= started_at", name=op.f("ck_time_entry_span")),
        sa.CheckConstraint("ended_at IS NULL OR started_at IS NOT NULL", name=op.f("ck_time_entry_begun")),
        sa.CheckConstraint("raw_seconds >= 0 AND billable_seconds >= 0", name=op.f("ck_time_entry_seconds")),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_time_entry_agent_id")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contract_id"],
            ["contract.tenant_id", "contract.id"],
            name=op.f("fk_time_entry_tenant_id_contract_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "site_id"], ["site.tenant_id", "site.id"], name=op.f("fk_time_entry_tenant_id_site_id")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ticket_id"],
            ["ticket.tenant_id", "ticket.id"],
            name=op.f("fk_time_entry_tenant_id_ticket_id"),
        ),
        sa.ForeignKeyConstraint(["work_type"], ["work_type.code"], name=op.f("fk_time_entry_work_type")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_time_entry")),
        sa.UniqueConstraint("tenant_id", "key", name=op.f("uq_time_entry_tenant_id_key")),
    )
    op.create_index(
        "ix_time_entry_tenant_id_agent_id", "time_entry", ["tenant_id", "agent_id", "worked_on"], unique=False
    )
    op.create_index("ix_time_entry_tenant_id_state", "time_entry", ["tenant_id", "state", "worked_on"], unique=False)
    op.create_index(
        "ix_time_entry_tenant_id_ticket_id", "time_entry", ["tenant_id", "ticket_id", "worked_on", "id"], unique=False
    )
    op.create_table(
        "time_change",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("verb", sa.String(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint(
            "verb IN ('log', 'edit', 'submit', 'approve', 'reject', 'write_off', 'bill', 'release')",
            name=op.f("ck_time_change_verb"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "entry_id"],
            ["time_entry.tenant_id", "time_entry.id"],
            name=op.f("fk_time_change_tenant_id_entry_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_time_change")),
    )
    op.create_index("ix_time_change_tenant_id_entry_id", "time_change", ["tenant_id", "entry_id", "id"], unique=False)
    op.create_table(
        "time_note",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "entry_id"],
            ["time_entry.tenant_id", "time_entry.id"],
            name=op.f("fk_time_note_tenant_id_entry_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "entry_id", name=op.f("pk_time_note")),
    )
    op.create_table(
        "write_off",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("seconds > 0", name=op.f("ck_write_off_seconds")),
        sa.ForeignKeyConstraint(["by_id"], ["agent.id"], name=op.f("fk_write_off_by_id")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "entry_id"],
            ["time_entry.tenant_id", "time_entry.id"],
            name=op.f("fk_write_off_tenant_id_entry_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_write_off")),
    )
    op.create_index("ix_write_off_tenant_id_entry_id", "write_off", ["tenant_id", "entry_id"], unique=False)
    for statement in WALLS:
        op.execute(statement)


def downgrade() -> None:
    op.drop_index("ix_write_off_tenant_id_entry_id", table_name="write_off")
    op.drop_table("write_off")
    op.drop_table("time_note")
    op.drop_index("ix_time_change_tenant_id_entry_id", table_name="time_change")
    op.drop_table("time_change")
    op.drop_index("ix_time_entry_tenant_id_ticket_id", table_name="time_entry")
    op.drop_index("ix_time_entry_tenant_id_state", table_name="time_entry")
    op.drop_index("ix_time_entry_tenant_id_agent_id", table_name="time_entry")
    op.drop_table("time_entry")
    op.drop_table("cost_rate")
    op.drop_table("contract_time")
    op.drop_table("contract_item")
    op.drop_table("tenant_work_type")
    op.drop_table("tenant_rate")
    op.drop_table("desk_rate")
    op.drop_table("work_type")
