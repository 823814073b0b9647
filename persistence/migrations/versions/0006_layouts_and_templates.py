"""How imported ledgers looked, and the templates of papers that an office made."""

import sqlalchemy as sa
from alembic import op

from persistence.columns import Blob, Id, Json, Moment

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ledger_layouts",
        sa.Column("list_id", sa.BigInteger, sa.ForeignKey("issue_lists.id"), primary_key=True, autoincrement=False),
        sa.Column("unit_id", sa.BigInteger, sa.ForeignKey("units.id"), nullable=False),
        sa.Column("filename", sa.String(255), nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.Column("kept_at", Moment, nullable=False),
    )
    op.create_index("ix_ledger_layouts_unit_id", "ledger_layouts", ["unit_id"])
    op.create_table(
        "paper_templates",
        sa.Column("id", Id, primary_key=True, autoincrement=False),
        sa.Column("paper", sa.String(40), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("content", Blob),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("drafted_by", sa.BigInteger, nullable=False),
        sa.Column("drafted_at", Moment, nullable=False),
        sa.Column("released_by", sa.BigInteger),
        sa.Column("released_at", Moment),
        sa.Column("valid_from", sa.Date),
        sa.UniqueConstraint("paper", "version", name="uq_paper_templates_paper_version"),
    )


def downgrade() -> None:
    raise NotImplementedError("a backup is the way back")
