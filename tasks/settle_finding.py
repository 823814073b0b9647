"""落实责任: the office maps responsibility to posts and sets due date, kind and criteria before the issue."""

from dataclasses import replace
from typing import Any

from sqlalchemy import delete, select, update

from cases.events import Event
from cases.finding import Kind, State
from cases.refusals import FormIncomplete
from persistence.tables import criteria, findings, milestones, posts, units
from tasks.acts import act
from tasks.case import FindingCase
from tasks.form import Form
from tasks.work import Work

_ROLE_OF_FIELD = {"leader": "responsible_leader", "handler": "handler", "chief": "chief"}


@act(on="finding", task=False, permission="map_posts")
def settle_finding(work: Work, case: FindingCase, form: Form) -> None:
    """Set what a finding needs before it is issued; fields that are not given stay as they are."""
    case.finding.must_be(State.REGISTERED)
    changes: dict[str, Any] = {
        f"{field}_post_id": _post(work, case, field, form.text(field)) for field in _ROLE_OF_FIELD if field in form
    }
    if "due_on" in form:
        changes["due_on"] = form.needed_day("due_on")
    if "kind" in form:
        changes["kind"] = Kind(form.choice("kind", *Kind))
    if "is_key" in form:
        changes["is_key"] = form.flag("is_key")
    if "is_systemic" in form:
        changes["is_systemic"] = form.flag("is_systemic")
    if "category" in form:
        work.write_later(update(findings).where(findings.c.id == case.id).values(category=form.text("category")))
    if "criteria" in form:
        _set_criteria(work, case, form.texts("criteria"))
    if "milestones" in form:
        _set_milestones(work, case, form.texts("milestones"))

    case.finding = replace(case.finding, **changes)
    work.record(case, Event("FindingSettled", {name: str(value) for name, value in changes.items()}))


def _post(work: Work, case: FindingCase, field: str, value: str) -> int:
    """Return the post: it must stand in the unit of the finding or below it, and bear the role."""
    query = (
        select(posts.c.id)
        .join(units, units.c.id == posts.c.unit_id)
        .where(
            posts.c.id == (int(value) if value.isdecimal() else 0),
            posts.c.role == _ROLE_OF_FIELD[field],
            units.c.path >= case.finding.unit_path,
            units.c.path < case.finding.unit_path[:-1] + "0",
        )
    )
    found = work.conn.execute(query).scalar_one_or_none()
    if found is None:
        raise FormIncomplete({field: "not_a_choice"})
    return int(found)


def _set_criteria(work: Work, case: FindingCase, texts: list[str]) -> None:
    work.write_later(delete(criteria).where(criteria.c.finding_id == case.id))
    for seq, text in enumerate((text for text in texts if text.strip()), 1):
        work.add(criteria, finding_id=case.id, seq=seq, code="own", text=text.strip())


def _set_milestones(work: Work, case: FindingCase, lines: list[str]) -> None:
    """Each line is «YYYY-MM-DD text»."""
    work.write_later(delete(milestones).where(milestones.c.finding_id == case.id))
    for seq, line in enumerate((line for line in lines if line.strip()), 1):
        day, _, text = line.strip().partition(" ")
        due_on = Form({"milestones": day}).needed_day("milestones")
        work.add(milestones, finding_id=case.id, seq=seq, text=text.strip() or day, due_on=due_on)
