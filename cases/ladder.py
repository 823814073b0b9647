"""The ladder: who is told when a finding is late, and what the system may only propose.

Rungs come from a decision table as plain rows (``config.ladder.ROWS`` is the one to start with). A notice is unique by
(subject, cycle, rung, trigger, period), so it makes no difference how often or on how many machines it is worked out.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import assert_never

from cases.calendar import WorkingCalendar
from cases.rights import SIDES, Side

FIRST_HUMAN_RANK = 5  # from the interview (约谈) on, a table cannot let the system act


class Trigger(StrEnum):
    """What puts a finding (or a unit) on a rung."""

    DEADLINE = "deadline"  # days after the due day; before it when negative
    NO_PROGRESS = "no_progress"  # days since the last progress entry
    RETURNED = "returned"  # how many times it came back in this cycle
    KEY_FINDING = "key_finding"  # like DEADLINE, for key findings
    CONCENTRATED = "concentrated"  # per cent of the unit's open findings that are overdue; the subject is a unit
    DECISION = "decision"  # only a person puts somebody here
    SUSPICION_UNDECIDED = "suspicion_undecided"  # days since a suspicion could be decided; the inspectors' own delay


class LadderUnit(StrEnum):
    """In what ``after_days`` of a rung is counted."""

    WORKING_DAYS = "working_days"
    DAYS = "days"
    TIMES = "times"
    PERCENT = "percent"


class DecidedBy(StrEnum):
    """Whether a rung is a notice that goes out or a proposal to somebody."""

    SYSTEM = "system"
    HUMAN = "human"


_UNITS = {
    Trigger.DEADLINE: {LadderUnit.WORKING_DAYS, LadderUnit.DAYS},
    Trigger.NO_PROGRESS: {LadderUnit.WORKING_DAYS, LadderUnit.DAYS},
    Trigger.KEY_FINDING: {LadderUnit.WORKING_DAYS, LadderUnit.DAYS},
    Trigger.RETURNED: {LadderUnit.TIMES},
    Trigger.CONCENTRATED: {LadderUnit.PERCENT},
    Trigger.DECISION: set(LadderUnit),
    Trigger.SUSPICION_UNDECIDED: {LadderUnit.WORKING_DAYS},
}


@dataclass(frozen=True, slots=True)
class Rung:
    """One row of the ladder. Raises ValueError where a row would let the system do what a person must decide."""

    code: str  # named in the catalogues as ``rung.<code>``
    rank: int
    trigger: Trigger
    after_days: int
    unit: LadderUnit
    addressees: tuple[str, ...]  # roles
    decided_by: DecidedBy = DecidedBy.SYSTEM
    reply_working_days: int | None = None
    repeat_after_days: int | None = None  # it speaks again each time that so many more have passed

    @property
    def is_human(self) -> bool:
        """Whether the system only proposes it."""
        return self.decided_by is DecidedBy.HUMAN

    def __post_init__(self) -> None:
        if self.rank >= FIRST_HUMAN_RANK and self.decided_by is not DecidedBy.HUMAN:
            raise ValueError(f"rung {self.code}: rank {self.rank} is decided by a person")
        if self.unit not in _UNITS[self.trigger]:
            raise ValueError(f"rung {self.code}: {self.trigger} is not counted in {self.unit}")
        if self.trigger in (Trigger.RETURNED, Trigger.CONCENTRATED, Trigger.NO_PROGRESS) and self.after_days < 1:
            raise ValueError(f"rung {self.code}: {self.trigger} needs a number above 0")
        if not self.addressees:
            raise ValueError(f"rung {self.code} tells nobody")
        if self.trigger is Trigger.SUSPICION_UNDECIDED:
            self._require_inspectors_own()
        elif self.repeat_after_days is not None:
            raise ValueError(f"rung {self.code}: {self.trigger} is not repeated")

    def _require_inspectors_own(self) -> None:
        """Refuse to tell the unit how late the inspectors are, or to ask a person before anybody knows of it."""
        outsiders = [role for role in self.addressees if SIDES.get(role, Side.INSPECTING) is not Side.INSPECTING]
        if outsiders:
            raise ValueError(f"rung {self.code}: {self.trigger} is not for {', '.join(outsiders)}")
        if self.is_human or self.after_days < 1 or (self.repeat_after_days is not None and self.repeat_after_days < 1):
            raise ValueError(f"rung {self.code}: {self.trigger} is told by the system, after days above 0")


@dataclass(frozen=True, slots=True)
class Standing:
    """What the ladder looks at: a finding in its cycle, a suspicion (``undecided_since``, ``paused_days``), or a unit
    (which has ``percent_overdue`` alone).

    ``since`` is the day it was issued or extended: a rung before the due day counts only if it lies after that, so that
    nobody is urged on the day he gets a short errand. ``last_progress_on`` falls back to it.
    """

    subject: str
    cycle: int = 1
    due_on: date | None = None
    since: date | None = None
    last_progress_on: date | None = None
    returned: int = 0
    is_key: bool = False
    percent_overdue: int = 0
    undecided_since: date | None = None  # the day on which the suspicion could be decided first
    paused_days: int = 0  # working days since then on which the case was suspended


@dataclass(frozen=True, slots=True)
class NoticeKey:
    """What makes a notice the same notice.

    ``period`` is the due day, the day of the last progress, the count of returns or the month, as text by its trigger;
    of a suspicion the day since which it waits, and behind it the number of a rung that speaks again.
    ``trigger`` is open text, since other works keep notices of their own beside the ladder's (a campaign): theirs are
    other keys and no concern of a rung.
    """

    subject: str
    cycle: int
    code: str
    trigger: str
    period: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A rung that was reached, with the key that it is stored under."""

    key: NoticeKey
    rung: Rung

    @property
    def times(self) -> int:
        """How often the rung has come round, this time included."""
        return int(self.key.period.partition(" ")[2] or 1) if self.rung.repeat_after_days else 1


@dataclass(frozen=True, slots=True)
class Climb:
    """What a patrol does next: tell at most one notice, propose at most one, and record the rest as superseded."""

    tell: Notice | None = None
    propose: Notice | None = None
    superseded: tuple[Notice, ...] = ()


def ladder(rows: Iterable[Mapping[str, str | int | None]]) -> tuple[Rung, ...]:
    """Return the rungs of a decision table, lowest first.

    Addressees stand as a comma list of roles. Raises ValueError, naming the row, for anything that is no rung.
    """
    rungs = [_rung(position, row) for position, row in enumerate(rows, start=1)]
    ranks: dict[str, int] = {}
    for rung in rungs:
        if ranks.setdefault(rung.code, rung.rank) != rung.rank:
            raise ValueError(f"rung {rung.code} has two ranks")
    return tuple(sorted(rungs, key=lambda rung: rung.rank))


def last_start(rung: Rung, as_of: date, calendar: WorkingCalendar) -> date:
    """Return the latest day from which *rung* is reached by *as_of*: a due day, or the day of the last progress.

    The one definition of a rung that counts days: whoever was due, or last reported, on that day or before stands on
    it. The rules below ask it of one finding, a patrol's query asks it of all.
    """
    if rung.unit is LadderUnit.DAYS:
        return as_of - timedelta(days=rung.after_days)
    return calendar.last_start(as_of, rung.after_days)


def rungs_reached(
    rungs: Iterable[Rung], standing: Standing, as_of: date, calendar: WorkingCalendar
) -> tuple[Notice, ...]:
    """Return every notice whose rung *standing* has reached on the day *as_of*, in the order of *rungs*.

    A rung that speaks again is there once for each time, the last one first. On a free day the ladder is silent. So a
    rung counted in working days speaks on its day, which is a working day, and every other one on the first working day
    from its day on.
    """
    if not calendar.is_working_day(as_of):
        return ()
    reached = ((rung, period) for rung in rungs for period in _periods_reached(rung, standing, as_of, calendar))
    return tuple(
        Notice(NoticeKey(standing.subject, standing.cycle, rung.code, str(rung.trigger), period), rung)
        for rung, period in reached
    )


def next_notices(
    rungs: Iterable[Rung],
    standing: Standing,
    as_of: date,
    calendar: WorkingCalendar,
    *,
    noticed: Collection[NoticeKey],
) -> Climb:
    """Return what is to be told and proposed now, given the keys *noticed* in any way in this cycle.

    Only the highest new rung speaks; lower ones, and those below what was already told for this due day, are
    superseded. A proposal silences no notice: nobody has decided it yet. With the answer's keys added to *noticed* the
    next answer is empty.
    """
    steps = tuple(rungs)
    fresh = [notice for notice in rungs_reached(steps, standing, as_of, calendar) if notice.key not in noticed]
    height = _height(steps, standing, noticed)

    audible = [notice for notice in fresh if _is_news(notice, standing, height[notice.rung.decided_by])]

    tell = _highest(audible, DecidedBy.SYSTEM)
    propose = _highest(audible, DecidedBy.HUMAN)
    return Climb(tell, propose, tuple(notice for notice in fresh if notice not in (tell, propose)))


def further_up(rungs: Sequence[Rung], told: Collection[str], steps: int) -> Rung:
    """Return the rung *steps* above the highest one of the codes *told*, from below the ladder where there is none.

    What the inspectors are late with is no rung of the unit's.
    """
    rungs = [rung for rung in rungs if rung.trigger is not Trigger.SUSPICION_UNDECIDED]
    lowest = {rung.rank: rung for rung in reversed(rungs)}  # of several reasons for one rung the first
    ranks = sorted(lowest)
    here = max((ranks.index(rung.rank) for rung in rungs if rung.code in told), default=-1)
    return lowest[ranks[min(here + steps, len(ranks) - 1)]]


def _highest(audible: Iterable[Notice], decided_by: DecidedBy) -> Notice | None:
    candidates = (notice for notice in audible if notice.rung.decided_by is decided_by)
    return max(candidates, key=lambda notice: notice.rung.rank, default=None)


def _is_news(notice: Notice, standing: Standing, height: int) -> bool:
    """A rung speaks once about one due day, and once more for every other reason, but never from below."""
    if notice.key.period == str(standing.due_on):
        return notice.rung.rank > height
    return notice.rung.rank >= height


def _height(rungs: Collection[Rung], standing: Standing, noticed: Collection[NoticeKey]) -> dict[DecidedBy, int]:
    """How high the finding already stands for its present due day; an extension begins at the foot again."""
    height = dict.fromkeys(DecidedBy, -1)
    if standing.due_on is None:
        return height
    codes = {key.code for key in noticed if _same_deadline(key, standing)}
    for rung in rungs:
        if rung.code in codes:
            height[rung.decided_by] = max(height[rung.decided_by], rung.rank)
    return height


def _same_deadline(key: NoticeKey, standing: Standing) -> bool:
    return (key.subject, key.cycle) == (standing.subject, standing.cycle) and key.period == str(standing.due_on)


def _periods_reached(rung: Rung, standing: Standing, as_of: date, calendar: WorkingCalendar) -> tuple[str, ...]:
    if rung.trigger is Trigger.SUSPICION_UNDECIDED:
        return _undecided_reached(rung, standing, as_of, calendar)
    period = _period_reached(rung, standing, as_of, calendar)
    return () if period is None else (period,)


def _undecided_reached(rung: Rung, standing: Standing, as_of: date, calendar: WorkingCalendar) -> tuple[str, ...]:
    """Return the day since which a suspicion waits for each time that the rung has come; on a free day it is silent."""
    since = standing.undecided_since
    if since is None or not calendar.is_working_day(as_of):
        return ()
    beyond = undecided_days(standing, as_of, calendar) - rung.after_days
    if beyond < 0:
        return ()
    times = 1 + (beyond // rung.repeat_after_days if rung.repeat_after_days else 0)
    return tuple(str(since) if number == 1 else f"{since} {number}" for number in range(times, 0, -1))


def undecided_days(standing: Standing, as_of: date, calendar: WorkingCalendar) -> int:
    """Return for how many working days a suspicion could have been decided by *as_of*."""
    if standing.undecided_since is None:
        return 0
    return calendar.working_days_between(standing.undecided_since, as_of) - standing.paused_days


def _period_reached(rung: Rung, standing: Standing, as_of: date, calendar: WorkingCalendar) -> str | None:
    match rung.trigger:
        case Trigger.DEADLINE | Trigger.KEY_FINDING:
            if rung.trigger is Trigger.KEY_FINDING and not standing.is_key:
                return None
            return _deadline_reached(rung, standing, as_of, calendar)
        case Trigger.NO_PROGRESS:
            last = standing.last_progress_on or standing.since
            return str(last) if last is not None and last <= last_start(rung, as_of, calendar) else None
        case Trigger.RETURNED:
            rounds = standing.returned // rung.after_days
            return str(rounds * rung.after_days) if rounds else None
        case Trigger.CONCENTRATED:
            return f"{as_of:%Y-%m}" if standing.percent_overdue >= rung.after_days else None
        case Trigger.DECISION | Trigger.SUSPICION_UNDECIDED:
            return None
        case _:
            assert_never(rung.trigger)


def _deadline_reached(rung: Rung, standing: Standing, as_of: date, calendar: WorkingCalendar) -> str | None:
    if standing.due_on is None or standing.due_on > last_start(rung, as_of, calendar):
        return None
    is_early = rung.after_days < 0
    if is_early and standing.since and standing.due_on <= last_start(rung, standing.since, calendar):
        return None
    return str(standing.due_on)


def _rung(position: int, row: Mapping[str, str | int | None]) -> Rung:
    try:
        reply, again = row.get("reply_working_days"), row.get("repeat_after_days")
        return Rung(
            code=str(row["code"]),
            rank=_whole(row["rank"]),
            trigger=Trigger(str(row["trigger"])),
            after_days=_whole(row["after_days"]),
            unit=LadderUnit(str(row["unit"])),
            addressees=tuple(role.strip() for role in str(row["addressees"]).split(",") if role.strip()),
            decided_by=DecidedBy(str(row.get("decided_by", DecidedBy.SYSTEM))),
            reply_working_days=None if reply in (None, "") else _whole(reply),
            repeat_after_days=None if again in (None, "") else _whole(again),
        )
    except (KeyError, ValueError) as wrong:
        raise ValueError(f"row {position} of the ladder: {wrong}") from wrong


def _whole(value: str | int | None) -> int:
    if value is None or isinstance(value, bool):
        raise ValueError(f"{value} is no whole number")
    return int(value)
