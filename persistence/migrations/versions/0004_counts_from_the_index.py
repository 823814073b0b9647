"""Counts of findings by unit are read from the index alone; the overdue have a short index of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_findings_unit", table_name="findings")
    op.create_index("ix_findings_unit", "findings", ["unit_path", "confidentiality", "state", "overdue_since"])
    overdue = sa.text("overdue_since IS NOT NULL")
    op.create_index("ix_findings_overdue", "findings", ["due_on", "id"], sqlite_where=overdue, postgresql_where=overdue)


def downgrade() -> None:
    raise NotImplementedError("a backup is the way back")
