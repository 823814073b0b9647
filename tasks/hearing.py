"""听取与认定: nobody is condemned unheard.

What speaks against a unit (a suspicion, a doubt in a verification, a look-back, a proposed revocation) runs through one
process, `hear_unit`: statement of the unit, two people who examine, facts put to the unit and its answer, a finding by
the leading group, a review by others. Here stands what its acts ask of each other.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Row, select

from cases.refusals import CaseError
from cases.sign_off import ReplyNotConsidered, SamePerson
from persistence.tables import reviews, signal_replies
from tasks.case import FindingCase, Running
from tasks.form import Form
from tasks.suspicion import VERIFY, keep_decisions, tell_decided, undecided_hits
from tasks.work import LOOK_FOR_SIGNALS, Work

FINDING: Final = "determination"  # the fact that says what the hearing came to
EXAMINING: Final = ("decide_suspicion", "confirm_suspicion")
ANSWERS: Final = ("give_statement", "answer_facts")  # what the unit says, and whoever judges considers
HEARD: Final = (
    "give_statement", "decide_suspicion", "confirm_suspicion", "put_facts", "answer_facts", "find_facts",
    "ask_reconsideration", "decide_reconsideration",
)  # fmt: skip
"""The acts of a hearing, in their order."""

Proposed = Mapping[int, tuple[str, str]]  # hit -> verdict, reason


class NotExamined(CaseError):
    """There is nothing to confirm: the first examination of this hearing is missing."""

    code = "not_examined"


class HearingUnderWay(CaseError):
    """A suspicion of this finding is being heard; what else was seen belongs into that examination."""

    code = "hearing_under_way"
    field = "verdict"


def running_of(work: Work, case: FindingCase) -> Running:
    """Return the process whose task this act completes."""
    assert work.task is not None
    return next(running for running in case.live if running.id == work.task.instance_id)


def hears(work: Work, case: FindingCase) -> bool:
    """Whether the drawing that the task belongs to hears the unit before anything is found; older ones do not."""
    running = running_of(work, case)
    return FINDING in work.office.engine_of(work.conn, running).declared(running.process_id)


def require_no_hearing(case: FindingCase) -> None:
    """Raise HearingUnderWay where a suspicion is being heard: nobody is asked about one matter twice at a time."""
    if any(running.process_id == VERIFY and running.status == "running" for running in case.live):
        raise HearingUnderWay()


def heard_hits(work: Work, case: FindingCase) -> dict[int, Row[Any]]:
    """Return the undecided suspicions that this hearing is about; one about a verification or a visit has none."""
    return undecided_hits(work, case) if running_of(work, case).process_id == VERIFY else {}


def said(work: Work, case: FindingCase, running: Running, *acts: str) -> list[Row[Any]]:
    """Return what was put down in this hearing by *acts*, the last one first."""
    kept = select(reviews).where(
        reviews.c.case_id == case.id, reviews.c.cycle == case.finding.cycle, reviews.c.act.in_(acts)
    )
    rows = work.conn.execute(kept.order_by(reviews.c.at.desc(), reviews.c.id.desc()))
    return [row for row in rows if (row.items or {}).get("hearing") == str(running.id)]


def in_this_hearing(running: Running, **more: Any) -> dict[str, Any]:
    """Return the items of a review that is part of this hearing."""
    return {"hearing": str(running.id), **more}


def proposed_by(examined: Row[Any]) -> dict[int, tuple[str, str]]:
    """Return what the first examiner thought of each suspicion."""
    return {int(hit): (verdict, reason) for hit, (verdict, reason) in (examined.items.get("hits") or {}).items()}


def last_examination(work: Work, case: FindingCase, running: Running) -> Row[Any]:
    """Return the first examiner's verdict that stands. Raises NotExamined."""
    found = said(work, case, running, "decide_suspicion")
    if not found:
        raise NotExamined()
    return found[0]


def require_others(work: Work, case: FindingCase, running: Running, *acts: str) -> None:
    """Raise SamePerson where the actor did one of *acts* in this hearing, himself or as a deputy."""
    for row in said(work, case, running, *acts):
        if work.is_same_person(row.person_id, row.at):
            raise SamePerson(earlier=row.act)


def require_considered(work: Work, case: FindingCase, running: Running, form: Form) -> None:
    """Raise ReplyNotConsidered where the unit said something and the form does not say that it was considered."""
    if form.flag("replies_considered"):
        return
    replies = select(signal_replies.c.id).where(signal_replies.c.hit_id.in_(heard_hits(work, case))).limit(1)
    if said(work, case, running, *ANSWERS) or work.conn.execute(replies).first() is not None:
        raise ReplyNotConsidered()


def keep_established(work: Work, case: FindingCase, running: Running) -> None:
    """The finding stands: what the examiners confirmed counts as confirmed, decided by whoever found."""
    proposed = proposed_by(last_examination(work, case, running))
    found = said(work, case, running, "find_facts")[0]
    _put_down(work, case, {hit: one for hit, one in proposed.items() if one[0] == "confirmed"}, by=found.person_id)


def settle(work: Work, case: FindingCase, decided: Proposed) -> None:
    """Put down what became of suspicions, tell the unit, and look whether others wait for a hearing of their own."""
    _put_down(work, case, decided)
    work.tell(case.id, LOOK_FOR_SIGNALS)


def _put_down(work: Work, case: FindingCase, decided: Proposed, *, by: int | None = None) -> None:
    waiting = undecided_hits(work, case)
    decided = {hit: one for hit, one in decided.items() if hit in waiting}
    if decided:
        keep_decisions(work, case, decided, by=by)
        tell_decided(work, case, waiting, decided)
