"""Timers, visits, what an agent passed over; entries taken out, and what is offered when time of a kind is kept"""

import sqlalchemy as sa
from alembic import op

from tenants.isolation import share, wall

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

WALLS = [
    *share("timer", ("staff", "system")),
    *share("passed_over", ("staff", "system")),
    *wall("visit"),
]
INSTANT = sa.DateTime(timezone=True)
OPEN = sa.text("ended_at IS NULL")
TRAVEL = sa.text("mode = 'travel' AND visit_id IS NOT NULL AND state <> 'dropped'")
CHECKS = {
    ("time_entry", "state"): (
        "'draft', 'submitted', 'approved', 'billed', 'rejected', 'written_off', 'non_billable'",
        ", 'dropped'",
    ),
    ("time_change", "verb"): (
        "'log', 'edit', 'submit', 'approve', 'reject', 'write_off', 'bill', 'release'",
        ", 'drop', 'merge', 'move'",
    ),
}


def upgrade() -> None:
    op.create_table(
        "timer",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("about_tenant", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("running_since", INSTANT, nullable=True),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("kept_at", INSTANT, nullable=True),
        sa.Column("warned_at", INSTANT, nullable=True),
        sa.CheckConstraint("seconds >= 0", name=op.f("ck_timer_seconds")),
        sa.CheckConstraint("ended_at IS NULL OR running_since IS NULL", name=op.f("ck_timer_ended")),
        sa.CheckConstraint("kept_at IS NULL OR ended_at IS NOT NULL", name=op.f("ck_timer_kept")),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_timer_agent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timer")),
    )
    op.create_index("uq_timer_open", "timer", ["agent_id"], unique=True, postgresql_where=OPEN)
    op.create_index("ix_timer_agent_id_started_at", "timer", ["agent_id", "started_at"], unique=False)
    op.create_table(
        "passed_over",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("begin", INSTANT, nullable=False),
        sa.Column("end", INSTANT, nullable=False),
        sa.CheckConstraint('"begin" < "end"', name=op.f("ck_passed_over_span")),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_passed_over_agent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passed_over")),
    )
    op.create_index("ix_passed_over_agent_id_begin", "passed_over", ["agent_id", "begin"], unique=False)
    op.create_table(
        "visit",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("contract_id", sa.BigInteger(), nullable=True),
        sa.Column("visited_at", INSTANT, nullable=False),
        sa.Column("km", sa.Numeric(14, 4), nullable=False),
        sa.Column("zone", sa.String(), nullable=True),
        sa.Column("key", sa.String(), nullable=True),
        sa.CheckConstraint("km >= 0", name=op.f("ck_visit_km")),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_visit_agent_id")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "site_id"], ["site.tenant_id", "site.id"], name=op.f("fk_visit_tenant_id_site_id")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contract_id"],
            ["contract.tenant_id", "contract.id"],
            name=op.f("fk_visit_tenant_id_contract_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_visit")),
        sa.UniqueConstraint("tenant_id", "key", name=op.f("uq_visit_tenant_id_key")),
    )
    op.create_index("ix_visit_tenant_id_visited_at", "visit", ["tenant_id", "visited_at"], unique=False)
    op.add_column("time_entry", sa.Column("visit_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_time_entry_tenant_id_visit_id"),
        "time_entry",
        "visit",
        ["tenant_id", "visit_id"],
        ["tenant_id", "id"],
    )
    op.create_index(
        "uq_time_entry_travel", "time_entry", ["tenant_id", "visit_id"], unique=True, postgresql_where=TRAVEL
    )
    for name in ("step", "minimum"):
        op.add_column("work_type", sa.Column(name, sa.Integer(), nullable=True))
        op.create_check_constraint(op.f(f"ck_work_type_{name}"), "work_type", f"{name} BETWEEN 0 AND 1440")
    for (table, column), (known, more) in CHECKS.items():
        _say_one_of(table, column, known + more)
    for statement in WALLS:
        op.execute(statement)


def downgrade() -> None:
    for (table, column), (known, _more) in CHECKS.items():
        _say_one_of(table, column, known)
    for name in ("step", "minimum"):
        op.drop_constraint(op.f(f"ck_work_type_{name}"), "work_type")
        op.drop_column("work_type", name)
    op.drop_index("uq_time_entry_travel", table_name="time_entry", postgresql_where=TRAVEL)
    op.drop_constraint(op.f("fk_time_entry_tenant_id_visit_id"), "time_entry")
    op.drop_column("time_entry", "visit_id")
    op.drop_table("visit")
    op.drop_table("passed_over")
    op.drop_table("timer")


def _say_one_of(table: str, column: str, values: str) -> None:
    op.drop_constraint(op.f(f"ck_{table}_{column}"), table)
    op.create_check_constraint(op.f(f"ck_{table}_{column}"), table, f"{column} IN ({values})")
