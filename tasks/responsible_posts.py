"""Which post of a unit a form makes responsible for a finding."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, select

from cases.refusals import FormIncomplete
from persistence.tables import posts, units
from tasks.form import Form
from tasks.work import Work

ROLE_OF_FIELD: Mapping[str, str] = {"leader": "responsible_leader", "handler": "handler", "chief": "chief"}


def post_for(work: Work, unit_path: str, field: str, form: Form) -> int:
    """Return the post that *form* names: it stands in the unit at *unit_path* or below it, and bears the role."""
    query = _posts(unit_path, field).where(posts.c.id == form.number(field))
    found = work.conn.execute(query).scalar_one_or_none()
    if found is None:
        raise FormIncomplete({field: "not_a_choice"})
    return int(found)


def first_post(work: Work, unit_path: str, field: str) -> int | None:
    """Return the first post of today that bears the role in the unit at *unit_path* or below it."""
    open_today = (posts.c.valid_until.is_(None)) | (posts.c.valid_until >= work.today)
    query = _posts(unit_path, field).where(posts.c.valid_from <= work.today, open_today)
    found = work.conn.execute(query.order_by(units.c.path, posts.c.id).limit(1)).scalar_one_or_none()
    return None if found is None else int(found)


def _posts(unit_path: str, field: str) -> Select[Any]:
    return (
        select(posts.c.id)
        .join(units, units.c.id == posts.c.unit_id)
        .where(
            posts.c.role == ROLE_OF_FIELD[field],
            units.c.path >= unit_path,
            units.c.path < unit_path[:-1] + "0",
        )
    )
