"""The database refuses to change what was recorded: ledger rows (but for their leaf, once) and checkpoints."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

RECORDED = (
    "case_id", "seq", "event", "act", "at", "recorded_at", "person_id", "account_id", "who", "post", "body", "previous",
    "hash",
)  # fmt: skip
REFUSAL = "the ledger is only ever appended to"


def upgrade() -> None:
    for statement in _sqlite() if op.get_bind().dialect.name == "sqlite" else _postgresql():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a backup is the way back")


def _sqlite() -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    changed = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in RECORDED)
    return [
        "CREATE TRIGGER ledger_stays BEFORE UPDATE ON ledger "
        f"WHEN OLD.leaf IS NOT NULL OR NEW.leaf IS NULL OR {changed} {refuse}",
        f"CREATE TRIGGER ledger_keeps BEFORE DELETE ON ledger {refuse}",
        f"CREATE TRIGGER checkpoints_stay BEFORE UPDATE ON checkpoints {refuse}",
        f"CREATE TRIGGER checkpoints_keep BEFORE DELETE ON checkpoints {refuse}",
    ]


def _postgresql() -> list[str]:
    changed = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in RECORDED)
    refuse = "EXECUTE FUNCTION refuse_change()"
    return [
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation'; END $$",
        "CREATE TRIGGER ledger_stays BEFORE UPDATE ON ledger FOR EACH ROW "
        f"WHEN (OLD.leaf IS NOT NULL OR NEW.leaf IS NULL OR {changed}) {refuse}",
        f"CREATE TRIGGER ledger_keeps BEFORE DELETE ON ledger FOR EACH ROW {refuse}",
        f"CREATE TRIGGER ledger_is_kept BEFORE TRUNCATE ON ledger FOR EACH STATEMENT {refuse}",
        f"CREATE TRIGGER checkpoints_stay BEFORE UPDATE ON checkpoints FOR EACH ROW {refuse}",
        f"CREATE TRIGGER checkpoints_keep BEFORE DELETE ON checkpoints FOR EACH ROW {refuse}",
        f"CREATE TRIGGER checkpoints_are_kept BEFORE TRUNCATE ON checkpoints FOR EACH STATEMENT {refuse}",
    ]
