"""Samples in the field: what was checked, by whom, what was brought home; campaigns; where the seed came from."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sampled", sa.Column("visited_on", sa.Date(), nullable=True))
    op.add_column("sampled", sa.Column("visitors", sa.Text(), nullable=True))
    op.add_column("sampled", sa.Column("checks", sa.Text(), nullable=True))
    op.add_column("sampled", sa.Column("papers", sa.Text(), nullable=True))
    op.add_column("samples", sa.Column("kind", sa.String(length=12), server_default="spot_check", nullable=False))
    op.add_column("samples", sa.Column("candidates", sa.Text(), server_default="[]", nullable=False))
    op.add_column("samples", sa.Column("seed_from", sa.String(length=40), server_default="", nullable=False))
    op.add_column("samples", sa.Column("closed_by", sa.BigInteger(), nullable=True))
    op.add_column("samples", sa.Column("conclusion", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    raise NotImplementedError("a backup is the way back")
