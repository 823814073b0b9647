"""What a letter may ask of its reader: a task of his, or what the house permits him now; else it says whose it is.

A letter that names an act names it here. Its text asks under the fact of that act (``{% if accepts %}``), which is set
only for a reader who can do it when the letter is owed; ``doer`` names who has the task instead.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, select

from cases.finding import State
from cases.look_back import STAGE
from cases.rights import LEADS, Actor, may, outside
from cases.signals.own_view import TOLD
from cases.standing_in import Line, Seat, who_acts
from persistence.case_store import TaskRow
from persistence.people import Recipient, load_actor
from persistence.roles import names_of_roles
from persistence.standing_in import seats_behind, title_of
from persistence.tables import signal_hits
from tasks.acts import ACTS
from tasks.case import AnyCase, FindingCase

if TYPE_CHECKING:
    from tasks.work import Work

ANY_TASK: Final = ""  # whatever the reader has to do in the case
ALWAYS: Final = ""  # without a fact: it goes to system administrators alone, and all of them can do it

ASKED: Final[Mapping[str, Mapping[str, str]]] = {
    "task_waits": {ANY_TASK: "works"},
    "urged": {ANY_TASK: "works"},
    "finding_transferred": {ANY_TASK: "works"},
    "receipt_waits": {"sign_receipt": "signs"},
    "feedback_given": {"sign_receipt": "signs", "submit_plan": "plans"},
    "feedback_notice": {"sign_receipt": "signs"},
    "plan_returned": {"submit_plan": "plans"},
    "finding_issued": {"accept_finding": "accepts"},
    "rectification_returned": {"submit_rectification": "submits"},
    "finding_overdue": {"submit_rectification": "submits", "report_progress": "reports"},
    "paper_signal": {"reply_to_signal": "replies"},
    "suspicion_undecided": {"decide_suspicion": "decides", "urge": "urges"},
    "second_reading": {"read_second": "reads"},
    "measures_proposed": {"decide_proposal": "decides"},
    "campaign_due": {"open_campaign": "decides"},
    "sample_assigned": {"record_sampled": "records"},
    "sheet_waits": {"confirm_paper_decision": "confirms"},
    "case_faulted": {"repair_case": ALWAYS},
    "calendar_missing": {"edit_calendar": ALWAYS},
    "nobody_reads": {"resend_letter": ALWAYS},
}
"""Letter -> act that it asks for -> the fact under which its text does so. All other letters ask for nothing."""


class Desks:
    """Who can do what, as the act leaves the cases that it touched; each question is asked once."""

    def __init__(self, work: "Work") -> None:
        self.work = work
        self._seats: dict[tuple[str, str], tuple[Seat, ...]] = {}
        self._actors: dict[int, Actor] = {}
        self._titles: bool | None = None

    def names_titles(self) -> bool:
        """Whether the place wants titles of findings in its mail (setting ``letters.titles``)."""
        if self._titles is None:
            work = self.work
            self._titles = bool(work.office.number_setting(work.conn, "letters.titles", work.today))
        return self._titles

    def seats(self, holder: str, role: str) -> tuple[Seat, ...]:
        """Return who may stand behind a task list."""
        if (holder, role) not in self._seats:
            self._seats[holder, role] = seats_behind(self.work.conn, holder, self.work.today, role=role)
        return self._seats[holder, role]

    def asked_of(self, case: AnyCase, letter: str, reader: Recipient, task: TaskRow | None = None) -> dict[str, str]:
        """Return the facts under which *letter* asks *reader*, each "1" or empty, and ``doer`` where it asks nothing.

        *task*: the one that the letter is about.
        """
        asks = {act: fact for act, fact in ASKED.get(letter, {}).items() if fact != ALWAYS}
        if not asks:
            return {}
        tasks = [task] if task is not None else case.open_tasks()
        said = {fact: "1" if self._can(case, act, reader, tasks) else "" for act, fact in asks.items()}
        return said | {"doer": "" if any(said.values()) else self._doer(asks, reader, tasks)}

    def _can(self, case: AnyCase, act: str, reader: Recipient, tasks: list[TaskRow]) -> bool:
        if is_task(act):
            return any(reader.person_id in self._doers(task) for task in tasks if act in (ANY_TASK, task.act))
        actor, permission = self._actor(reader.person_id), ACTS[act].permission
        if ACTS[act].on == "office":
            return not reader.stands_in and actor.may_anywhere(permission)
        if not isinstance(case, FindingCase) or not FITTING[act](self.work, case, actor):
            return False
        return may(actor, permission, case.finding.subject)

    def _doers(self, task: TaskRow) -> set[int]:
        """Return who can do *task*: its holders or who stands in for them, and who leads the holders of its role."""
        if task.claimed_by is not None:
            return {task.claimed_by}
        seats = self.seats(task.holder, task.role)
        leading = task.holder.startswith("role:") and task.role in LEADS.values()
        leaders = {one.person_id for one in seats if leading and one.line is Line.CHIEF and one.can_act}
        return leaders | {one.person_id for one in who_acts(seats)}

    def _doer(self, asks: Mapping[str, str], reader: Recipient, tasks: list[TaskRow]) -> str:
        """Return the post or role that has a task that is asked for, in the reader's words; empty where none is open.

        Who prepares to look back is told to nobody.
        """
        for task in tasks:
            if task.stage != STAGE and any(act in (ANY_TASK, task.act) for act in asks):
                return holder_in_words(self.work.conn, task.held_by, task.role, reader.language)
        return ""

    def _actor(self, person_id: int) -> Actor:
        if person_id not in self._actors:
            self._actors[person_id] = load_actor(self.work.conn, person_id, self.work.today)
        return self._actors[person_id]


def is_task(act: str) -> bool:
    """Whether what a letter asks for completes an open task."""
    return act == ANY_TASK or ACTS[act].task


def holder_in_words(conn: Connection, holder: str, role: str, language: str) -> str:
    """Return the title of the post behind a task list, or the role that holds it."""
    return title_of(conn, holder, role) or names_of_roles(conn, language).get(role, role)


def _is_being_rectified(_work: "Work", case: FindingCase, _actor: Actor) -> bool:
    return case.finding.state is State.OPEN and bool(case.finding.accepted_at) and not case.finding.submitted_at


def _waits_for_somebody(_work: "Work", case: FindingCase, _actor: Actor) -> bool:
    return case.finding.state is State.OPEN and bool(case.open_tasks())


def _is_asked_about(work: "Work", case: FindingCase, actor: Actor) -> bool:
    """Whether something waits for a decision that the unit is told of, and the reader is of the unit."""
    if case.finding.attention == 0 or outside(actor, case.finding.unit_path):
        return False
    own = (signal_hits.c.finding_id == case.id, signal_hits.c.cycle == case.finding.cycle)
    waiting = select(signal_hits.c.signal).where(*own, signal_hits.c.decision.is_(None))
    named = [event.facts.get("signals") for event in case.events if event.kind == "PaperSignalRaised"]
    raised_now = {str(signal) for one in named if isinstance(one, list | tuple) for signal in one}
    return bool(TOLD & {*work.conn.scalars(waiting), *raised_now})


FITTING: Final[Mapping[str, Callable[["Work", FindingCase, Actor], bool]]] = {
    "report_progress": _is_being_rectified,
    "reply_to_signal": _is_asked_about,
    "urge": _waits_for_somebody,
}
"""When an act beside the way fits; rights are asked apart."""
