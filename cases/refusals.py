"""What a person is told when an act is not possible: each refusal is a class named after it.

The sentence stands in the catalogues under ``refusal.<code>``; status codes are given by ``web/`` alone.
"""

from typing import ClassVar


class CaseError(Exception):
    """Something that the user can do something about; everything else is a bug and rises."""

    code: ClassVar[str]
    field: ClassVar[str | None] = None  # form field beside which the sentence belongs

    def __init__(self, **facts: object) -> None:
        super().__init__(self.code, facts)
        self.facts = facts


class Unknown(CaseError):
    """There is no such thing, or the person may not see it: one answer for both."""

    code = "unknown"


class NotPermitted(CaseError):
    """The person sees the finding but his posts do not allow this act."""

    code = "not_permitted"


class NotYourTask(CaseError):
    """The task is held by another post or was claimed by somebody else."""

    code = "not_your_task"


class NoSuchTask(CaseError):
    """The case is not waiting for this act."""

    code = "no_such_task"


class CaseChanged(CaseError):
    """Somebody else changed the case since the page was opened; facts: who, when, what."""

    code = "case_changed"


class KeyUsedOtherwise(CaseError):
    """The idempotency key was used for another act or another body."""

    code = "key_used_otherwise"


class StrangeWord(CaseError):
    """A row holds a word that this program does not know."""

    code = "strange_word"


class CaseFaulted(CaseError):
    """The stored state of the case cannot be read; it is read-only until repaired."""

    code = "case_faulted"


class RuleFailed(CaseError):
    """A rule, a table or we ourselves broke down in the act; nothing was done, an incident stands; facts: act, id."""

    code = "rule_failed"


class CaseSuspended(CaseError):
    """Nothing moves while the finding is suspended."""

    code = "case_suspended"


class FindingEnded(CaseError):
    """The finding was split or merged: it can be read, and acts go to what came of it; facts: number."""

    code = "finding_ended"


class FormIncomplete(CaseError):
    """Fields are missing or wrong; facts: errors (field -> code)."""

    code = "form_incomplete"

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(errors=errors)
        self.errors = errors


class RehearsalOnly(CaseError):
    """A moment other than now was asked of a database that is not a rehearsal."""

    code = "rehearsal_only"
