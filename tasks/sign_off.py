"""销号: closing for good, by somebody who neither rectified nor verified."""

import hashlib
from dataclasses import asdict, replace

from sqlalchemy import update

from cases.comments import require_substance
from cases.decided import DossierChanged
from cases.events import Event
from cases.sign_off import Dossier, require_independent, require_sign_off
from persistence.columns import canonical
from persistence.tables import cycles
from tasks.acts import act
from tasks.case import FindingCase
from tasks.facts_of_case import dossier_of, keep_review
from tasks.form import Form
from tasks.operations import OUTLASTING
from tasks.signals import signals_standing
from tasks.work import Work


@act(on="finding", needs=("verdict", "comment", "sheet_number"))
def sign_off(work: Work, case: FindingCase, form: Form) -> None:
    """Sign the finding off, or return it to the unit."""
    verdict = form.choice("verdict", "signed", "returned")
    dossier = dossier_to_sign(work, case)
    if verdict == "signed":
        require_sign_off(work.actor, case.finding.unit_path, dossier)
    else:
        require_independent(work.actor, case.finding.unit_path, dossier)
    if work.decided and work.decided.basis != basis_of(case, dossier):
        raise DossierChanged(number=case.number)
    require_substance(form.text("comment"))

    keep_review(work, case, form, verdict)
    if verdict == "signed":
        case.finding, signed = case.finding.sign_off(work.at)
        work.write_later(
            update(cycles)
            .where(cycles.c.finding_id == case.id, cycles.c.cycle == case.finding.cycle)
            .values(closed_at=work.at, result="signed_off")
        )
        work.record(case, signed)
        _end_what_is_beside(work, case)
    else:
        case.finding = case.finding.returned()
        work.record(case, Event("ReviewReturned", {"by": "sign_off", "comment": form.text("comment")}))

    work.complete(case, sign_off_verdict=verdict)


def dossier_to_sign(work: Work, case: FindingCase) -> Dossier:
    """Return the facts on which a sign-off rests, with the signals that they raise now."""
    dossier = dossier_of(work, case)
    return replace(dossier, undecided=[*dossier.undecided, *signals_standing(work, case)])


def basis_of(case: FindingCase, dossier: Dossier) -> str:
    """Return the hash of what a sign-off rests on: who decides later decides on the same facts, or anew.

    Undecided signals are left out: they come with time, and one that matters is an objection of its own.
    """
    settled = asdict(replace(dossier, undecided=()))
    facts = {name: sorted(value) if isinstance(value, frozenset) else value for name, value in settled.items()}
    return hashlib.sha256(canonical([case.finding.cycle, facts]).encode()).hexdigest()


def _end_what_is_beside(work: Work, case: FindingCase) -> None:
    """A request for more time, say, has lost its object."""
    assert work.task is not None
    for running in case.live:
        is_other = running.id != work.task.instance_id and running.process_id not in OUTLASTING
        if is_other and running.status == "running":
            work.cancel(case, running)
