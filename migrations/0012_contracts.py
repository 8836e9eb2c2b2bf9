"""Restated calendars, withdrawn versions, surge packs, changes carried to the tickets, replayed months"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.isolation import wall

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

WALLS = [*wall("surge_pack"), *wall("remeasuring"), *wall("replay", staff_only=True)]
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("calendar_version", sa.Column("revision", sa.Integer(), nullable=False, server_default="1"))
    op.alter_column("calendar_version", "revision", server_default=None)
    op.drop_constraint("pk_calendar_version", "calendar_version")
    op.create_primary_key("pk_calendar_version", "calendar_version", ["tenant_id", "calendar_id", "since", "revision"])
    _sign("calendar_version", "by_name", "reason")
    op.drop_constraint("uq_contract_version_tenant_id_contract_id_since", "contract_version")
    _sign("contract_version", "by_name", "withdrawn_by")
    op.add_column("contract_version", sa.Column("withdrawn_at", INSTANT, nullable=True))
    op.create_index(
        "uq_contract_version_since",
        "contract_version",
        ["tenant_id", "contract_id", "since"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_table(
        "surge_pack",
        *_keys("surge_pack"),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("terms", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("price", sa.Numeric(18, 6), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("item_key", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("proposed_at", INSTANT, nullable=False),
        sa.Column("proposed_by", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("ended_by", sa.String(), nullable=False),
        sa.CheckConstraint(
            "status IN ('proposed', 'approved', 'declined', 'withdrawn')", name=op.f("ck_surge_pack_status")
        ),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_surge_pack_ends_later")),
        sa.CheckConstraint("price >= 0", name=op.f("ck_surge_pack_price")),
    )
    op.create_table(
        "remeasuring",
        *_keys("remeasuring"),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("restates", sa.Boolean(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("batches", sa.Integer(), nullable=False),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "cause IN ('version', 'calendar', 'pack', 'restatement')", name=op.f("ck_remeasuring_cause")
        ),
    )
    op.create_table(
        "replay",
        *_keys("replay", of_a_contract=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("months", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("terms", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("calendars", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("sums", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("finished_at", INSTANT, nullable=True),
    )
    for statement in WALLS:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("replay")
    op.drop_table("remeasuring")
    op.drop_table("surge_pack")
    op.drop_index(
        "uq_contract_version_since", table_name="contract_version", postgresql_where=sa.text("withdrawn_at IS NULL")
    )
    for column in ("withdrawn_at", "withdrawn_by", "by_name", "made_at"):
        op.drop_column("contract_version", column)
    op.create_unique_constraint(
        "uq_contract_version_tenant_id_contract_id_since", "contract_version", ["tenant_id", "contract_id", "since"]
    )
    op.drop_constraint("pk_calendar_version", "calendar_version")
    for column in ("reason", "by_name", "made_at", "revision"):
        op.drop_column("calendar_version", column)
    op.create_primary_key("pk_calendar_version", "calendar_version", ["tenant_id", "calendar_id", "since"])


def _sign(table: str, *texts: str) -> None:
    """Who made a row, when, and what he wrote with it; rows that stand already say nothing."""
    op.add_column(table, sa.Column("made_at", INSTANT, nullable=True))
    for name in texts:
        op.add_column(table, sa.Column(name, sa.String(), nullable=False, server_default=""))
        op.alter_column(table, name, server_default=None)


def _keys(table: str, of_a_contract: bool = True) -> tuple[sa.schema.SchemaItem, ...]:
    """An id within the tenant, and the contract it is about."""
    return (
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("contract_id", sa.BigInteger(), nullable=not of_a_contract),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contract_id"],
            ["contract.tenant_id", "contract.id"],
            name=op.f(f"fk_{table}_tenant_id_contract_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f(f"pk_{table}")),
    )
