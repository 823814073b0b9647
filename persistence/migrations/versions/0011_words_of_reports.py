"""How a list reports: family of words, completion, rounding; and what figures of earlier days ask of the ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

FLAGS = sa.text("event IN ('FindingResumed', 'FindingSuspended', 'MarkedOverdue')")


def upgrade() -> None:
    for name, length in (("status_family", 20), ("completion", 40), ("rounding", 10)):
        op.add_column("issue_lists", sa.Column(name, sa.String(length=length), nullable=True))
    op.create_index("ix_ledger_flags", "ledger", ["case_id", "event", "at"], sqlite_where=FLAGS, postgresql_where=FLAGS)


def downgrade() -> None:
    raise NotImplementedError("a backup is the way back")
