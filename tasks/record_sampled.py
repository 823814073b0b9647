"""记录核查: what was found at a drawn finding, fact by fact, beside what the dossier says."""

from collections.abc import Mapping
from typing import Any

from cases.comments import require_substance
from cases.events import Event
from cases.finding import State
from cases.look_back import NotAnInspector, require_inspectors
from cases.moments import shanghai_date
from cases.refusals import FormIncomplete
from cases.sampling import Result
from persistence.tables import papers, sampled
from tasks.acts import act
from tasks.assign_sampled import CheckedAlready
from tasks.case import FindingCase, OfficeCase, SampleCase
from tasks.evidence import keep_blob
from tasks.form import Form
from tasks.open_durability import is_looked_back_on, open_look_back
from tasks.registering import judge_one, keep, register_named
from tasks.sampling import drawn_finding, open_sample, require_unconcerned, setting
from tasks.work import Work

MOST_CHECKS, LONGEST_NOTE = 100, 500
_PARTS = ("fact", "dossier", "found")


@act(on="office", needs=("sample", "number", "result"), task=False)
def record_sampled(work: Work, _case: OfficeCase, form: Form) -> None:
    """Put down a check: *checks* are facts, each with what the dossier says, what was found, and whether they agree.

    *result* is checked, or unknown with the reason in *comment* where nobody and nothing could be reached.
    """
    case, sample = open_sample(work, form)
    row, finding = drawn_finding(work, sample, form.text("number"))
    if row.result is not None:
        raise CheckedAlready()
    if work.actor.person_id not in (row.assigned_to or []):
        raise NotAnInspector()
    require_unconcerned(work, finding, row.assigned_to)  # who was assigned may have become concerned since

    if form.choice("result", "checked", "unknown") == "unknown":
        _record_unknown(work, case, finding, row.id, form)
    else:
        _record_checked(work, case, finding, row, form)


def _record_unknown(work: Work, case: SampleCase, finding: FindingCase, row_id: int, form: Form) -> None:
    form.need("comment")
    require_substance(form.text("comment"))
    _keep(work, row_id, Result.UNKNOWN, form.text("comment"), papers=_file(work, case))
    work.record(case, Event("SampledRecorded", {"number": finding.number, "result": str(Result.UNKNOWN)}))


def _record_checked(work: Work, case: SampleCase, finding: FindingCase, row: Any, form: Form) -> None:
    form.need("visited_on", "visitors", "place", "checks")
    visited_on, visitors = form.needed_day("visited_on"), _visitors(work, form, row.assigned_to)
    if not shanghai_date(row.assigned_at) <= visited_on <= work.today:
        raise FormIncomplete({"visited_on": "after_assignment_until_today"})
    checks = checks_of(form)
    mismatches = sum(not one["agrees"] for one in checks)
    result = Result.DISAGREES if mismatches else Result.AGREES
    _keep(
        work, row.id, result, form.text("comment"), papers=_file(work, case), visited_on=visited_on,
        visitors=visitors, place=form.text("place"), checks=checks, asked=len(checks), mismatches=mismatches,
    )  # fmt: skip
    told = {"number": finding.number, "result": str(result), "asked": len(checks), "mismatches": mismatches}
    work.record(case, Event("SampledRecorded", told))
    _register(work, case, finding, form, checks)
    may_look_back = finding.finding.state is State.SIGNED_OFF and not is_looked_back_on(finding)
    if mismatches and form.flag("look_back") and may_look_back:
        open_look_back(work, finding)


def _keep(work: Work, row_id: int, result: Result, record: str, **values: Any) -> None:
    values |= {"result": result, "record": record, "recorded_by": work.actor.person_id, "recorded_at": work.at}
    work.set(sampled, row_id, **values)


def _visitors(work: Work, form: Form, assigned: list[int]) -> list[int]:
    """Return who went: at least two of those assigned, the recorder among them."""
    visitors = list(dict.fromkeys(form.ids("visitors")))
    if set(visitors) - set(assigned) or work.actor.person_id not in visitors:
        raise FormIncomplete({"visitors": "not_a_choice"})
    require_inspectors(visitors, setting(work, "look_back.least_inspectors"), ())
    return visitors


def checks_of(form: Form) -> list[dict[str, Any]]:
    """Return the facts that were asked. Raises FormIncomplete where one is not said in full."""
    given = form["checks"]
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_CHECKS:
        raise FormIncomplete({"checks": "required"})
    checks = []
    for one in given:
        if not isinstance(one, Mapping) or not isinstance(one.get("agrees"), bool):
            raise FormIncomplete({"checks": "check_incomplete"})
        said: dict[str, Any] = {name: str(one.get(name, "")).strip() for name in _PARTS}
        if not all(said.values()):
            raise FormIncomplete({"checks": "check_incomplete"})
        checks.append(said | {"agrees": one["agrees"]})
    return checks


def _file(work: Work, case: SampleCase) -> list[int]:
    """Keep what was brought home with the sample, not in the dossier: it speaks about the unit, not for it."""
    kept = []
    for attachment in work.attachments:
        keep_blob(work, attachment)
        file = {"sha256": attachment.sha256, "filename": attachment.filename, "act": work.act}
        by = {"uploaded_by": work.actor.person_id, "uploaded_at": work.at}
        kept.append(work.add(papers, case_id=case.id, **file, **by))
    return kept


def _register(work: Work, case: SampleCase, finding: FindingCase, form: Form, checks: list[dict[str, Any]]) -> None:
    """Enter the check into the register that PR-29 reads: it stands with the finding, and its signals are looked at."""
    wrong = [one["fact"] for one in checks if not one["agrees"]]
    told = {
        "on": form.text("visited_on"),
        "asked": len(checks),
        "mismatches": len(wrong),
        "note": "：".join((case.number, "；".join(wrong)) if wrong else (case.number,))[:LONGEST_NOTE],
    }
    register = register_named("spot_check")
    row = judge_one(work, finding, register, told)
    (entry,) = keep(work, register, [row])
    facts = {"register": register.name, "entry": str(entry), "fields": dict(row.values)}
    work.record(finding, Event("RegisterEntered", facts))
