"""Text and facts of evidence by content; what its reading proposes and what the unit answers."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "evidence_texts",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reader_version", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("claimed_until", sa.String(length=27), nullable=False),
        sa.Column("read_at", sa.String(length=27), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("text", sa.LargeBinary(), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["sha256"], ["blobs.sha256"], name=op.f("fk_evidence_texts_sha256")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_evidence_texts")),
    )
    op.create_index("ix_evidence_texts_waiting", "evidence_texts", ["reader_version", "claimed_until"])
    op.create_table(
        "evidence_facts",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("written", sa.Text(), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["sha256"], ["evidence_texts.sha256"], name=op.f("fk_evidence_facts_sha256")),
        sa.PrimaryKeyConstraint("sha256", "seq", name=op.f("pk_evidence_facts")),
    )
    op.create_index("ix_evidence_facts_kind", "evidence_facts", ["kind", "sha256"])
    op.add_column("evidence", sa.Column("effective_on_found", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("evidence", sa.Column("kind_proposed", sa.String(length=30), nullable=True))
    op.add_column("evidence", sa.Column("kind_answer", sa.String(length=10), nullable=True))
    op.add_column("evidence", sa.Column("kind_answered_by", sa.BigInteger(), nullable=True))
    op.add_column("evidence", sa.Column("kind_answered_at", sa.String(length=27), nullable=True))
    op.execute(  # what was attached before is read too
        "INSERT INTO evidence_texts (sha256, state, reader_version, tries, claimed_until, reason) "
        "SELECT DISTINCT sha256, 'waiting', 0, 0, '2000-01-01T00:00:00.000000Z', '' FROM evidence"
    )


def downgrade() -> None:
    raise NotImplementedError("a backup is the way back")
