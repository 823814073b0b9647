"""核查超期: a suspicion that nobody decides is the inspectors' own delay, and their own side hears of it, rung by rung.

It can be decided from the day on which its task stands open: a reading, a wait or anything else that a diagram draws
before the task lies before that day; what goes on beside it (the second reading of the shipped diagrams, a reply of the
unit) holds nobody up and moves nothing. Working days on which the case was suspended do not count.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from sqlalchemy import Connection, func, select

from cases.calendar import WorkingCalendar
from cases.events import Event
from cases.finding import State
from cases.ladder import Climb, Notice, Rung, Standing, Trigger, ladder, next_notices, undecided_days
from cases.moments import shanghai_date
from cases.reporting import ListSource
from cases.rights import Side
from config.ladder import ROWS
from persistence.roles import sides_of_roles
from persistence.tables import findings, issue_lists, ledger, open_tasks
from tasks.case import AnyCase, FindingCase
from tasks.letters import reached_by
from tasks.patrols.deadlines import keep_notice, ladder_in_force, noticed_of_kind
from tasks.patrols.round import Round
from tasks.work import Work

log = logging.getLogger(__name__)
WORK, KIND, TASK = "undecided", "suspicion", "decide_suspicion"
AT_WORK = (State.OPEN, State.SIGNED_OFF)  # a suspended case stands still, and so does its suspicion

Rungs = tuple[Rung, ...]


@dataclass(frozen=True, slots=True)
class Undecided:
    """A suspicion that waits for its verdict."""

    finding_id: int
    cycle: int
    source: str  # of its list
    since: datetime  # its task stands open

    def standing(self, conn: Connection, calendar: WorkingCalendar) -> Standing:
        """Return what the ladder looks at."""
        since = shanghai_date(self.since)
        paused = sum(calendar.working_days_between(*span) for span in _suspended(conn, self.finding_id, since))
        subject = f"{KIND}:{self.finding_id}"
        return Standing(subject, self.cycle, undecided_since=since, paused_days=paused)


def tell_undecided(patrol: Round, now: datetime) -> Mapping[str, int]:
    """Tell the inspecting side of each suspicion that has come to a rung by *now*; one that fails stops no other."""
    told: Counter[str] = Counter(undecided_told=0)
    attempts = patrol.attempts(WORK)
    with patrol.office.read() as conn:
        calendar = patrol.office.calendar(conn)
        ladders = {str(source): rungs_in_force(patrol, conn, source) for source in ListSource}
        waiting = list(undecided(conn))
    for one in waiting:
        look = partial(_look, patrol, ladders, calendar, one, now)
        told["undecided_told"] += attempts.of(one.finding_id, look, case_id=one.finding_id) or 0
    told["failed"] = attempts.failed
    return told


def rungs_in_force(patrol: Round, conn: Connection, source: ListSource) -> Rungs:
    """Return the rungs of this trigger; those of this checkout while the table in force was drawn before it had any."""
    rungs = _of_suspicions(ladder_in_force(patrol.office, conn, source))
    if not rungs:
        log.warning("the ladder in force says nothing of undecided suspicions: its shipped rows stand in")
        rungs = _of_suspicions(ladder(ROWS))
    return rungs


def _of_suspicions(rungs: Iterable[Rung]) -> Rungs:
    return tuple(rung for rung in rungs if rung.trigger is Trigger.SUSPICION_UNDECIDED)


def undecided(conn: Connection, finding_id: int | None = None) -> Iterator[Undecided]:
    """Yield the suspicions that can be decided and are not, oldest first: all of them, or that of one finding."""
    since = func.min(open_tasks.c.since)
    query = (
        select(open_tasks.c.case_id, findings.c.cycle, issue_lists.c.source, since)
        .join(findings, findings.c.id == open_tasks.c.case_id)
        .join(issue_lists, issue_lists.c.id == findings.c.list_id)
        .where(open_tasks.c.act == TASK, findings.c.state.in_(AT_WORK))
        .group_by(open_tasks.c.case_id, findings.c.cycle, issue_lists.c.source)
        .order_by(since, open_tasks.c.case_id)
    )
    if finding_id is not None:
        query = query.where(open_tasks.c.case_id == finding_id)
    for row in conn.execute(query).all():
        yield Undecided(*row)


def climb_of(conn: Connection, one: Undecided, rungs: Rungs, today: date, calendar: WorkingCalendar) -> Climb:
    """Return what is to be told of a suspicion on *today*: the one definition by which it is chosen and told."""
    noticed = noticed_of_kind(conn, KIND, one.finding_id, one.cycle)
    return next_notices(rungs, one.standing(conn, calendar), today, calendar, noticed=list(noticed))


def _look(patrol: Round, ladders: Mapping[str, Rungs], calendar: WorkingCalendar, one: Undecided, now: datetime) -> int:
    """Tell of a suspicion where it came to a rung; return how often it was told of."""
    with patrol.office.read() as conn:
        if climb_of(conn, one, ladders[one.source], shanghai_date(now), calendar) == Climb():
            return 0
    finding_id, did = one.finding_id, 0

    def body(work: Work) -> AnyCase:
        nonlocal did
        did = 0
        work.guard, work.holds_letters = patrol.guard, patrol.is_catching_up
        case = work.finding(finding_id)
        for one in undecided(work.conn, finding_id):
            rungs = ladders[one.source]
            climb = climb_of(work.conn, one, rungs, work.today, calendar)
            if climb.tell is not None:
                days = undecided_days(one.standing(work.conn, calendar), work.today, calendar)
                work.record(case, _told(work, case, climb.tell, rungs, days))
                keep_notice(work, climb.tell.key, KIND, finding_id, "told")
                did += 1
            for other in climb.superseded:
                keep_notice(work, other.key, KIND, finding_id, "superseded")
        return case

    patrol.office.as_clock("patrol_signals", body, at=now)
    return did


def _told(work: Work, case: FindingCase, notice: Notice, rungs: Rungs, days: int) -> Event:
    rung, key = notice.rung, notice.key
    since = key.period.partition(" ")[0]
    facts: dict[str, object] = {
        "rung": rung.code,
        "trigger": str(rung.trigger),
        "since": since,
        "days": days,
        "times": notice.times if rung.repeat_after_days else "",
        "estimated": "days" if work.calendar.counts_estimates(date.fromisoformat(since), work.today) else "",
        "roles": addressees(work, case, rung, rungs),
        "notice": f"{key.subject}|{key.cycle}|{key.code}|{key.trigger}|{key.period}",
    }
    return Event("SuspicionUndecided", facts)


def addressees(work: Work, case: FindingCase, rung: Rung, rungs: Rungs) -> list[str]:
    """Return the roles that are told: those of *rung*, in the place of a vacant one those of the next rung up.

    Only of the inspecting side, whatever a table says. Where nobody is left further up, the letter stands in the
    mailbox as one that nobody could be written to.
    """
    sides = sides_of_roles(work.conn)
    further = sorted((one for one in rungs if one.after_days > rung.after_days), key=lambda one: one.after_days)
    told: list[str] = []
    for role in rung.addressees:
        chain = [[role], *(list(one.addressees) for one in further)]
        inside = [[name for name in names if sides.get(name) is Side.INSPECTING] for names in chain]
        held = ([name for name in names if reached_by(work, case, name)] for names in inside)
        told += next((names for names in held if names), inside[0])
    return list(dict.fromkeys(told))


def _suspended(conn: Connection, finding_id: int, since: date) -> Iterator[tuple[date, date]]:
    """Yield the days from and to which the case was suspended after *since*."""
    query = (
        select(ledger.c.event, ledger.c.at)
        .where(ledger.c.case_id == finding_id, ledger.c.event.in_(("FindingSuspended", "FindingResumed")))
        .order_by(ledger.c.seq)
    )
    begun: date | None = None
    for event, at in conn.execute(query):
        day = max(shanghai_date(at), since)
        if event == "FindingSuspended":
            begun = day
        elif begun is not None:
            yield begun, day
            begun = None
