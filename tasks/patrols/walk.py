"""One walk through the house: what waits is read, what is due is woken, every patrol is run, and none stops another."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from persistence.attachments import Attachments
from tasks.attempts import cause_of
from tasks.between_cases import wake_due
from tasks.evidence_facts import read_waiting
from tasks.patrols import PATROLS
from tasks.patrols.run import Patrolled, WokenBy, run_patrol

if TYPE_CHECKING:
    from tasks.office import Office

AT_ONCE = 200  # cases that are woken before others are asked for
MOST = 1_000  # files and messages of one walk


@dataclass(frozen=True, slots=True)
class Walked:
    """What a walk came upon; *broken* patrols by name, with the cause."""

    woken: int
    evidence: Mapping[str, int]
    patrols: tuple[Patrolled, ...]
    broken: Mapping[str, str]


def walk(
    office: "Office",
    attachments: Attachments,
    now: datetime,
    names: Iterable[str] = tuple(PATROLS),
    *,
    woken_by: WokenBy = "command",
) -> Walked:
    """Wake what is due at *now* and run the patrols *names* once. Raises KeyError for an unknown name."""
    read = read_waiting(office, attachments, limit=MOST, at=now)
    woken = wake_all(office, now)
    done, broken = [], {}
    for name in names:
        try:
            done.append(run_patrol(office, name, now, woken_by))
        except Exception as why:  # it is logged, and stands among the incidents; the other patrols are no part of it
            broken[name] = cause_of(why)
    return Walked(woken, read, tuple(done), broken)


def wake_all(office: "Office", now: datetime) -> int:
    """Let every timer fire that is due, and what that told others be heard; return how many cases were woken."""
    woken = 0
    while some := wake_due(office, at=now, limit=AT_ONCE):
        woken += some
        if some < AT_ONCE:
            break
    office.settle(MOST, at=now)
    return woken
