"""单位: a unit of the tree is set up, renamed, or ended; where it stands does not change, since rights hang on it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, func, or_, select

from cases.events import Event
from cases.refusals import FormIncomplete
from cases.rights import Role
from persistence.columns import new_id
from persistence.tables import posts, tenures, unit_names, units
from tasks.acts import act
from tasks.case import OfficeCase
from tasks.form import Form
from tasks.roster import row_of, span
from tasks.work import Work

KINDS = ("committee", "inspecting", "discipline", "organisation", "inspected", "section")


@act(on="office", needs=("name", "short_name", "kind"), task=False, permission="edit_people")
def edit_unit(work: Work, case: OfficeCase, form: Form) -> None:
    """Set up a unit below *parent*, or change the one named in *unit*."""
    words = {"name": form.text("name")[:200], "short_name": form.text("short_name")[:60]}
    words |= {"kind": form.choice("kind", *KINDS)}
    superior = _superior(work, form)
    if "unit" not in form:
        parent = row_of(work, units, form, "parent")
        first, last = span(form, since=work.today)
        unit_id = new_id()
        place = {"parent_id": parent.id, "path": f"{parent.path}{unit_id}/", "superior_post_id": superior}
        work.add(units, id=unit_id, **words, **place, valid_from=first, valid_until=last)
    else:
        unit = row_of(work, units, form, "unit")
        unit_id = unit.id
        _, last = span(form, since=unit.valid_from)
        if last is not None and _is_staffed(work, unit_id, last):
            raise FormIncomplete({"valid_until": "in_use"})
        keep_name(work, unit, words)
        work.set(units, unit_id, **words, superior_post_id=superior, valid_until=last)
    work.answer |= {"unit": str(unit_id)}
    work.record(case, Event("UnitEdited", {"unit": str(unit_id), "name": words["name"], "until": str(last or "")}))


def keep_name(work: Work, unit: Row[Any], words: Mapping[str, str]) -> None:
    """Keep what the unit was called until yesterday, where it is called otherwise from today on."""
    if (unit.name, unit.short_name) == (words["name"], words["short_name"]):
        return
    before = select(func.max(unit_names.c.valid_until)).where(unit_names.c.unit_id == unit.id)
    last = work.conn.scalar(before)
    first = unit.valid_from if last is None else last + timedelta(days=1)
    yesterday = work.today - timedelta(days=1)
    if first <= yesterday:  # a name of the same day was a slip
        names = {"name": unit.name, "short_name": unit.short_name}
        work.add(unit_names, unit_id=unit.id, **names, valid_from=first, valid_until=yesterday)


def _superior(work: Work, form: Form) -> int | None:
    """Return the post that reads the findings of the unit: it bears that role, or anybody could be made a reader."""
    if "superior_post" not in form:
        return None
    post = row_of(work, posts, form, "superior_post")
    if post.role != Role.SUPERIOR_LEADER:
        raise FormIncomplete({"superior_post": "not_a_choice"})
    return int(post.id)


def _is_staffed(work: Work, unit_id: int, last: object) -> bool:
    """Whether somebody holds a post of the unit beyond its last day."""
    beyond = (
        select(tenures.c.id)
        .join(posts, posts.c.id == tenures.c.post_id)
        .where(posts.c.unit_id == unit_id, or_(tenures.c.valid_until.is_(None), tenures.c.valid_until > last))
    )
    return work.conn.execute(beyond.limit(1)).first() is not None
