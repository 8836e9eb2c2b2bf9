"""What becomes of a surge pack's price"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("surge_pack", sa.Column("charge", sa.String(), server_default="none", nullable=False))
    op.add_column("surge_pack", sa.Column("charge_draft_id", sa.BigInteger(), nullable=True))
    op.add_column("surge_pack", sa.Column("charge_decided_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("surge_pack", sa.Column("charge_decided_by", sa.String(), server_default="", nullable=False))
    op.alter_column("surge_pack", "charge", server_default=None)
    op.alter_column("surge_pack", "charge_decided_by", server_default=None)
    op.create_check_constraint(
        op.f("ck_surge_pack_charge"), "surge_pack", "charge IN ('none', 'proposed', 'accepted', 'declined')"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_surge_pack_charge"), "surge_pack", type_="check")
    for column in ("charge_decided_by", "charge_decided_at", "charge_draft_id", "charge"):
        op.drop_column("surge_pack", column)
