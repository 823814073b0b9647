"""What officers took the headings and names of a ledger for, what was written in it, and what its states claim."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "column_mappings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("headings", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("set_by", sa.BigInteger(), nullable=False),
        sa.Column("set_at", sa.String(length=27), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_column_mappings_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_column_mappings")),
    )
    op.create_index("ix_column_mappings_unit", "column_mappings", ["unit_id", "headings", "valid_from"])
    op.create_table(
        "aliases",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("field", sa.String(length=20), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=True),
        sa.Column("named_unit_id", sa.BigInteger(), nullable=True),
        sa.Column("set_by", sa.BigInteger(), nullable=False),
        sa.Column("set_at", sa.String(length=27), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["named_unit_id"], ["units.id"], name=op.f("fk_aliases_named_unit_id")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_aliases_post_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_aliases_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_aliases")),
    )
    op.create_index("ix_aliases_unit", "aliases", ["unit_id", "field", "text"])
    op.create_table(
        "readings",
        sa.Column("finding_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["finding_id"], ["findings.id"], name=op.f("fk_readings_finding_id")),
        sa.PrimaryKeyConstraint("finding_id", name=op.f("pk_readings")),
    )
    op.create_table(
        "intakes",
        sa.Column("list_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["issue_lists.id"], name=op.f("fk_intakes_list_id")),
        sa.PrimaryKeyConstraint("list_id", name=op.f("pk_intakes")),
    )
    op.add_column("findings", sa.Column("responsible_unit_id", sa.BigInteger(), nullable=True))
    op.add_column("findings", sa.Column("claim", sa.String(length=24), server_default="", nullable=False))


def downgrade() -> None:
    raise NotImplementedError("a backup is the way back")
