"""Rows equal events: the ledger states which rows an event wrote, and each scope has the sum of its digests."""

import importlib
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "row_sums",
        sa.Column("scope", sa.String(length=80), nullable=False),
        sa.Column("stamp", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=8), nullable=False),
        sa.Column("total", sa.String(length=64), nullable=False),
        sa.Column("mac", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_row_sums")),
    )
    op.execute("ALTER TABLE ledger ADD COLUMN stated TEXT")
    _guard_it()


def downgrade() -> None:
    raise NotImplementedError("a backup is the way back")


def _guard_it() -> None:
    """Make the guard of the ledger anew: what an event states of rows does not change either."""
    guard: Any = importlib.import_module("persistence.migrations.versions.0002_ledger_guard")
    names = (*guard.RECORDED, "stated")
    if op.get_bind().dialect.name == "sqlite":
        changed = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in names)
        op.execute("DROP TRIGGER ledger_stays")
        op.execute(
            "CREATE TRIGGER ledger_stays BEFORE UPDATE ON ledger "
            f"WHEN OLD.leaf IS NOT NULL OR NEW.leaf IS NULL OR {changed} "
            f"BEGIN SELECT RAISE(ABORT, '{guard.REFUSAL}'); END"
        )
        return
    changed = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in names)
    op.execute("DROP TRIGGER ledger_stays ON ledger")
    op.execute(
        "CREATE TRIGGER ledger_stays BEFORE UPDATE ON ledger FOR EACH ROW "
        f"WHEN (OLD.leaf IS NOT NULL OR NEW.leaf IS NULL OR {changed}) EXECUTE FUNCTION refuse_change()"
    )
