"""What could not be done is kept with its cause and its next try."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "failures",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("work", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("case_id", ID, nullable=True),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.String(length=27), nullable=False),
        sa.Column("last_at", sa.String(length=27), nullable=False),
        sa.Column("next_at", sa.String(length=27), nullable=False),
        sa.Column("mended_at", sa.String(length=27), nullable=True),
        sa.Column("told_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failures")),
    )
    op.create_index("ix_failures_subject", "failures", ["work", "subject"], unique=True)
    op.create_index("ix_failures_told_on", "failures", ["told_on"])


def downgrade() -> None:
    raise NotImplementedError("a backup is the way back")
