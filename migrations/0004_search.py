"""Search tokens, tags, links and drafts of tickets"""

import sqlalchemy as sa
from alembic import op

from tenants.isolation import wall

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

WALLS = [
    *wall("draft", staff_only=True),
    *wall("link"),
    *wall("note_token", staff_only=True),
    *wall("tag", staff_only=True),
    *wall("token"),
]


def upgrade() -> None:
    op.create_table(
        "draft",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("login_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('reply', 'note')", name=op.f("ck_draft_kind")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ticket_id"], ["ticket.tenant_id", "ticket.id"], name=op.f("fk_draft_tenant_id_ticket_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "ticket_id", "login_id", "kind", name=op.f("pk_draft")),
    )
    op.create_table(
        "link",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("other_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('related', 'caused_by', 'follows', 'merged_into')", name=op.f("ck_link_kind")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "other_id"], ["ticket.tenant_id", "ticket.id"], name=op.f("fk_link_tenant_id_other_id")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ticket_id"], ["ticket.tenant_id", "ticket.id"], name=op.f("fk_link_tenant_id_ticket_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "ticket_id", "other_id", "kind", name=op.f("pk_link")),
    )
    op.create_index("ix_link_tenant_id_other_id", "link", ["tenant_id", "other_id"], unique=False)
    op.create_table(
        "note_token",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("token", sa.String(collation="C"), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ticket_id"],
            ["ticket.tenant_id", "ticket.id"],
            name=op.f("fk_note_token_tenant_id_ticket_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "token", "ticket_id", name=op.f("pk_note_token")),
    )
    op.create_table(
        "tag",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ticket_id"], ["ticket.tenant_id", "ticket.id"], name=op.f("fk_tag_tenant_id_ticket_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "ticket_id", "name", name=op.f("pk_tag")),
    )
    op.create_index("ix_tag_tenant_id_name", "tag", ["tenant_id", "name"], unique=False)
    op.create_table(
        "token",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("token", sa.String(collation="C"), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ticket_id"], ["ticket.tenant_id", "ticket.id"], name=op.f("fk_token_tenant_id_ticket_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "token", "ticket_id", name=op.f("pk_token")),
    )
    for statement in WALLS:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("token")
    op.drop_index("ix_tag_tenant_id_name", table_name="tag")
    op.drop_table("tag")
    op.drop_table("note_token")
    op.drop_index("ix_link_tenant_id_other_id", table_name="link")
    op.drop_table("link")
    op.drop_table("draft")
