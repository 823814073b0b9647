"""Registers, replies, sketches of texts and pictures, samples: what all the signals of paper rectification need."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bands",
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("band", sa.BigInteger(), nullable=False),
        sa.Column("sketch_id", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_bands", "bands", ["kind", "band", "sketch_id"], unique=True)
    op.create_index("ix_bands_sketch", "bands", ["sketch_id"], unique=False)
    op.create_table(
        "page_views",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.String(length=27), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_page_views_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page_views")),
    )
    op.create_index("ix_page_views_person", "page_views", ["person_id", "case_id", "opened_at"], unique=False)
    op.create_table(
        "samples",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("filter", sa.Text(), nullable=False),
        sa.Column("frame", sa.Text(), nullable=False),
        sa.Column("frame_sha256", sa.String(length=64), nullable=False),
        sa.Column("seed", sa.String(length=80), nullable=False),
        sa.Column("confidence_percent", sa.Integer(), nullable=False),
        sa.Column("excluded_permille", sa.Integer(), nullable=False),
        sa.Column("random_size", sa.Integer(), nullable=False),
        sa.Column("risk_size", sa.Integer(), nullable=False),
        sa.Column("method", sa.String(length=30), nullable=False),
        sa.Column("drawn_by", sa.BigInteger(), nullable=False),
        sa.Column("drawn_at", sa.String(length=27), nullable=False),
        sa.Column("closed_at", sa.String(length=27), nullable=True),
        sa.ForeignKeyConstraint(["id"], ["cases.id"], name=op.f("fk_samples_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_samples_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_samples")),
        sa.UniqueConstraint("number", name=op.f("uq_samples_number")),
    )
    op.create_table(
        "suspicions",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("route", sa.String(length=8), nullable=False),
        sa.Column("unsure", sa.Text(), nullable=False),
        sa.Column("parameters", sa.String(length=64), nullable=False),
        sa.Column("as_of", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_suspicions_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_suspicions")),
    )
    op.create_index(op.f("ix_suspicions_route"), "suspicions", ["route"], unique=False)
    op.create_table(
        "register_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("register", sa.String(length=30), nullable=False),
        sa.Column("finding_id", sa.BigInteger(), nullable=True),
        sa.Column("list_id", sa.BigInteger(), nullable=True),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("entered_at", sa.String(length=27), nullable=False),
        sa.Column("source_sha256", sa.String(length=64), nullable=True),
        sa.Column("place", sa.String(length=80), nullable=False),
        sa.Column("withdrawn_at", sa.String(length=27), nullable=True),
        sa.Column("withdrawn_because", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["finding_id"], ["findings.id"], name=op.f("fk_register_entries_finding_id")),
        sa.ForeignKeyConstraint(["list_id"], ["issue_lists.id"], name=op.f("fk_register_entries_list_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_register_entries_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_entries")),
    )
    op.create_index("ix_register_entries_finding", "register_entries", ["finding_id", "register"], unique=False)
    op.create_index("ix_register_entries_list", "register_entries", ["list_id", "register"], unique=False)
    op.create_index("ix_register_entries_unit", "register_entries", ["register", "unit_id", "at"], unique=False)
    op.create_table(
        "sampled",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("sample_id", sa.BigInteger(), nullable=False),
        sa.Column("finding_id", sa.BigInteger(), nullable=False),
        sa.Column("stratum", sa.String(length=8), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("assigned_to", sa.Text(), nullable=True),
        sa.Column("assigned_at", sa.String(length=27), nullable=True),
        sa.Column("result", sa.String(length=12), nullable=True),
        sa.Column("asked", sa.Integer(), nullable=True),
        sa.Column("mismatches", sa.Integer(), nullable=True),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.Column("recorded_at", sa.String(length=27), nullable=True),
        sa.ForeignKeyConstraint(["finding_id"], ["findings.id"], name=op.f("fk_sampled_finding_id")),
        sa.ForeignKeyConstraint(["sample_id"], ["samples.id"], name=op.f("fk_sampled_sample_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sampled")),
        sa.UniqueConstraint("sample_id", "finding_id", name=op.f("uq_sampled_sample_id_finding_id")),
    )
    op.create_index(op.f("ix_sampled_finding_id"), "sampled", ["finding_id"], unique=False)
    op.create_index(op.f("ix_sampled_sample_id"), "sampled", ["sample_id"], unique=False)
    op.create_table(
        "signal_hints",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("finding_id", sa.BigInteger(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("signals", sa.Text(), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["finding_id"], ["findings.id"], name=op.f("fk_signal_hints_finding_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signal_hints")),
    )
    op.create_index(op.f("ix_signal_hints_finding_id"), "signal_hints", ["finding_id"], unique=False)
    op.create_table(
        "sketches",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("finding_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("text_sha256", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["finding_id"], ["findings.id"], name=op.f("fk_sketches_finding_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_sketches_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sketches")),
        sa.UniqueConstraint("kind", "owner_id", name=op.f("uq_sketches_kind_owner_id")),
    )
    op.create_index(op.f("ix_sketches_finding_id"), "sketches", ["finding_id"], unique=False)
    op.create_table(
        "signal_replies",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("hit_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["hit_id"], ["signal_hits.id"], name=op.f("fk_signal_replies_hit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signal_replies")),
    )
    op.create_index(op.f("ix_signal_replies_hit_id"), "signal_replies", ["hit_id"], unique=False)
    op.create_table(
        "file_openings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("evidence_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_file_openings_evidence_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_openings")),
    )
    op.create_index(op.f("ix_file_openings_evidence_id"), "file_openings", ["evidence_id"], unique=False)
    op.create_index("ix_file_openings_person", "file_openings", ["person_id", "evidence_id"], unique=False)
    with op.batch_alter_table("signal_hits") as hits:
        hits.add_column(sa.Column("list_id", sa.BigInteger(), nullable=True))
        hits.alter_column("finding_id", existing_type=sa.BigInteger(), nullable=True)
        hits.create_index("ix_signal_hits_list_id", ["list_id"])
        hits.create_unique_constraint(
            "uq_signal_hits_list_id_cycle_signal_fingerprint", ["list_id", "cycle", "signal", "fingerprint"]
        )
        hits.create_foreign_key("fk_signal_hits_list_id", "issue_lists", ["list_id"], ["id"])


def downgrade() -> None:
    raise NotImplementedError("a backup is the way back")
