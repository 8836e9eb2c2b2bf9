"""Visits on documents"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

BEFORE = "('time', 'fee', 'count', 'ticket', 'lot', 'draw', 'milestone', 'manual')"
SINCE = "('time', 'fee', 'count', 'ticket', 'lot', 'draw', 'milestone', 'manual', 'visit')"
SOURCES = (("draft_source", "kind"), ("document_source", "kind"), ("manual_line", "source_kind"))


def upgrade() -> None:
    _allow(SINCE)


def downgrade() -> None:
    _allow(BEFORE)


def _allow(kinds: str) -> None:
    """What a document may be made of."""
    for table, column in SOURCES:
        name = op.f(f"ck_{table}_{column}")
        op.drop_constraint(name, table, type_="check")
        op.create_check_constraint(name, table, f"{column} IN {kinds}")
