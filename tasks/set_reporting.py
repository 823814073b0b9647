"""口径: whose list it is, in whose words its papers speak, and what they call 完成率."""

from typing import Any

from sqlalchemy import update

from cases.events import Event
from cases.figures import COMPLETION, Rounding
from cases.known_words import required
from cases.refusals import FormIncomplete
from cases.reporting import DEFAULT_FAMILY, ListSource, of_source
from persistence.tables import issue_lists
from tasks.acts import act
from tasks.case import ListCase
from tasks.form import Form
from tasks.work import Work


@act(on="issue_list", task=False)
def set_reporting(work: Work, case: ListCase, form: Form) -> None:
    """Set how a list reports; what is not given stays as it is. Figures of one kind never change another's."""
    known = work.conn.execute(issue_lists.select().where(issue_lists.c.id == case.id)).one()
    changes: dict[str, Any] = {}
    if "completion" in form:
        changes["completion"] = form.choice("completion", *COMPLETION)
    if "rounding" in form:
        changes["rounding"] = form.choice("rounding", *Rounding)
    if "source" in form or "status_family" in form:
        changes |= _words(required(ListSource, known.source), known.status_family, form)
    if not changes:
        raise FormIncomplete({"completion": "required"})

    work.write_later(update(issue_lists).where(issue_lists.c.id == case.id).values(changes))
    work.record(case, Event("ReportingSet", changes))


def _words(source: ListSource, family: str | None, form: Form) -> dict[str, str | None]:
    """Return source and family of words; words of another source give way. Raises FormIncomplete."""
    if "source" in form:
        source = ListSource(form.choice("source", *ListSource))
    allowed = of_source(source)
    if "status_family" in form:
        family = form.text("status_family")
        if family not in allowed:
            raise FormIncomplete({"status_family": "not_a_choice"})
    return {"source": str(source), "status_family": family if family in allowed else DEFAULT_FAMILY[source]}
