"""Tokens of programs, and the answers they are given again"""

import sqlalchemy as sa
from alembic import op

from tenants.isolation import share, wall

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

WALLS = [*share("api_token", ("gate", "system")), *wall("api_answer", staff_only=True)]


def upgrade() -> None:
    op.create_table(
        "api_token",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("login_id", sa.BigInteger(), nullable=False),
        sa.Column("bound_to", sa.BigInteger(), nullable=True),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["login_id"], ["login.id"], name=op.f("fk_api_token_login_id")),
        sa.ForeignKeyConstraint(["bound_to"], ["tenant_key.id"], name=op.f("fk_api_token_bound_to")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("prefix", name=op.f("uq_api_token_prefix")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    op.create_index("ix_api_token_login_id", "api_token", ["login_id"], unique=False)
    op.create_table(
        "api_answer",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("caller", sa.String(), nullable=False),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "caller", "route", "key", name=op.f("pk_api_answer")),
    )
    op.create_index("ix_api_answer_tenant_id_at", "api_answer", ["tenant_id", "at"], unique=False)
    for statement in WALLS:
        op.execute(statement)


def downgrade() -> None:
    op.drop_index("ix_api_answer_tenant_id_at", table_name="api_answer")
    op.drop_table("api_answer")
    op.drop_index("ix_api_token_login_id", table_name="api_token")
    op.drop_table("api_token")
