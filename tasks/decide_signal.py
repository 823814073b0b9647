"""疑点核定: a person from outside decides whether a signal is well founded; it is a lead, never a verdict.

Grave signals of a finding have a case of their own, in which the unit is heard (`tasks/hearing.py`); here are the
others, and those of lists. One person explains or drops such a lead; he does not find it true.
"""

from dataclasses import replace

from sqlalchemy import select

from cases.comments import require_substance
from cases.events import Event
from cases.refusals import FormIncomplete
from cases.sign_off import BLOCKING, require_independent, require_outside
from persistence.tables import signal_hits
from tasks.acts import act
from tasks.case import FindingCase, ListCase
from tasks.facts_of_case import dossier_of, keep_review
from tasks.form import Form
from tasks.hearing import HEARD
from tasks.suspicion import keep_decisions, open_hearing, undecided_hits
from tasks.work import Work


@act(on="any", needs=("signal", "verdict", "comment"), task=False)
def decide_signal(work: Work, case: FindingCase | ListCase, form: Form) -> None:
    """Explain or drop a signal, or hold it for well founded: then the unit is heard before anybody finds."""
    if isinstance(case, ListCase):
        _of_list(work, case, form)
    else:
        _of_finding(work, case, form)


def _of_finding(work: Work, case: FindingCase, form: Form) -> None:
    require_independent(work.actor, case.finding.unit_path, dossier_of(work, case))
    verdict = _verdict(form)
    hits = undecided_hits(work, case)
    apart = any(task.act in HEARD for task in case.tasks)
    chosen = _chosen(form, {hit: row.signal for hit, row in hits.items() if not (apart and row.severity in BLOCKING)})

    keep_review(work, case, form, verdict)
    work.record(case, Event("SignalDecided", {"signal": hits[chosen].signal, "verdict": verdict}))
    if verdict == "confirmed":
        open_hearing(work, case, {chosen: hits[chosen].signal})
        return
    keep_decisions(work, case, {chosen: (verdict, form.text("comment"))})
    case.finding = replace(case.finding, attention=len(hits) - 1)


def _of_list(work: Work, case: ListCase, form: Form) -> None:
    require_outside(work.actor, case.issue_list.unit_path)
    verdict = _verdict(form)
    waiting = select(signal_hits.c.id, signal_hits.c.signal).where(
        signal_hits.c.list_id == case.id, signal_hits.c.decision.is_(None)
    )
    hits = {row.id: row.signal for row in work.conn.execute(waiting)}
    chosen = _chosen(form, hits)

    keep_review(work, case, form, verdict)
    work.set(
        signal_hits,
        chosen,
        decision=verdict,
        decided_by=work.actor.person_id,
        decided_at=work.at,
        reason=form.text("comment"),
    )
    work.record(case, Event("SignalDecided", {"signal": hits[chosen], "verdict": verdict}))


def _verdict(form: Form) -> str:
    verdict = form.choice("verdict", "confirmed", "explained", "insufficient")
    require_substance(form.text("comment"))
    return verdict


def _chosen(form: Form, hits: dict[int, str]) -> int:
    chosen = form.text("signal")
    if not chosen.isdecimal() or int(chosen) not in hits:
        raise FormIncomplete({"signal": "not_a_choice"})
    return int(chosen)
