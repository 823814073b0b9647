"""What the acts on units, posts and people share: reading one, days that follow each other, roles of a person."""

from datetime import date
from typing import Any

from sqlalchemy import Row, Table, and_, or_, select, true, update

from cases.refusals import CaseError, FormIncomplete
from cases.rights import excluding_administrators
from persistence.roles import sides_of_roles
from persistence.tables import grants, open_tasks, posts, tenures
from tasks.form import Form
from tasks.work import Work


class AdministratorsExclude(CaseError):
    """The three administrators exclude each other, and none of them holds a post that reads findings."""

    code = "administrators_exclude"
    field = "person"


class OwnRights(CaseError):
    """Nobody gives rights to himself."""

    code = "own_rights"
    field = "person"


def row_of(work: Work, table: Table, form: Form, name: str) -> Row[Any]:
    """Return the row of *table* whose id the field *name* holds. Raises FormIncomplete."""
    key = form.number(name)
    found = work.conn.execute(select(table).where(table.c.id == key)).one_or_none() if key else None
    if found is None:
        raise FormIncomplete({name: "not_a_choice"})
    return found


def span(form: Form, *, since: date | None = None) -> tuple[date, date | None]:
    """Return first and last day of the form. Raises FormIncomplete for a last day before the first one."""
    first = form.day("valid_from") or since or form.needed_day("valid_from")
    last = form.day("valid_until")
    if last is not None and last < first:
        raise FormIncomplete({"valid_until": "same_day_or_later"})
    return first, last


def require_other(work: Work, person_id: int) -> None:
    """Raise OwnRights where somebody would give rights to himself."""
    if person_id == work.actor.person_id:
        raise OwnRights()


def require_excluding(work: Work, person_id: int, role: str, first: date, last: date | None) -> None:
    """Raise AdministratorsExclude where *role* from *first* to *last* does not go with what the person holds then."""

    def meets(table: Table) -> Any:
        begins_before = table.c.valid_from <= last if last is not None else true()
        return and_(begins_before, or_(table.c.valid_until.is_(None), table.c.valid_until >= first))

    held = select(posts.c.role).join(tenures, tenures.c.post_id == posts.c.id)
    roles = [*work.conn.scalars(held.where(tenures.c.person_id == person_id, meets(tenures), meets(posts)))]
    roles += work.conn.scalars(select(grants.c.role).where(grants.c.person_id == person_id, meets(grants)))
    if not excluding_administrators([role, *roles], sides_of_roles(work.conn)):
        raise AdministratorsExclude()


def give_back_tasks(work: Work, person_id: int) -> None:
    """Put what a person had claimed back on the lists of the posts."""
    work.write_later(update(open_tasks).where(open_tasks.c.claimed_by == person_id).values(claimed_by=None))
