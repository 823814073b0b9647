"""Corrections in life: a finding says something wrong, lies with the wrong unit, is two findings or half of one.

Whose consent a correction needs is a decision table (`corrections`); what it may do stands here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from enum import StrEnum

from cases.events import Event
from cases.finding import Finding, State
from cases.refusals import CaseError


class Correction(StrEnum):
    """What is corrected."""

    TEXT = "text"
    AMOUNT = "amount"
    KIND = "kind"
    DUE_ON = "due_on"
    RESPONSIBLE = "responsible"
    SPLIT = "split"
    MERGE = "merge"
    TRANSFER = "transfer"
    SUSPEND = "suspend"
    RESUME = "resume"


class Approval(StrEnum):
    """Whose consent a correction needs, the least demanding first."""

    NONE = "none"
    SECOND_PERSON = "second_person"
    LEADING_GROUP = "leading_group"
    REFUSED = "refused"


class ClosedAs(StrEnum):
    """How a finding ended without a sign-off."""

    SPLIT = "split"
    MERGED = "merged"


class CorrectionRefused(CaseError):
    """The decision table allows no such correction in this state; facts: correction, state."""

    code = "correction_refused"


class CorrectionPending(CaseError):
    """An earlier correction of the finding waits for its decision."""

    code = "correction_pending"


class NothingToCorrect(CaseError):
    """Every value that was given is the one that stands there already."""

    code = "nothing_to_correct"


class CannotMerge(CaseError):
    """Findings of different units, lists or states are not one; facts: number."""

    code = "cannot_merge"
    field = "merged"


def state_word(finding: Finding) -> str:
    """Return how the decision table calls the state of *finding*: one that was submitted is no longer merely open."""
    return "submitted" if finding.state is State.OPEN and finding.submitted_at else str(finding.state)


def strictest(approvals: Iterable[Approval]) -> Approval:
    """Return the consent that covers all of *approvals*."""
    return max(approvals, key=list(Approval).index)


def close_as(finding: Finding, how: ClosedAs, at: datetime) -> tuple[Finding, Event]:
    """End *finding* without a sign-off: from now on its parts or its survivor are counted."""
    finding.must_be(State.REGISTERED, State.OPEN)
    ended = replace(
        finding, state=State.ENDED, stage="ended", closed_as=str(how), closed_at=at, overdue_since=None, attention=0
    )
    return ended, Event("FindingEnded", {"as": str(how)})


def require_mergeable(survivor: Finding, others: Sequence[Finding]) -> None:
    """Raise CannotMerge unless *others* are findings of the survivor's unit and list, in its state, and not itself."""
    for other in others:
        alike = (other.unit_id, other.list_id, other.confidentiality, state_word(other)) == (
            survivor.unit_id, survivor.list_id, survivor.confidentiality, state_word(survivor),
        )  # fmt: skip
        if not alike or other.id == survivor.id:
            raise CannotMerge(number=other.number)


def merged_into(survivor: Finding, others: Sequence[Finding]) -> Finding:
    """Return *survivor* with what the others bring: no deadline is gained, no delay forgotten, no importance lost."""
    every = (survivor, *others)
    amounts = [one.amount_yuan for one in every if one.amount_yuan is not None]
    return replace(
        survivor,
        amount_yuan=sum(amounts[1:], amounts[0]) if amounts else None,
        headcount=sum(one.headcount or 0 for one in every) or None,
        due_on=_earliest(one.due_on for one in every),
        first_due_on=_earliest(one.first_due_on for one in every),
        overdue_since=_earliest(one.overdue_since for one in every),
        is_key=any(one.is_key for one in every),
        is_systemic=any(one.is_systemic for one in every),
        returns=max(one.returns for one in every),
    )


def _earliest(days: Iterable[date | None]) -> date | None:
    return min((day for day in days if day is not None), default=None)
