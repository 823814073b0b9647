"""More time: asked for before the deadline, with reasons, at most twice in a cycle, decided by the leading group."""

from dataclasses import dataclass
from datetime import date

from cases.refusals import CaseError

MOST_EXTENSIONS = 2  # DOMAIN.md 4.2; the number in force is the setting `extensions.most`


class TooLateToExtend(CaseError):
    """The deadline has passed; facts: due_on."""

    code = "too_late_to_extend"
    field = "until"


class TooManyExtensions(CaseError):
    """The finding was extended as often as it may be; facts: most."""

    code = "too_many_extensions"


class ExtensionPending(CaseError):
    """An earlier request waits for its decision."""

    code = "extension_pending"


class ExtensionTooShort(CaseError):
    """The new date does not lie after the present one; facts: due_on."""

    code = "extension_too_short"
    field = "until"


@dataclass(frozen=True, slots=True)
class PastRequests:
    """What was asked in this cycle before."""

    approved: int
    pending: bool


def require_extension(due_on: date, until: date, past: PastRequests, *, today: date, most: int) -> None:
    """Raise unless the due date may be asked to move from *due_on* to *until* on *today*."""
    if past.pending:
        raise ExtensionPending()
    if today > due_on:
        raise TooLateToExtend(due_on=due_on)
    if past.approved >= most:
        raise TooManyExtensions(most=most)
    if until <= due_on:
        raise ExtensionTooShort(due_on=due_on)
