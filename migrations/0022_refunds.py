"""Money paid back, and which documents are open"""

import sqlalchemy as sa
from alembic import op

from tenants.isolation import wall

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

READ = ("document", "allocation")
OPEN = """
INSERT INTO open_document (tenant_id, document_id)
SELECT document.tenant_id, document.id FROM document
WHERE document.kind IN ('invoice', 'sale', 'replacement')
  AND document.payable <> coalesce((SELECT sum(amount + fee) FROM allocation
        WHERE allocation.tenant_id = document.tenant_id AND allocation.document_id = document.id), 0)
    + coalesce((SELECT sum(credit.payable) FROM document AS credit
        WHERE credit.tenant_id = document.tenant_id AND credit.refers_to_id = document.id
          AND credit.kind = 'credit_note'), 0)
"""


def upgrade() -> None:
    op.add_column("payment", sa.Column("refunds_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_payment_tenant_id_refunds_id"),
        "payment",
        "payment",
        ["tenant_id", "refunds_id"],
        ["tenant_id", "id"],
    )
    op.create_index("ix_payment_tenant_id_refunds_id", "payment", ["tenant_id", "refunds_id"])
    op.drop_constraint(op.f("ck_payment_sign"), "payment", type_="check")
    op.create_check_constraint(
        op.f("ck_payment_sign"),
        "payment",
        "amount <> 0 AND (voids_id IS NOT NULL OR (amount > 0) = (refunds_id IS NULL))",
    )
    op.create_check_constraint(op.f("ck_payment_refund_reason"), "payment", "refunds_id IS NULL OR reason <> ''")
    op.create_table(
        "open_document",
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("document_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "document_id"],
            ["document.tenant_id", "document.id"],
            name=op.f("fk_open_document_tenant_id_document_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "document_id", name=op.f("pk_open_document")),
    )
    for table in READ:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(OPEN)
    for table in READ:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    for statement in wall("open_document"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("open_document")
    op.drop_constraint(op.f("ck_payment_refund_reason"), "payment", type_="check")
    op.drop_constraint(op.f("ck_payment_sign"), "payment", type_="check")
    op.create_check_constraint(
        op.f("ck_payment_sign"), "payment", "amount <> 0 AND (amount > 0 OR voids_id IS NOT NULL)"
    )
    op.drop_index("ix_payment_tenant_id_refunds_id", "payment")
    op.drop_constraint(op.f("fk_payment_tenant_id_refunds_id"), "payment", type_="foreignkey")
    op.drop_column("payment", "refunds_id")
