"""What an approved correction does, in the same transaction as the consent."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from cases.corrections import Correction
from tasks.case import AnyCase, FindingCase, Running
from tasks.correcting.asked import Asked
from tasks.correcting.contents import change_contents
from tasks.correcting.merging import merge
from tasks.correcting.pausing import resume, suspend
from tasks.correcting.splitting import split
from tasks.correcting.transferring import transfer

if TYPE_CHECKING:
    from tasks.work import Work

_APPLIED: Mapping[Correction, Callable[["Work", FindingCase, Asked], None]] = {
    Correction.TEXT: change_contents,
    Correction.AMOUNT: change_contents,
    Correction.KIND: change_contents,
    Correction.DUE_ON: change_contents,
    Correction.RESPONSIBLE: change_contents,
    Correction.SPLIT: split,
    Correction.MERGE: merge,
    Correction.TRANSFER: transfer,
    Correction.SUSPEND: suspend,
    Correction.RESUME: resume,
}


def apply_correction(work: "Work", case: AnyCase, running: Running) -> None:
    """Do what was asked and consented to, whatever the diagram looks like that leads here."""
    asked = work.correction
    assert isinstance(case, FindingCase)
    assert asked is not None
    assert asked.id == running.subject_id
    assert asked.agreed, "no diagram leads round the consent"
    _APPLIED[asked.correction](work, case, asked)
