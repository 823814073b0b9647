"""When a finding may be signed off: facts that no diagram, setting or role can lift.

Promise: never by someone who rectified it, never without result evidence for every measure (or a decided waiver), never
without an independent verification and a look-back that held, never over an undecided HIGH or CRITICAL signal.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from cases.evidence import RESULT, EvidenceKind
from cases.refusals import CaseError
from cases.rights import Actor, outside


class SamePerson(CaseError):
    """Reporter, verifier and signer are different persons; facts: earlier (the act he did before)."""

    code = "same_person"


class NotFromOutside(CaseError):
    """Verifier, inspector and signer stand outside the unit that rectified."""

    code = "not_from_outside"


class DeputyMayNotSign(CaseError):
    """Plan, report and result are signed by the first responsible person himself; facts: act."""

    code = "deputy_may_not_sign"


class NotOfTheUnit(CaseError):
    """Only people of the inspected unit reply to a suspicion."""

    code = "not_of_the_unit"


class ReplyNotConsidered(CaseError):
    """The unit replied to a suspicion, and whoever decides has not said that he considered it."""

    code = "reply_not_considered"
    field = "replies_considered"


class SecondReaderMissing(CaseError):
    """The score asks for a second reader before the verification passes; facts: score."""

    code = "second_reader_missing"


class EvidenceMissing(CaseError):
    """A rectification came without a single piece of evidence."""

    code = "evidence_missing"
    field = "attachments"


class ResultEvidenceMissing(CaseError):
    """Measures without evidence of a result and without a decided waiver; facts: measures (their numbers)."""

    code = "result_evidence_missing"


class NotVerified(CaseError):
    """Nobody independent has verified this cycle's last submission."""

    code = "not_verified"


class NotLookedBack(CaseError):
    """No look-back of this cycle's last submission held and was confirmed by a second person."""

    code = "not_looked_back"


class SignalUndecided(CaseError):
    """A HIGH or CRITICAL signal waits for a decision; facts: signals."""

    code = "signal_undecided"


class MilestonesOpen(CaseError):
    """A continuous finding is signed off only at its last milestone; facts: left."""

    code = "milestones_open"


class CriteriaOpen(CaseError):
    """A closure criterion was not concluded as met by the verifier; facts: criteria (their numbers)."""

    code = "criteria_open"


BLOCKING = frozenset({"HIGH", "CRITICAL"})


@dataclass(frozen=True, slots=True)
class Proof:
    """A piece of evidence of this cycle, as the rules see it."""

    id: int
    kind: EvidenceKind
    measure_id: int | None
    uploaded_by: int
    adopted: bool | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """A verdict or a look-back: who, and when in the order of this cycle's facts (milliseconds, growing)."""

    persons: tuple[int, ...]
    at: float
    from_outside: bool = True


@dataclass(frozen=True, slots=True)
class Dossier:
    """The facts of the present cycle on which a sign-off rests."""

    measures: Sequence[int]  # ids in their order
    waived: frozenset[int] = frozenset()
    proofs: Sequence[Proof] = ()
    rectified_by: frozenset[int] = frozenset()  # persons: submitted, reported progress, uploaded, reviewed in the unit
    submitted_at: float | None = None
    verified: Checked | None = None  # last desk verification that confirmed
    looked_back: Checked | None = None  # last look-back that held and was confirmed
    milestones_left: int = 0
    undecided: Sequence[tuple[str, str]] = ()  # (signal, severity)
    criteria_open: Sequence[int] = ()
    checked_by: frozenset[int] = field(default=frozenset())  # verifiers and inspectors of this cycle


def measures_without_result(dossier: Dossier) -> tuple[int, ...]:
    """Return the numbers (from 1) of the measures that no result evidence and no waiver covers.

    Evidence that the verifier did not adopt (不采信) does not count; evidence without a measure counts where there is
    only one measure.
    """
    usable = [proof for proof in dossier.proofs if proof.kind in RESULT and proof.adopted is not False]
    covered = {proof.measure_id for proof in usable} | set(dossier.waived)
    if len(dossier.measures) <= 1 and usable:
        return ()
    if not dossier.measures:
        return (1,)
    return tuple(n for n, measure in enumerate(dossier.measures, 1) if measure not in covered)


def require_outside(actor: Actor, unit_path: str) -> None:
    """Raise NotFromOutside where *actor* belongs to the unit at *unit_path*, whatever else he is."""
    if not outside(actor, unit_path):
        raise NotFromOutside()


def require_independent(actor: Actor, unit_path: str, dossier: Dossier) -> None:
    """Raise unless *actor* is from outside the unit and had no hand in the rectification."""
    require_outside(actor, unit_path)
    if actor.persons & dossier.rectified_by:
        raise SamePerson(earlier="rectified")


def objections(dossier: Dossier) -> tuple[CaseError, ...]:
    """Return everything that still stands against a sign-off, whoever signs; empty when nothing does."""
    found: list[CaseError] = []
    if missing := measures_without_result(dossier):
        found.append(ResultEvidenceMissing(measures=missing))
    after = dossier.submitted_at
    verified, looked_back = dossier.verified, dossier.looked_back
    if after is None or verified is None or verified.at < after or not verified.from_outside:
        found.append(NotVerified())
    elif set(verified.persons) & dossier.rectified_by:  # he had a hand in it afterwards
        found.append(SamePerson(earlier="rectified"))
    if after is None or looked_back is None or looked_back.at < after or not looked_back.from_outside:
        found.append(NotLookedBack())
    elif set(looked_back.persons) & dossier.rectified_by:
        found.append(NotFromOutside())
    if dossier.criteria_open:
        found.append(CriteriaOpen(criteria=tuple(dossier.criteria_open)))
    if dossier.milestones_left:
        found.append(MilestonesOpen(left=dossier.milestones_left))
    if blocking := tuple(sorted({signal for signal, severity in dossier.undecided if severity in BLOCKING})):
        found.append(SignalUndecided(signals=blocking))
    return tuple(found)


def require_apart(actor: Actor, unit_path: str, dossier: Dossier) -> None:
    """Raise unless *actor* had a hand neither in the rectification nor in checking it."""
    require_independent(actor, unit_path, dossier)
    if actor.persons & dossier.checked_by:
        raise SamePerson(earlier="verified")


def require_sign_off(actor: Actor, unit_path: str, dossier: Dossier) -> None:
    """Raise the first objection against *actor* signing off the finding of the unit at *unit_path*."""
    require_apart(actor, unit_path, dossier)
    for objection in objections(dossier):
        raise objection
