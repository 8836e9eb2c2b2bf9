"""Prepaid lots and where they stand, counts, milestones, chosen items, rates by role"""

import sqlalchemy as sa
from alembic import op

from tenants.isolation import wall

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

WALLS = [
    *wall("account_discount", staff_only=True),
    *wall("prepaid_standing"),
    *wall("ticket_tally", staff_only=True),
    *wall("count_tick", staff_only=True),
    *wall("lot", staff_only=True),
    *wall("milestone_reached", staff_only=True),
    *wall("unit_count", staff_only=True),
    *wall("counted_ticket", staff_only=True),
    *wall("ticket_item", staff_only=True),
]

ROLES = "role IN ('agent', 'lead', 'owner')"
CARDS = {
    "desk_rate": (("work_type", "currency", "since"), ("work_type", "role", "currency", "since")),
    "tenant_rate": (
        ("tenant_id", "work_type", "site_id", "currency", "since"),
        ("tenant_id", "work_type", "role", "site_id", "currency", "since"),
    ),
}


def upgrade() -> None:
    op.create_table(
        "account_discount",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("percent", sa.Numeric(precision=7, scale=4), nullable=True),
        sa.Column("amount", sa.Numeric(precision=20, scale=6), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.CheckConstraint("(percent IS NULL) <> (amount IS NULL)", name=op.f("ck_account_discount_one")),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_account_discount_amount")),
        sa.CheckConstraint("percent >= 0 AND percent <= 100", name=op.f("ck_account_discount_percent")),
        sa.CheckConstraint("until > since", name=op.f("ck_account_discount_span")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_account_discount")),
    )
    op.create_index("ix_account_discount_tenant_id_since", "account_discount", ["tenant_id", "since"], unique=False)
    op.create_table(
        "prepaid_standing",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("available", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("used", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("left", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("overage", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("unit IN ('minutes', 'money', 'tickets')", name=op.f("ck_prepaid_standing_unit")),
        sa.CheckConstraint("told IN (0, 75, 90, 100)", name=op.f("ck_prepaid_standing_told")),
        sa.PrimaryKeyConstraint("tenant_id", "item", name=op.f("pk_prepaid_standing")),
    )
    op.create_table(
        "ticket_tally",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("through", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_ticket_tally")),
    )
    op.create_table(
        "count_tick",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=14, scale=4), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["agent.id"], name=op.f("fk_count_tick_by_id")),
        sa.PrimaryKeyConstraint("tenant_id", "item", "period_start", name=op.f("pk_count_tick")),
    )
    op.create_table(
        "lot",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("units", sa.Numeric(precision=14, scale=4), nullable=False),
        sa.Column("price", sa.Numeric(precision=20, scale=6), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("taxed", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("covers_from", sa.Date(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_lot_currency")),
        sa.CheckConstraint("taxed IN ('sale', 'use')", name=op.f("ck_lot_taxed")),
        sa.CheckConstraint("covers_from <= since", name=op.f("ck_lot_covers_from")),
        sa.CheckConstraint("last_day >= since", name=op.f("ck_lot_span")),
        sa.CheckConstraint("price >= 0", name=op.f("ck_lot_price")),
        sa.CheckConstraint("units > 0", name=op.f("ck_lot_units")),
        sa.ForeignKeyConstraint(["by_id"], ["agent.id"], name=op.f("fk_lot_by_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_lot")),
    )
    op.create_index("ix_lot_tenant_id_item", "lot", ["tenant_id", "item", "since"], unique=False)
    op.create_table(
        "milestone_reached",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("reached_on", sa.Date(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["agent.id"], name=op.f("fk_milestone_reached_by_id")),
        sa.PrimaryKeyConstraint("tenant_id", "item", "step", name=op.f("pk_milestone_reached")),
    )
    op.create_table(
        "unit_count",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("product", sa.String(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("product ~ '^[a-z0-9][a-z0-9_-]*$'", name=op.f("ck_unit_count_product")),
        sa.CheckConstraint("source IN ('typed', 'file', 'program')", name=op.f("ck_unit_count_source")),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_unit_count_quantity")),
        sa.ForeignKeyConstraint(["by_id"], ["agent.id"], name=op.f("fk_unit_count_by_id")),
        sa.PrimaryKeyConstraint("tenant_id", "product", "on_date", name=op.f("pk_unit_count")),
    )
    op.create_table(
        "counted_ticket",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ticket_id"],
            ["ticket.tenant_id", "ticket.id"],
            name=op.f("fk_counted_ticket_tenant_id_ticket_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "ticket_id", name=op.f("pk_counted_ticket")),
    )
    op.create_index("ix_counted_ticket_tenant_id_closed_at", "counted_ticket", ["tenant_id", "closed_at"], unique=False)
    op.create_index("ix_counted_ticket_tenant_id_opened_at", "counted_ticket", ["tenant_id", "opened_at"], unique=False)
    op.create_table(
        "ticket_item",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["agent.id"], name=op.f("fk_ticket_item_by_id")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ticket_id"],
            ["ticket.tenant_id", "ticket.id"],
            name=op.f("fk_ticket_item_tenant_id_ticket_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "ticket_id", name=op.f("pk_ticket_item")),
    )
    _rates_by_role()
    for statement in WALLS:
        op.execute(statement)


def downgrade() -> None:
    _rates_without_roles()
    op.drop_table("ticket_item")
    op.drop_index("ix_counted_ticket_tenant_id_opened_at", table_name="counted_ticket")
    op.drop_index("ix_counted_ticket_tenant_id_closed_at", table_name="counted_ticket")
    op.drop_table("counted_ticket")
    op.drop_table("unit_count")
    op.drop_table("milestone_reached")
    op.drop_index("ix_lot_tenant_id_item", table_name="lot")
    op.drop_table("lot")
    op.drop_table("count_tick")
    op.drop_table("ticket_tally")
    op.drop_table("prepaid_standing")
    op.drop_index("ix_account_discount_tenant_id_since", table_name="account_discount")
    op.drop_table("account_discount")


def _rates_by_role() -> None:
    for table in CARDS:
        op.add_column(table, sa.Column("role", sa.String(), nullable=True))
        op.create_check_constraint(op.f(f"ck_{table}_role"), table, ROLES)
    for table, (before, after) in CARDS.items():
        op.drop_constraint(f"uq_{table}_{'_'.join(before)}", table)
        op.create_unique_constraint(
            f"uq_{table}_{'_'.join(after)}", table, list(after), postgresql_nulls_not_distinct=True
        )
    op.drop_constraint("pk_cost_rate", "cost_rate")
    op.add_column("cost_rate", sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False))
    op.create_primary_key("pk_cost_rate", "cost_rate", ["id"])
    op.alter_column("cost_rate", "agent_id", nullable=True)
    op.add_column("cost_rate", sa.Column("role", sa.String(), nullable=True))
    op.create_check_constraint(op.f("ck_cost_rate_role"), "cost_rate", ROLES)
    op.create_check_constraint(op.f("ck_cost_rate_whose"), "cost_rate", "(agent_id IS NULL) <> (role IS NULL)")
    op.create_unique_constraint(
        "uq_cost_rate_agent_id_role_since",
        "cost_rate",
        ["agent_id", "role", "since"],
        postgresql_nulls_not_distinct=True,
    )


def _rates_without_roles() -> None:
    op.drop_constraint("uq_cost_rate_agent_id_role_since", "cost_rate")
    op.drop_column("cost_rate", "role")
    op.alter_column("cost_rate", "agent_id", nullable=False)
    op.drop_constraint("pk_cost_rate", "cost_rate")
    op.drop_column("cost_rate", "id")
    op.create_primary_key("pk_cost_rate", "cost_rate", ["agent_id", "since"])
    for table, (before, after) in CARDS.items():
        op.drop_constraint(f"uq_{table}_{'_'.join(after)}", table)
        op.create_unique_constraint(
            f"uq_{table}_{'_'.join(before)}", table, list(before), postgresql_nulls_not_distinct=True
        )
        op.drop_column(table, "role")
