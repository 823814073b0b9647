"""Narrow bands: one number for kind, place and hash, and no second index. The nightly look draws every sketch again."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("bands")
    op.execute(sa.text("DELETE FROM sketches"))
    op.create_table(
        "bands",
        sa.Column("band", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sketch_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("band", "sketch_id", name=op.f("pk_bands")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    raise NotImplementedError("a backup is the way back")
