"""核定疑点: somebody from outside the unit decides every grave suspicion of a finding, with reasons of substance."""

from collections.abc import Mapping
from dataclasses import replace
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
from tasks.suspicion import keep_decisions, undecided_hits
from tasks.work import Work

VERDICTS = ("confirmed", "explained", "insufficient")


@act(on="finding", needs=("decisions", "reasons", "comment"))
def decide_suspicion(work: Work, case: FindingCase, form: Form) -> None:
    """Confirm, explain or drop each of the suspicions that wait; *comment* says what was looked at."""
    require_independent(work.actor, case.finding.unit_path, dossier_of(work, case))
    require_substance(form.text("comment"))
    hits = undecided_hits(work, case)
    decided = _decided(form, hits)
    if _was_replied(work, decided) and not form.flag("replies_considered"):
        raise ReplyNotConsidered()

    confirmed = any(verdict == "confirmed" for verdict, _ in decided.values())
    verdict = "confirmed" if confirmed else "cleared"
    keep_review(work, case, form, verdict, items={str(hit): list(one) for hit, one in decided.items()})
    keep_decisions(work, case, decided)
    case.finding = replace(case.finding, attention=len(hits) - len(decided))
    named = {hits[hit].signal: one for hit, (one, _) in decided.items()}
    work.record(case, Event("SuspicionDecided", {"verdicts": named}))

    work.complete(case, suspicion_verdict=verdict)


def _decided(form: Form, hits: Mapping[int, Row[Any]]) -> dict[int, tuple[str, str]]:
    """Return hit -> (verdict, reason), from lines «<hit> <verdict>» and «<hit> <reason>»; all grave ones."""
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
