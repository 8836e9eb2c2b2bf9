"""Audit, access log, work, calendars and contracts"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.isolation import wall

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

WALLS = [
    *wall("access_log", append_only=True),
    *wall("audit", append_only=True),
    *wall("schedule_run"),
    *wall("work"),
    *wall("audit_detail"),
    *wall("audit_link", append_only=True),
]


def upgrade() -> None:
    op.create_table(
        "access_log",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("login_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "hour", "login_id", "subject", name=op.f("pk_access_log")),
    )
    op.create_table(
        "audit",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("login_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("verb", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("detail_hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_at", "audit", ["at"], unique=False)
    op.create_index("ix_audit_tenant_id_at", "audit", ["tenant_id", "at"], unique=False)
    op.create_table(
        "schedule_run",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("schedule", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "schedule", "due_at", name=op.f("pk_schedule_run")),
    )
    op.create_table(
        "work",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("ids", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("available_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("parked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_work")),
        sa.UniqueConstraint("tenant_id", "kind", "key", name=op.f("uq_work_tenant_id_kind_key")),
    )
    op.create_index(
        "ix_work_done", "work", ["tenant_id", "done_at"], unique=False, postgresql_where=sa.text("done_at IS NOT NULL")
    )
    op.create_index(
        "ix_work_due",
        "work",
        ["available_at", "tenant_id", "id"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL AND parked_at IS NULL"),
    )
    op.create_index(
        "ix_work_parked",
        "work",
        ["tenant_id", "parked_at"],
        unique=False,
        postgresql_where=sa.text("parked_at IS NOT NULL"),
    )
    op.create_table(
        "audit_detail",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("audit_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("salt", sa.String(), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "audit_id"], ["audit.tenant_id", "audit.id"], name=op.f("fk_audit_detail_tenant_id_audit_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "audit_id", name=op.f("pk_audit_detail")),
    )
    op.create_table(
        "audit_link",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("place", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("audit_id", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "audit_id"], ["audit.tenant_id", "audit.id"], name=op.f("fk_audit_link_tenant_id_audit_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "place", name=op.f("pk_audit_link")),
    )
    op.create_index("uq_audit_link_tenant_id_audit_id", "audit_link", ["tenant_id", "audit_id"], unique=True)
    for statement in WALLS:
        op.execute(statement)


def downgrade() -> None:
    op.drop_index("uq_audit_link_tenant_id_audit_id", table_name="audit_link")
    op.drop_table("audit_link")
    op.drop_table("audit_detail")
    op.drop_index("ix_work_parked", table_name="work", postgresql_where=sa.text("parked_at IS NOT NULL"))
    op.drop_index("ix_work_due", table_name="work", postgresql_where=sa.text("done_at IS NULL AND parked_at IS NULL"))
    op.drop_index("ix_work_done", table_name="work", postgresql_where=sa.text("done_at IS NOT NULL"))
    op.drop_table("work")
    op.drop_table("schedule_run")
    op.drop_index("ix_audit_at", table_name="audit")
    op.drop_index("ix_audit_tenant_id_at", table_name="audit")
    op.drop_table("audit")
    op.drop_table("access_log")
