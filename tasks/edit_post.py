"""岗位: a post of a unit with its role; the role is given once, because rights of the past hang on it."""

from cases.events import Event
from cases.refusals import FormIncomplete
from cases.rights import UNIT_SIDE, Clearance, Role, Side
from persistence.roles import sides_of_roles
from persistence.tables import posts, units
from tasks.acts import act
from tasks.case import OfficeCase
from tasks.form import Form
from tasks.roster import OwnRights, row_of, span
from tasks.work import Work


@act(on="office", needs=("title", "clearance"), task=False, permission="edit_people")
def edit_post(work: Work, case: OfficeCase, form: Form) -> None:
    """Set up a post in *unit*, or change title, clearance and last day of the one named in *post*."""
    title = form.text("title")[:100]
    clearance = int(form.choice("clearance", *(str(int(level)) for level in Clearance)))
    if "post" not in form:
        form.need("unit", "role")
        unit = row_of(work, units, form, "unit")
        sides = sides_of_roles(work.conn)
        role = form.choice("role", *sides)
        scope = _scope(work, form, role, sides[role], unit.id)
        first, last = span(form, since=work.today)
        post_id = work.add(
            posts, unit_id=unit.id, title=title, role=role, scope_unit_id=scope, clearance=clearance,
            valid_from=first, valid_until=last,
        )  # fmt: skip
        facts = {"unit": unit.name, "role": role}
    else:
        post = row_of(work, posts, form, "post")
        post_id = post.id
        if f"post:{post_id}" in work.actor.holders:
            raise OwnRights()
        _, last = span(form, since=post.valid_from)
        work.set(posts, post_id, title=title, clearance=clearance, valid_until=last)
        facts = {"role": post.role}
    work.answer |= {"post": str(post_id)}
    work.record(case, Event("PostEdited", {"post": str(post_id), "title": title, **facts, "until": str(last or "")}))


def _scope(work: Work, form: Form, role: str, side: Side, unit_id: int) -> int:
    """Return where the role holds.

    That of an administrator or a superior leader holds on the unit itself, and so do the four of a responsible unit;
    all others where it is said, a leading department (牵头单位) on the unit that it leads.
    """
    if side in (Side.ADMINISTRATION, Side.SUPERIOR) or role in UNIT_SIDE - {Role.LEADING_DEPARTMENT}:
        if form.number("scope") not in (None, unit_id):
            raise FormIncomplete({"scope": "not_a_choice"})
        return unit_id
    if side is Side.UNIT and "scope" not in form:
        return unit_id
    return int(row_of(work, units, form, "scope").id)
