"""Who keeps the timetable of the patrols, as last found out, and by which name Prefect knows the house."""

import sqlalchemy as sa
from alembic import op

from persistence.columns import Json, Moment

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "timekeeping",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("house", sa.String(16), nullable=False),
        sa.Column("keeper", sa.String(10), nullable=False),
        sa.Column("since", Moment(), nullable=True),
        sa.Column("why", sa.String(30), nullable=False),
        sa.Column("facts", Json(), nullable=False),
        sa.Column("scheduled", sa.Integer(), nullable=False),
        sa.Column("in_place_since", Moment(), nullable=True),
        sa.Column("checked_at", Moment(), nullable=True),
        sa.Column("asker", sa.String(80), nullable=False),
        sa.Column("pages", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timekeeping")),
    )


def downgrade() -> None:
    raise NotImplementedError("a backup is the way back")
