"""Tickets, their events and words"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.isolation import share, wall

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

WALLS = [
    *share("category", ("staff", "system")),
    *wall("ticket"),
    *wall("event", append_only=True),
    *wall("message"),
    *wall("note", staff_only=True),
    *wall("participant"),
    *wall("attachment"),
    *wall("note_attachment", staff_only=True),
]


def upgrade() -> None:
    op.create_table(
        "category",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("parent", sa.String(), nullable=True),
        sa.Column("name_ja", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_category")),
    )
    op.create_table(
        "ticket",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=True),
        sa.Column("impact", sa.String(), nullable=False),
        sa.Column("urgency", sa.String(), nullable=False),
        sa.Column("priority", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("tier", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("requester", sa.String(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolution", sa.String(), nullable=False),
        sa.Column("follow_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_metric", sa.String(), nullable=True),
        sa.Column("due_target", sa.BigInteger(), nullable=True),
        sa.Column("due_calendar", sa.String(), nullable=True),
        sa.Column("clock", sa.String(), nullable=False),
        sa.Column("next_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("breached", sa.Boolean(), nullable=False),
        sa.Column("last_message_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("channel IN ('mail', 'phone', 'portal', 'chat', 'desk')", name=op.f("ck_ticket_channel")),
        sa.CheckConstraint("clock IN ('running', 'paused', 'stopped', 'none')", name=op.f("ck_ticket_clock")),
        sa.CheckConstraint("impact IN ('high', 'medium', 'low')", name=op.f("ck_ticket_impact")),
        sa.CheckConstraint("kind IN ('question', 'trouble', 'complaint', 'request')", name=op.f("ck_ticket_kind")),
        sa.CheckConstraint("priority IN ('P1', 'P2', 'P3', 'P4')", name=op.f("ck_ticket_priority")),
        sa.CheckConstraint(
            "status IN ('new', 'open', 'pending_client', 'pending_vendor', 'scheduled', "
            "'resolved', 'closed', 'cancelled', 'merged')",
            name=op.f("ck_ticket_status"),
        ),
        sa.CheckConstraint("urgency IN ('high', 'medium', 'low')", name=op.f("ck_ticket_urgency")),
        sa.CheckConstraint("tier BETWEEN 1 AND 3", name=op.f("ck_ticket_tier")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contact_id"],
            ["contact.tenant_id", "contact.id"],
            name=op.f("fk_ticket_tenant_id_contact_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "site_id"], ["site.tenant_id", "site.id"], name=op.f("fk_ticket_tenant_id_site_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_ticket")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_ticket_tenant_id_number")),
    )
    op.create_index(
        "ix_ticket_follow_up",
        "ticket",
        ["follow_up_at"],
        unique=False,
        postgresql_where=sa.text("follow_up_at IS NOT NULL"),
    )
    op.create_index(
        "ix_ticket_next_due",
        "ticket",
        ["next_due_at"],
        unique=False,
        postgresql_where=sa.text("next_due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_ticket_owner_queue",
        "ticket",
        ["owner_id", "due_at", "opened_at", "id"],
        unique=False,
        postgresql_where=sa.text("status IN ('new', 'open', 'pending_client', 'pending_vendor', 'scheduled')"),
    )
    op.create_index(
        "ix_ticket_queue",
        "ticket",
        ["due_at", "opened_at", "id", "tenant_id"],
        unique=False,
        postgresql_where=sa.text("status IN ('new', 'open', 'pending_client', 'pending_vendor', 'scheduled')"),
    )
    op.create_index("ix_ticket_tenant_changed", "ticket", ["tenant_id", "changed_at"], unique=False)
    op.create_index("ix_ticket_tenant_contact", "ticket", ["tenant_id", "contact_id", "changed_at"], unique=False)
    op.create_index(
        "ix_ticket_tenant_opened",
        "ticket",
        ["tenant_id", "opened_at", "id"],
        unique=False,
        postgresql_where=sa.text("status IN ('new', 'open', 'pending_client', 'pending_vendor', 'scheduled')"),
    )
    op.create_index(
        "ix_ticket_tenant_queue",
        "ticket",
        ["tenant_id", "due_at", "opened_at", "id"],
        unique=False,
        postgresql_where=sa.text("status IN ('new', 'open', 'pending_client', 'pending_vendor', 'scheduled')"),
    )
    op.create_table(
        "event",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("by IN ('client', 'agent', 'system')", name=op.f("ck_event_by")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ticket_id"], ["ticket.tenant_id", "ticket.id"], name=op.f("fk_event_tenant_id_ticket_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_event")),
    )
    op.create_index("ix_event_tenant_id_ticket_id", "event", ["tenant_id", "ticket_id", "at", "id"], unique=False)
    op.create_table(
        "message",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("quoted", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("raw_id", sa.BigInteger(), nullable=True),
        sa.Column("mail_id", sa.String(), nullable=True),
        sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("by IN ('client', 'agent', 'system', 'vendor')", name=op.f("ck_message_by")),
        sa.CheckConstraint("channel IN ('mail', 'phone', 'portal', 'chat', 'desk')", name=op.f("ck_message_channel")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ticket_id"], ["ticket.tenant_id", "ticket.id"], name=op.f("fk_message_tenant_id_ticket_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_message")),
        sa.UniqueConstraint("tenant_id", "ticket_id", "mail_id", name=op.f("uq_message_tenant_id_ticket_id_mail_id")),
    )
    op.create_index("ix_message_tenant_id_ticket_id", "message", ["tenant_id", "ticket_id", "at", "id"], unique=False)
    op.create_table(
        "note",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ticket_id"], ["ticket.tenant_id", "ticket.id"], name=op.f("fk_note_tenant_id_ticket_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_note")),
    )
    op.create_index("ix_note_tenant_id_ticket_id", "note", ["tenant_id", "ticket_id", "at", "id"], unique=False)
    op.create_table(
        "participant",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("contact_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contact_id"],
            ["contact.tenant_id", "contact.id"],
            name=op.f("fk_participant_tenant_id_contact_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ticket_id"],
            ["ticket.tenant_id", "ticket.id"],
            name=op.f("fk_participant_tenant_id_ticket_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "ticket_id", "contact_id", name=op.f("pk_participant")),
    )
    op.create_index("ix_participant_tenant_id_contact_id", "participant", ["tenant_id", "contact_id"], unique=False)
    op.create_table(
        "attachment",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "message_id"],
            ["message.tenant_id", "message.id"],
            name=op.f("fk_attachment_tenant_id_message_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_attachment")),
    )
    op.create_index("ix_attachment_tenant_id_message_id", "attachment", ["tenant_id", "message_id"], unique=False)
    op.create_index("ix_attachment_tenant_id_ticket_id", "attachment", ["tenant_id", "ticket_id"], unique=False)
    op.create_table(
        "note_attachment",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("note_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "note_id"], ["note.tenant_id", "note.id"], name=op.f("fk_note_attachment_tenant_id_note_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_note_attachment")),
    )
    op.create_index(
        "ix_note_attachment_tenant_id_ticket_id", "note_attachment", ["tenant_id", "ticket_id"], unique=False
    )
    for statement in WALLS:
        op.execute(statement)


def downgrade() -> None:
    op.drop_index("ix_note_attachment_tenant_id_ticket_id", table_name="note_attachment")
    op.drop_table("note_attachment")
    op.drop_index("ix_attachment_tenant_id_ticket_id", table_name="attachment")
    op.drop_index("ix_attachment_tenant_id_message_id", table_name="attachment")
    op.drop_table("attachment")
    op.drop_index("ix_participant_tenant_id_contact_id", table_name="participant")
    op.drop_table("participant")
    op.drop_index("ix_note_tenant_id_ticket_id", table_name="note")
    op.drop_table("note")
    op.drop_index("ix_message_tenant_id_ticket_id", table_name="message")
    op.drop_table("message")
    op.drop_index("ix_event_tenant_id_ticket_id", table_name="event")
    op.drop_table("event")
    op.drop_index(
        "ix_ticket_tenant_opened",
        table_name="ticket",
        postgresql_where=sa.text("status IN ('new', 'open', 'pending_client', 'pending_vendor', 'scheduled')"),
    )
    op.drop_index(
        "ix_ticket_tenant_queue",
        table_name="ticket",
        postgresql_where=sa.text("status IN ('new', 'open', 'pending_client', 'pending_vendor', 'scheduled')"),
    )
    op.drop_index("ix_ticket_tenant_contact", table_name="ticket")
    op.drop_index("ix_ticket_tenant_changed", table_name="ticket")
    op.drop_index(
        "ix_ticket_queue",
        table_name="ticket",
        postgresql_where=sa.text("status IN ('new', 'open', 'pending_client', 'pending_vendor', 'scheduled')"),
    )
    op.drop_index(
        "ix_ticket_owner_queue",
        table_name="ticket",
        postgresql_where=sa.text("status IN ('new', 'open', 'pending_client', 'pending_vendor', 'scheduled')"),
    )
    op.drop_index("ix_ticket_next_due", table_name="ticket", postgresql_where=sa.text("next_due_at IS NOT NULL"))
    op.drop_index("ix_ticket_follow_up", table_name="ticket", postgresql_where=sa.text("follow_up_at IS NOT NULL"))
    op.drop_table("ticket")
    op.drop_table("category")
