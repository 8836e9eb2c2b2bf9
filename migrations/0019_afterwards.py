"""Sending, payments, questions, reminders and hand-over of documents"""

import sqlalchemy as sa
from alembic import op

from tenants.isolation import share, wall

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

WALLS = [
    *share("bank_import", ("staff", "system"), append_only=True),
    *share("bank_line", ("staff", "system")),
    *share("export_batch", ("staff", "system")),
    *wall("dispatch", staff_only=True),
    *wall("journal_row", staff_only=True, append_only=True),
    *wall("opening", append_only=True),
    *wall("payment", append_only=True),
    *wall("reminded", staff_only=True, append_only=True),
    *wall("allocation", append_only=True),
    *wall("line_word", append_only=True),
]


def upgrade() -> None:
    op.create_table(
        "bank_import",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("layout", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("fresh", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_import")),
    )
    op.create_table(
        "bank_line",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("payer", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("passed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_bank_line_currency")),
        sa.ForeignKeyConstraint(["import_id"], ["bank_import.id"], name=op.f("fk_bank_line_import_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_line")),
        sa.UniqueConstraint("hash", name=op.f("uq_bank_line_hash")),
    )
    op.create_index(
        "ix_bank_line_open",
        "bank_line",
        ["on_date", "id"],
        unique=False,
        postgresql_where=sa.text("taken_at IS NULL AND passed_at IS NULL"),
    )
    op.create_table(
        "export_batch",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("issuer_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["issuer_id"], ["issuer.id"], name=op.f("fk_export_batch_issuer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_batch")),
        sa.UniqueConstraint("issuer_id", "number", name=op.f("uq_export_batch_issuer_id_number")),
    )
    op.create_table(
        "dispatch",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("held", sa.String(), nullable=False),
        sa.Column("leaves_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(state = 'held') = (held <> '')", name=op.f("ck_dispatch_why")),
        sa.CheckConstraint("held IN ('', 'no_address', 'do_not_send', 'later')", name=op.f("ck_dispatch_held")),
        sa.CheckConstraint("state <> 'waiting' OR leaves_at IS NOT NULL", name=op.f("ck_dispatch_when")),
        sa.CheckConstraint("state IN ('waiting', 'held', 'stopped', 'written')", name=op.f("ck_dispatch_state")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "document_id"],
            ["document.tenant_id", "document.id"],
            name=op.f("fk_dispatch_tenant_id_document_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_dispatch")),
        sa.UniqueConstraint("tenant_id", "document_id", "turn", name=op.f("uq_dispatch_tenant_id_document_id_turn")),
    )
    op.create_index("ix_dispatch_state", "dispatch", ["state", "leaves_at"], unique=False)
    op.create_table(
        "journal_row",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("partner_key", sa.String(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.Column("tax", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("rate", sa.Numeric(precision=7, scale=4), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.CheckConstraint("side IN ('debit', 'credit')", name=op.f("ck_journal_row_side")),
        sa.CheckConstraint("source IN ('document', 'payment', 'allocation')", name=op.f("ck_journal_row_source")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_journal_row_amount")),
        sa.CheckConstraint(
            "greatest(scale(trim_scale(amount)), scale(trim_scale(tax))) <= decimals_of(currency)",
            name=op.f("ck_journal_row_scale"),
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["export_batch.id"], name=op.f("fk_journal_row_batch_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_journal_row")),
        sa.UniqueConstraint(
            "tenant_id", "source", "source_id", "place", name=op.f("uq_journal_row_tenant_id_source_source_id_place")
        ),
    )
    op.create_index("ix_journal_row_batch_id", "journal_row", ["batch_id", "tenant_id", "id"], unique=False)
    op.create_table(
        "opening",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contact_id"],
            ["contact.tenant_id", "contact.id"],
            name=op.f("fk_opening_tenant_id_contact_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "document_id"],
            ["document.tenant_id", "document.id"],
            name=op.f("fk_opening_tenant_id_document_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_opening")),
        sa.UniqueConstraint(
            "tenant_id", "document_id", "contact_id", name=op.f("uq_opening_tenant_id_document_id_contact_id")
        ),
    )
    op.create_table(
        "payment",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("bank_line_id", sa.BigInteger(), nullable=True),
        sa.Column("voids_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "method IN ('bank', 'direct_debit', 'card', 'cash', 'other')", name=op.f("ck_payment_method")
        ),
        sa.CheckConstraint("amount <> 0 AND (amount > 0 OR voids_id IS NOT NULL)", name=op.f("ck_payment_sign")),
        sa.CheckConstraint(
            "greatest(scale(trim_scale(amount))) <= decimals_of(currency)", name=op.f("ck_payment_scale")
        ),
        sa.ForeignKeyConstraint(["bank_line_id"], ["bank_line.id"], name=op.f("fk_payment_bank_line_id")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "voids_id"], ["payment.tenant_id", "payment.id"], name=op.f("fk_payment_tenant_id_voids_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_payment")),
        sa.UniqueConstraint("tenant_id", "voids_id", name=op.f("uq_payment_tenant_id_voids_id")),
    )
    op.create_index("ix_payment_tenant_id_paid_on", "payment", ["tenant_id", "paid_on", "id"], unique=False)
    op.create_table(
        "reminded",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("mail_key", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "greatest(scale(trim_scale(amount))) <= decimals_of(currency)", name=op.f("ck_reminded_scale")
        ),
        sa.CheckConstraint("level > 0", name=op.f("ck_reminded_level")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "document_id"],
            ["document.tenant_id", "document.id"],
            name=op.f("fk_reminded_tenant_id_document_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_reminded")),
        sa.UniqueConstraint(
            "tenant_id", "document_id", "sent_on", name=op.f("uq_reminded_tenant_id_document_id_sent_on")
        ),
    )
    op.create_table(
        "allocation",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.Column("fee", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("fee = 0 OR reason <> ''", name=op.f("ck_allocation_reason")),
        sa.CheckConstraint(
            "greatest(scale(trim_scale(amount)), scale(trim_scale(fee))) <= decimals_of(currency)",
            name=op.f("ck_allocation_scale"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "document_id"],
            ["document.tenant_id", "document.id"],
            name=op.f("fk_allocation_tenant_id_document_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "payment_id"],
            ["payment.tenant_id", "payment.id"],
            name=op.f("fk_allocation_tenant_id_payment_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_allocation")),
    )
    op.create_index("ix_allocation_tenant_id_document_id", "allocation", ["tenant_id", "document_id"], unique=False)
    op.create_index("ix_allocation_tenant_id_payment_id", "allocation", ["tenant_id", "payment_id"], unique=False)
    op.create_table(
        "line_word",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), autoincrement=True, nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by_desk", sa.Boolean(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('accept', 'question', 'say', 'settle', 'withdraw')", name=op.f("ck_line_word_kind")
        ),
        sa.CheckConstraint("kind NOT IN ('question', 'say') OR text <> ''", name=op.f("ck_line_word_said")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "document_id"],
            ["document.tenant_id", "document.id"],
            name=op.f("fk_line_word_tenant_id_document_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "line_id"],
            ["document_line.tenant_id", "document_line.id"],
            name=op.f("fk_line_word_tenant_id_line_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_line_word")),
    )
    op.create_index("ix_line_word_tenant_id_document_id", "line_word", ["tenant_id", "document_id", "id"], unique=False)
    op.add_column("billing_account", sa.Column("sent_by", sa.String(), nullable=False, server_default="mail"))
    op.alter_column("billing_account", "sent_by", server_default=None)
    op.create_check_constraint(op.f("ck_billing_account_sent_by"), "billing_account", "sent_by IN ('mail', 'none')")
    op.add_column("run", sa.Column("sends", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.alter_column("run", "sends", server_default=None)
    for statement in WALLS:
        op.execute(statement)


def downgrade() -> None:
    op.drop_column("run", "sends")
    op.drop_column("billing_account", "sent_by")
    op.drop_table("line_word")
    op.drop_table("allocation")
    op.drop_table("reminded")
    op.drop_table("payment")
    op.drop_table("opening")
    op.drop_table("journal_row")
    op.drop_table("dispatch")
    op.drop_table("export_batch")
    op.drop_table("bank_line")
    op.drop_table("bank_import")
