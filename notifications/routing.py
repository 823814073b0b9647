"""What happened, who is told, and by which letter: one table, read when an event's letters are owed.

Roles are those of the diagrams; who holds them is found out when the letter is written. Three are named by the event
itself: the roles of an open task, of a rung, and of a receipt.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

TASK_ROLE: Final = "role_of_task"
RUNG_ROLES: Final = "roles_of_rung"
RECEIPT_ROLE: Final = "role_of_receipt"


@dataclass(frozen=True, slots=True)
class Told:
    """One letter and the roles that get it."""

    letter: str
    roles: tuple[str, ...]


_UNIT = ("handler", "responsible_leader", "chief")

LETTERS: Final[Mapping[str, tuple[Told, ...]]] = {
    "FindingIssued": (Told("finding_issued", ("handler", "responsible_leader")),),
    "TaskOpened": (Told("task_waits", (TASK_ROLE,)),),
    "RectificationReturned": (Told("rectification_returned", ("handler",)),),  # by the unit itself
    "ReviewReturned": (Told("rectification_returned", _UNIT),),  # by the inspecting side
    "MarkedOverdue": (Told("finding_overdue", ("handler",)),),  # leaders hear of it from the ladder
    "Urged": (Told("urged", (TASK_ROLE,)),),
    "RungReached": (Told("ladder_notice", (RUNG_ROLES,)),),
    "RungProposed": (Told("rung_proposed", (RUNG_ROLES,)),),
    "PaperSignalRaised": (Told("paper_signal", ("responsible_leader",)),),
    "SuspicionOpened": (Told("suspicion_opened", ("verifier", "inspection_office")),),
    "SuspicionUndecided": (Told("suspicion_undecided", (RUNG_ROLES,)),),  # of the inspecting side alone
    "SuspicionDecided": (Told("suspicion_decided", ("handler", "responsible_leader")),),
    "SuspicionConfirmed": (Told("suspicion_confirmed", ("chief", "superior_leader", "inspection_office")),),
    "SuspicionRed": (Told("suspicion_red", ("inspection_office", "leading_group")),),
    "SecondReadingAsked": (Told("second_reading", ("inspection_office",)),),
    "MeasuresProposed": (Told("measures_proposed", ("leading_group",)),),  # the event names who decides
    "ProposalDecided": (Told("proposal_decided", ("chief", "superior_leader", "inspection_office")),),
    "SignalReplied": (Told("signal_replied", ("verifier",)),),
    "RecurrenceNoted": (Told("recurrence_noted", ("inspection_office",)),),
    "LookBackAppointed": (Told("look_back_appointed", ("look_back_team",)),),  # the unit is not warned of a visit
    "SampledAssigned": (Told("sample_assigned", ("look_back_team",)),),  # the event names who goes
    "MeetingCalled": (Told("meeting_called", ("leading_group",)),),  # the event names its members
    "SecondPersonAsked": (Told("sheet_waits", ("inspection_office",)),),  # the event names who else works there
    "CampaignProposed": (Told("campaign_due", ("inspection_office",)),),  # the event names the office
    "SignedOff": (Told("finding_signed_off", _UNIT),),
    "SignOffRevoked": (Told("sign_off_revoked", (*_UNIT, "superior_leader")),),
    "ExtensionDecided": (Told("extension_decided", ("handler", "responsible_leader")),),
    "CorrectionDecided": (Told("correction_decided", ("inspection_office",)),),  # the event names who asked
    "FindingCorrected": (Told("finding_corrected", _UNIT),),
    "FindingTransferred": (Told("finding_transferred", _UNIT),),
    "FindingLeft": (Told("finding_left", ("handler",)),),  # the event names who held it before
    "FindingEnded": (Told("finding_ended", _UNIT),),
    "FeedbackGiven": (Told("feedback_given", ("chief",)), Told("feedback_notice", ("superior_leader",))),
    "PlanReturned": (Told("plan_returned", ("chief",)),),
    "PlanApproved": (Told("plan_approved", ("chief",)),),
    "ReceiptWaits": (Told("receipt_waits", (RECEIPT_ROLE,)),),
    "CaseFaulted": (Told("case_faulted", ("system_administrator",)),),
    "CalendarMissing": (Told("calendar_missing", ("system_administrator",)),),  # once a week
    "FailuresStand": (Told("failures_stand", ("system_administrator",)),),  # once a day, by tasks.attempts
}

DECIDING: Final = frozenset({"rung_proposed", "measures_proposed"})
"""Letters that ask their reader to decide on measures against a unit: never its own people."""

OF_VERIFICATION: Final = frozenset(
    {
        "paper_signal", "suspicion_opened", "suspicion_undecided", "suspicion_decided", "suspicion_confirmed",
        "suspicion_red", "second_reading", "measures_proposed", "proposal_decided", "signal_replied",
        "recurrence_noted", "look_back_appointed", "sample_assigned", "campaign_due",
    }
)  # fmt: skip
"""Letters about a suspicion, a visit or what follows from them: all call it 核查事项, and none bears a title."""

WITHOUT_EVENT: Final = frozenset({"digest", "nobody_reads"})  # written in place of others

_GENERAL = frozenset({"task_waits", "receipt_waits"})


def told_of(event: str) -> tuple[Told, ...]:
    """Return who is told of an *event* kind by which letter; most events are told to nobody."""
    return LETTERS.get(event, ())


def once_per_person(owed: Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    """Return the (letter, person) pairs of one act on one case without what would be said twice, in their order.

    Who is told something in particular is not told besides that a task waits: the other letter leads to the same page.
    """
    letters = tuple(dict.fromkeys(owed))
    particular = {person for letter, person in letters if letter not in _GENERAL}
    general: set[int] = set()
    kept = []
    for letter, person in letters:
        if letter in _GENERAL:
            if person in particular | general:
                continue
            general.add(person)
        kept.append((letter, person))
    return tuple(kept)
