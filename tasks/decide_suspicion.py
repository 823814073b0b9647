"""核查: somebody from outside the unit examines the facts, suspicion by suspicion, with reasons of substance.

Where the drawing hears the unit (`hear_unit`) this is the first of two examiners, and what he confirms is found by
others; cases on an older drawing are decided here.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, select

from cases.comments import CommentWithoutSubstance, require_substance
from cases.events import Event
from cases.refusals import FormIncomplete
from cases.sign_off import BLOCKING, ReplyNotConsidered, require_independent
from persistence.tables import signal_replies
from tasks.acts import act
from tasks.case import FindingCase
from tasks.facts_of_case import dossier_of, keep_review
from tasks.form import Form
from tasks.hearing import heard_hits, hears, in_this_hearing, require_considered, running_of
from tasks.suspicion import keep_decisions, tell_decided, undecided_hits
from tasks.work import Work

VERDICTS = ("confirmed", "explained", "insufficient")


@act(on="finding", needs=("comment",))
def decide_suspicion(work: Work, case: FindingCase, form: Form) -> None:
    """Say of each suspicion that waits, or of the doubt, whether the facts are there; *comment*: what was looked at."""
    require_independent(work.actor, case.finding.unit_path, dossier_of(work, case))
    require_substance(form.text("comment"))
    if hears(work, case):
        _examine(work, case, form)
    else:
        _decide(work, case, form)


def _examine(work: Work, case: FindingCase, form: Form) -> None:
    running = running_of(work, case)
    hits = heard_hits(work, case)
    require_considered(work, case, running, form)
    if hits:
        examined = _decided(form, hits)
        there = any(verdict == "confirmed" for verdict, _ in examined.values())
    else:
        form.need("verdict")
        examined, there = {}, form.choice("verdict", "found", "not_found") == "found"

    verdict = "confirmed" if there else "cleared"
    kept = {str(hit): list(one) for hit, one in examined.items()}
    keep_review(work, case, form, verdict, items=in_this_hearing(running, hits=kept))
    work.record(case, Event("SuspicionExamined", {"by": "first", "verdict": verdict}))

    work.complete(case, suspicion_verdict=verdict)


def _decide(work: Work, case: FindingCase, form: Form) -> None:
    hits = undecided_hits(work, case)
    decided = _decided(form, hits)
    if _was_replied(work, decided) and not form.flag("replies_considered"):
        raise ReplyNotConsidered()

    confirmed = any(verdict == "confirmed" for verdict, _ in decided.values())
    verdict = "confirmed" if confirmed else "cleared"
    keep_review(work, case, form, verdict, items={str(hit): list(one) for hit, one in decided.items()})
    keep_decisions(work, case, decided)
    tell_decided(work, case, hits, decided)

    work.complete(case, suspicion_verdict=verdict)


def _decided(form: Form, hits: Mapping[int, Row[Any]]) -> dict[int, tuple[str, str]]:
    """Return hit -> (verdict, reason), from lines «<hit> <verdict>» and «<hit> <reason>»; all grave ones."""
    form.need("decisions", "reasons")
    verdicts, reasons = _by_hit(form, "decisions"), _by_hit(form, "reasons")
    if set(verdicts) - set(hits) or any(one not in VERDICTS for one in verdicts.values()):
        raise FormIncomplete({"decisions": "not_a_choice"})
    grave = {hit for hit, row in hits.items() if row.severity in BLOCKING}
    if not verdicts or grave - set(verdicts):
        raise FormIncomplete({"decisions": "suspicion_undecided"})
    for hit in verdicts:
        try:
            require_substance(reasons.get(hit, ""))
        except CommentWithoutSubstance:
            raise FormIncomplete({"reasons": "reason_without_substance"}) from None
    return {hit: (verdict, reasons[hit]) for hit, verdict in verdicts.items()}


def _by_hit(form: Form, name: str) -> dict[int, str]:
    lines = (line.strip().partition(" ") for line in form.texts(name))
    return {int(number): text.strip() for number, _, text in lines if number.isdecimal() and text.strip()}


def _was_replied(work: Work, decided: Mapping[int, object]) -> bool:
    replies = select(signal_replies.c.id).where(signal_replies.c.hit_id.in_(decided)).limit(1)
    return work.conn.execute(replies).first() is not None
