"""What an inspection hands over: numbered findings of one unit, with feedback, plan, review, report and archive."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from cases.events import Event
from cases.refusals import CaseError
from cases.rights import Subject


class ListState(StrEnum):
    """What a list is, beside the stage that its open task declares."""

    REGISTERING = "registering"
    CONSOLIDATED = "consolidated"
    ISSUED = "issued"  # feedback given
    PLANNED = "planned"  # plan approved
    EVALUATED = "evaluated"
    PUBLISHED = "published"
    ARCHIVED = "archived"


REPORTS_TO_COME = (ListState.ISSUED, ListState.PLANNED)  # its report has a day that can be late
BEFORE_FEEDBACK = (ListState.REGISTERING, ListState.CONSOLIDATED)

# Acts from before the feedback: their opinions and working papers stay among those who inspect.
INTERNAL = frozenset({"import_list", "register_findings", "confirm_registration", "settle_finding", "consolidate_list"})


class FindingsOpen(CaseError):
    """Findings are neither signed off nor in an approved long-term plan; facts: count."""

    code = "findings_open"


class ListEmpty(CaseError):
    """A list without findings can't be handed over."""

    code = "list_empty"


class FeedbackInFuture(CaseError):
    """The feedback date lies in the future."""

    code = "feedback_in_future"
    field = "feedback_on"


@dataclass(frozen=True, slots=True)
class IssueList:
    """What the rules know of an issue list."""

    id: int
    number: str
    round_id: int
    unit_id: int
    unit_path: str
    office_unit_id: int
    title: str
    state: ListState
    stage: str
    confidentiality: int
    feedback_on: date | None = None
    plan_approved_at: datetime | None = None
    midterm_on: date | None = None
    report_due_on: date | None = None
    evaluation_grade: str | None = None
    published_on: date | None = None
    archived_at: datetime | None = None

    @property
    def subject(self) -> Subject:
        """What rights are asked about."""
        return Subject(self.id, self.unit_path, self.confidentiality, issued=self.state not in BEFORE_FEEDBACK)

    def give_feedback(
        self, on: date, *, today: date, midterm_on: date, report_due_on: date
    ) -> tuple["IssueList", Event]:
        """Hand the list to the unit; the clock of every finding starts on this day."""
        if on > today:
            raise FeedbackInFuture()
        given = replace(
            self, state=ListState.ISSUED, feedback_on=on, midterm_on=midterm_on, report_due_on=report_due_on
        )
        return given, Event("FeedbackGiven", {"feedback_on": str(on)})

    def approve_plan(self, at: datetime) -> tuple["IssueList", Event]:
        """The joint review agreed."""
        return replace(self, state=ListState.PLANNED, plan_approved_at=at), Event("PlanApproved")

    def evaluate(self, grade: str) -> tuple["IssueList", Event]:
        """Grade the rectification of the whole list."""
        return replace(self, state=ListState.EVALUATED, evaluation_grade=grade), Event(
            "RectificationEvaluated", {"grade": grade}
        )

    def publish(self, on: date) -> tuple["IssueList", Event]:
        """The result was made public within the scope decided."""
        return replace(self, state=ListState.PUBLISHED, published_on=on), Event("ResultPublished", {"on": str(on)})

    def archive(self, at: datetime, *, still_open: int) -> tuple["IssueList", Event]:
        """Close the list for good. Raises FindingsOpen."""
        if still_open:
            raise FindingsOpen(count=still_open)
        return replace(self, state=ListState.ARCHIVED, archived_at=at), Event("ListArchived")
