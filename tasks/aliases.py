"""别名: what the ledgers of a unit call a post or a unit, as an officer decided; used at the next import."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from sqlalchemy import Connection, select

from cases.dirty_text import same_text
from persistence.tables import aliases, posts, units
from tasks.work import Work

POST_FIELDS = ("leader", "handler")
UNIT_FIELDS = ("lead_unit", "responsible_unit")
LONGEST = 200  # characters of a text that is still a name

Aliases = Mapping[tuple[str, str], int]  # (field, text as same_text gives it) -> id of the post or unit


def aliases_of(conn: Connection, unit_id: int) -> Aliases:
    """Return the aliases in force for ledgers of *unit_id* whose post or unit still exists, by field and text."""
    A = aliases.c
    query = (
        select(A.field, A.text, A.post_id, A.named_unit_id)
        .outerjoin(posts, posts.c.id == A.post_id)
        .outerjoin(units, units.c.id == A.named_unit_id)
        .where(A.unit_id == unit_id, A.valid_until.is_(None))
        .where(posts.c.valid_until.is_(None), units.c.valid_until.is_(None))
        .order_by(A.set_at, A.id)
    )
    return {(row.field, row.text): int(row.post_id or row.named_unit_id) for row in conn.execute(query)}


def keep_aliases(work: Work, unit_id: int, chosen: Iterable[tuple[str, str, int]]) -> None:
    """Keep (field, text, post or unit) as decided by the actor; an earlier decision on the same text ends."""
    A = aliases.c
    in_force = {
        (row.field, row.text): row
        for row in work.conn.execute(select(aliases).where(A.unit_id == unit_id, A.valid_until.is_(None)))
    }
    for field, text, target in chosen:
        plain = same_text(text)
        column = "post_id" if field in POST_FIELDS else "named_unit_id"
        before = in_force.get((field, plain))
        if not plain or len(plain) > LONGEST or (before is not None and getattr(before, column) == target):
            continue
        if before is not None:
            work.set(aliases, before.id, valid_until=max(before.valid_from, work.today - timedelta(days=1)))
        work.add(
            aliases,
            unit_id=unit_id,
            field=field,
            text=plain,
            set_by=work.actor.person_id,
            set_at=work.at,
            valid_from=work.today,
            **{column: target},
        )
