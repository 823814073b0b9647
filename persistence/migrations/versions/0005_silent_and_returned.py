"""Findings by their last progress and by how often they came back: what the ladder asks besides due days."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_findings_progress", "findings", ["state", "progress_at", "issued_at"])
    op.create_index("ix_findings_returns", "findings", ["state", "returns"])


def downgrade() -> None:
    raise NotImplementedError("a backup is the way back")
