"""One numbered problem on its way from the issue list to the sign-off.

Which stage comes next is drawn in the diagrams; here stand the facts that hold whatever is drawn.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from cases.events import Event
from cases.moments import shanghai_date
from cases.refusals import CaseError, CaseSuspended
from cases.rights import Subject


class Kind(StrEnum):
    """How long a rectification takes by its nature (整改类型)."""

    IMMEDIATE = "IMMEDIATE"  # 立行立改
    PHASED = "PHASED"  # 分阶段整改
    CONTINUOUS = "CONTINUOUS"  # 持续整改 / 长期坚持


class State(StrEnum):
    """What a finding is, beside the stage that its open task declares."""

    REGISTERED = "registered"  # 登记: on a list, not yet issued
    OPEN = "open"  # 交办 and on its way
    SUSPENDED = "suspended"  # 中止
    SIGNED_OFF = "signed_off"  # 销号
    ENDED = "ended"  # 终结: split into others or merged into one, and no longer counted


class NotReadyToIssue(CaseError):
    """Responsibility is only text that nobody mapped to a post, or days are missing; facts: number, missing, count."""

    code = "not_ready_to_issue"


class WrongState(CaseError):
    """The act does not fit what the finding is now; facts: state."""

    code = "wrong_state"


@dataclass(frozen=True, slots=True)
class Finding:
    """What the rules know of a finding; texts for people stay in the row."""

    id: int
    number: str
    list_id: int
    unit_id: int
    unit_path: str
    office_unit_id: int
    confidentiality: int
    title: str
    category: str
    kind: Kind
    amount_yuan: Decimal | None
    headcount: int | None
    is_key: bool
    is_systemic: bool
    leader_post_id: int | None
    handler_post_id: int | None
    chief_post_id: int | None
    due_on: date | None
    first_due_on: date | None
    state: State
    stage: str
    cycle: int
    basic_done: bool = False
    historic: bool = False
    overdue_since: date | None = None
    issued_at: datetime | None = None
    accepted_at: datetime | None = None
    submitted_at: datetime | None = None
    progress_at: datetime | None = None
    signed_off_at: datetime | None = None
    suspended_because: str | None = None
    attention: int = 0
    returns: int = 0
    closed_as: str | None = None
    closed_at: datetime | None = None

    @property
    def subject(self) -> Subject:
        """What rights are asked about."""
        return Subject(self.id, self.unit_path, self.confidentiality, issued=self.state is not State.REGISTERED)

    def missing_for_issue(self, *, milestones: int = 0) -> tuple[str, ...]:
        """Return what keeps the finding from being issued: names of fields, empty when it is ready.

        *milestones*: how many dated steps it has; one that is kept up for good needs them. History needs nothing.
        """
        if self.historic:
            return ()
        needed = {
            "leader": self.leader_post_id,
            "handler": self.handler_post_id,
            "chief": self.chief_post_id,
            "due_on": self.due_on,
            "milestones": milestones or None if self.kind is Kind.CONTINUOUS else True,
        }
        return tuple(name for name, value in needed.items() if value is None)

    def issue(self, at: datetime, *, milestones: int = 0) -> tuple["Finding", Event]:
        """Hand the finding to its unit. Raises NotReadyToIssue, WrongState."""
        self.must_be(State.REGISTERED)
        if missing := self.missing_for_issue(milestones=milestones):
            raise NotReadyToIssue(number=self.number, missing=missing, count=1)
        issued = replace(self, state=State.OPEN, issued_at=at, first_due_on=self.due_on, stage="issued")
        return issued, Event("FindingIssued", {"due_on": str(self.due_on)})

    def keep_as_history(self) -> tuple["Finding", Event]:
        """It was signed off before it came here: two handlers and the office stand for that, and no case is opened."""
        self.must_be(State.REGISTERED)
        return replace(self, state=State.SIGNED_OFF, stage="sign_off"), Event("HistoryKept")

    def accept(self, at: datetime) -> tuple["Finding", Event]:
        """The unit acknowledges that the finding is its own (签收)."""
        self.must_be(State.OPEN)
        return replace(self, accepted_at=self.accepted_at or at), Event("FindingAccepted")

    def submit(self, at: datetime) -> "Finding":
        """The unit claims that the finding is rectified."""
        self.must_be(State.OPEN)
        return replace(self, submitted_at=at)

    def returned(self) -> "Finding":
        """It came back within its cycle (退回补正)."""
        return replace(self, submitted_at=None, returns=self.returns + 1)

    def sign_off(self, at: datetime) -> tuple["Finding", Event]:
        """Close for good; whether it may be is asked of `cases.sign_off` before."""
        self.must_be(State.OPEN)
        signed = replace(self, state=State.SIGNED_OFF, signed_off_at=at, overdue_since=None, basic_done=False)
        return signed, Event("SignedOff", {"cycle": self.cycle})

    def open_cycle(self, due_on: date | None) -> "Finding":
        """Begin again under the same number: the rectification was false, revoked or did not last."""
        return replace(
            self,
            state=State.OPEN,
            cycle=self.cycle + 1,
            due_on=due_on or self.due_on,
            first_due_on=due_on or self.due_on,
            overdue_since=None,
            submitted_at=None,
            signed_off_at=None,
            accepted_at=None,
            suspended_because=None,
            basic_done=False,
            historic=False,
            attention=0,
            returns=0,
        )

    def suspend(self, reason: str) -> tuple["Finding", Event]:
        """Stop the clock for a legal reason (litigation, force majeure)."""
        self.must_be(State.OPEN)
        return replace(self, state=State.SUSPENDED, suspended_because=reason), Event(
            "FindingSuspended", {"reason": reason}
        )

    def resume(self) -> tuple["Finding", Event]:
        """Go on after a suspension."""
        self.must_be(State.SUSPENDED)
        return replace(self, state=State.OPEN, suspended_because=None), Event("FindingResumed")

    def extend(self, until: date, today: date) -> "Finding":
        """Move the due date after a decision; an overdue flag that no longer holds is taken down."""
        self.must_be(State.OPEN)
        return replace(self, due_on=until, overdue_since=self.overdue_since if until < today else None)

    def mark_overdue(self, today: date) -> tuple["Finding", Event | None]:
        """Raise the overdue flag once; nothing happens when the due date has moved on or the unit has submitted."""
        late = self.due_on is not None and self.due_on < today and self.submitted_at is None
        if self.state is not State.OPEN or self.overdue_since or not late:
            return self, None
        return replace(self, overdue_since=today), Event("MarkedOverdue", {"due_on": str(self.due_on)})

    def must_be(self, *states: State) -> None:
        """Raise CaseSuspended or WrongState unless the finding is in one of *states*."""
        if self.state in states:
            return
        if self.state is State.SUSPENDED:
            raise CaseSuspended()
        raise WrongState(state=self.state)


def is_overdue(state: str, due_on: date | None, submitted_at: datetime | None, today: date) -> bool:
    """Whether an open finding is past its day: nothing lies with the reviewers, or it came to them only after that day.

    The one definition wherever it is shown or counted; `persistence.overdue` asks it of the database.
    """
    if state != State.OPEN or due_on is None or due_on >= today:
        return False
    return submitted_at is None or shanghai_date(submitted_at) > due_on
