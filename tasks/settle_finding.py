"""落实责任: the office maps responsibility to posts and sets due date, kind and criteria before the issue."""

from dataclasses import replace
from typing import Any

from sqlalchemy import delete, update

from cases.events import Event
from cases.finding import Kind, State
from cases.refusals import FormIncomplete
from persistence.tables import criteria, findings
from tasks.acts import act
from tasks.case import FindingCase
from tasks.form import Form
from tasks.milestones import keep_milestones, read_milestones
from tasks.responsible_posts import ROLE_OF_FIELD, post_for
from tasks.work import Work


@act(on="finding", task=False, permission="map_posts")
def settle_finding(work: Work, case: FindingCase, form: Form) -> None:
    """Set what a finding needs before it is issued; fields that are not given stay as they are."""
    case.finding.must_be(State.REGISTERED)
    changes: dict[str, Any] = {
        f"{field}_post_id": post_for(work, case.finding.unit_path, field, form)
        for field in ROLE_OF_FIELD
        if field in form
    }
    if "due_on" in form:
        changes["due_on"] = form.needed_day("due_on")
    if "kind" in form:
        changes["kind"] = Kind(form.choice("kind", *Kind))
    if "is_key" in form:
        changes["is_key"] = form.flag("is_key")
    if "is_systemic" in form:
        changes["is_systemic"] = form.flag("is_systemic")
    if "historic" in form:
        changes["historic"] = _historic(case, form.flag("historic"))
    if "category" in form:
        work.write_later(update(findings).where(findings.c.id == case.id).values(category=form.text("category")))
    if "criteria" in form:
        _set_criteria(work, case, form.texts("criteria"))
    if "milestones" in form:
        keep_milestones(work, case.id, read_milestones(form))

    case.finding = replace(case.finding, **changes)
    work.record(case, Event("FindingSettled", {name: str(value) for name, value in changes.items()}))


def _set_criteria(work: Work, case: FindingCase, texts: list[str]) -> None:
    work.write_later(delete(criteria).where(criteria.c.finding_id == case.id))
    for seq, text in enumerate((text for text in texts if text.strip()), 1):
        work.add(criteria, finding_id=case.id, seq=seq, code="own", text=text.strip())


def _historic(case: FindingCase, wanted: bool) -> bool:
    """Only a ledger makes history, and the office may doubt it: then the finding is issued like any other."""
    if wanted and not case.finding.historic:
        raise FormIncomplete({"historic": "not_a_choice"})
    return wanted
