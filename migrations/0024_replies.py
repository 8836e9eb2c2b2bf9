"""Replies, which have no mail of their own, stand in no index of mails"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

KEY = ["tenant_id", "ticket_id", "mail_id"]


def upgrade() -> None:
    op.drop_constraint(op.f("uq_message_tenant_id_ticket_id_mail_id"), "message", type_="unique")
    op.create_index("ix_message_mail", "message", KEY, unique=True, postgresql_where=sa.text("mail_id IS NOT NULL"))


def downgrade() -> None:
    op.drop_index("ix_message_mail", "message")
    op.create_unique_constraint(op.f("uq_message_tenant_id_ticket_id_mail_id"), "message", KEY)
