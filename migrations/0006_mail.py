"""Raw mail in, mail and notices out"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.isolation import share, wall

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

WALLS = [
    *wall("mail"),
    *share("notice", ("staff", "system"), about="about_tenant"),
    *wall("raw_mail", staff_only=True),
    *wall("thread", staff_only=True),
]


def upgrade() -> None:
    op.create_table(
        "mail",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("mail_id", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("cc", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("reply_to", sa.String(), nullable=True),
        sa.Column("references", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("attachments", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("automatic", sa.String(), nullable=True),
        sa.Column("purpose", sa.String(), nullable=True),
        sa.Column("login_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("again", sa.Integer(), nullable=False),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.CheckConstraint("automatic IN ('auto-replied', 'auto-generated')", name=op.f("ck_mail_automatic")),
        sa.CheckConstraint("purpose IN ('invite', 'reset')", name=op.f("ck_mail_purpose")),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'refused', 'failed')", name=op.f("ck_mail_state")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_mail")),
        sa.UniqueConstraint("tenant_id", "key", name=op.f("uq_mail_tenant_id_key")),
        sa.UniqueConstraint("tenant_id", "mail_id", name=op.f("uq_mail_tenant_id_mail_id")),
    )
    op.create_index(
        "ix_mail_automatic",
        "mail",
        ["tenant_id", "made_at"],
        unique=False,
        postgresql_where=sa.text("automatic IS NOT NULL"),
    )
    op.create_index("ix_mail_tenant_id_state", "mail", ["tenant_id", "state", "made_at"], unique=False)
    op.create_index("ix_mail_tenant_id_ticket_id", "mail", ["tenant_id", "ticket_id"], unique=False)
    op.create_table(
        "notice",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("login_id", sa.BigInteger(), nullable=False),
        sa.Column("about_tenant", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("login_id", "key", name=op.f("uq_notice_login_id_key")),
    )
    op.create_index("ix_notice_login_id_at", "notice", ["login_id", "at"], unique=False)
    op.create_index(
        "ix_notice_unseen", "notice", ["login_id"], unique=False, postgresql_where=sa.text("seen_at IS NULL")
    )
    op.create_table(
        "raw_mail",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("door", sa.String(), nullable=False),
        sa.Column("envelope_from", sa.String(), nullable=True),
        sa.Column("envelope_to", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("body_digest", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("sender_name", sa.String(), nullable=False),
        sa.Column("proof", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("preview", sa.Text(), nullable=False),
        sa.Column("hints", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("placing", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("moved_to", sa.BigInteger(), nullable=True),
        sa.Column("came_from", sa.BigInteger(), nullable=True),
        sa.Column("ticket_id", sa.BigInteger(), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("proof IN ('proven', 'refuted', 'unknown')", name=op.f("ck_raw_mail_proof")),
        sa.CheckConstraint(
            "state IN ('kept', 'handed_on', 'ticketed', 'triage', 'dropped')", name=op.f("ck_raw_mail_state")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_raw_mail")),
        sa.UniqueConstraint(
            "tenant_id", "digest", "envelope_to", name=op.f("uq_raw_mail_tenant_id_digest_envelope_to")
        ),
    )
    op.create_index("ix_raw_mail_tenant_id_message_id", "raw_mail", ["tenant_id", "message_id"], unique=False)
    op.create_index("ix_raw_mail_tenant_id_sender", "raw_mail", ["tenant_id", "sender", "received_at"], unique=False)
    op.create_index(
        "ix_raw_mail_triage",
        "raw_mail",
        ["tenant_id", "received_at"],
        unique=False,
        postgresql_where=sa.text("state = 'triage'"),
    )
    op.create_table(
        "thread",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mail_id", sa.String(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ticket_id"], ["ticket.tenant_id", "ticket.id"], name=op.f("fk_thread_tenant_id_ticket_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "mail_id", name=op.f("pk_thread")),
    )
    op.create_index("ix_thread_tenant_id_ticket_id", "thread", ["tenant_id", "ticket_id"], unique=False)
    for statement in WALLS:
        op.execute(statement)


def downgrade() -> None:
    op.drop_index("ix_thread_tenant_id_ticket_id", table_name="thread")
    op.drop_table("thread")
    op.drop_index("ix_raw_mail_triage", table_name="raw_mail", postgresql_where=sa.text("state = 'triage'"))
    op.drop_index("ix_raw_mail_tenant_id_sender", table_name="raw_mail")
    op.drop_index("ix_raw_mail_tenant_id_message_id", table_name="raw_mail")
    op.drop_table("raw_mail")
    op.drop_index("ix_notice_unseen", table_name="notice", postgresql_where=sa.text("seen_at IS NULL"))
    op.drop_index("ix_notice_login_id_at", table_name="notice")
    op.drop_table("notice")
    op.drop_index("ix_mail_tenant_id_ticket_id", table_name="mail")
    op.drop_index("ix_mail_tenant_id_state", table_name="mail")
    op.drop_index("ix_mail_automatic", table_name="mail", postgresql_where=sa.text("automatic IS NOT NULL"))
    op.drop_table("mail")
