"""Notices of the ladder, each once; one run of a patrol per period; cases by the moment of their last change."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("subject", sa.BigInteger(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("trigger", sa.String(length=20), nullable=False),
        sa.Column("period", sa.String(length=20), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint(
            "kind",
            "subject",
            "cycle",
            "code",
            "trigger",
            "period",
            name=op.f("uq_notices_kind_subject_cycle_code_trigger_period"),
        ),
    )
    op.create_index("ix_cases_changed", "cases", ["kind", "changed_at"])
    op.create_index("ix_patrol_runs_period", "patrol_runs", ["name", "period"], unique=True)


def downgrade() -> None:
    raise NotImplementedError("a backup is the way back")
