"""期限巡检: what is late is marked late, and whoever should know of it hears of it, once for each rung.

The database names what a rung of the ladder has newly come to, by ranges of due days and without loading open cases;
the rules of `cases.ladder` decide about each; the unique key of a notice makes every further round silent.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from sqlalchemy import ColumnElement, Connection, Integer, String, and_, case, cast, exists, func, insert, or_, select

from bpmn.decisions import evaluate
from cases.calendar import WorkingCalendar
from cases.deadlines import Period, PeriodUnit, due
from cases.events import Event
from cases.finding import State
from cases.ladder import Climb, Notice, NoticeKey, Rung, Standing, Trigger, ladder, last_start, next_notices
from cases.moments import end_of_day, shanghai_date
from cases.reporting import ListSource
from cases.rights import Side
from persistence.closed_words import Strange, strange_words
from persistence.columns import new_id
from persistence.overdue import overdue_on
from persistence.roles import sides_of_roles
from persistence.tables import extensions, findings, issue_lists, notices
from tasks.attempts import Attempts
from tasks.case import AnyCase, FindingCase
from tasks.passed_deadlines import day_was_kept, mark_finding
from tasks.patrols.calendar_notice import remind_of_notice
from tasks.patrols.claims import free_claims
from tasks.patrols.letters import fold
from tasks.patrols.round import Counts, Round
from tasks.work import Work

if TYPE_CHECKING:
    from tasks.office import Office


class UnknownWord(Exception):
    """A row holds a word that the code does not know."""


PASSED_OVER = "skipped"  # a rung that lies before the finding was issued: nobody is urged about it
F, N, X = findings.c, notices.c, extensions.c


def deadlines(patrol: Round) -> Counts:
    """Mark what is overdue, climb the ladder, and tell of units where late findings heap up."""
    counts: Counter[str] = Counter(looked_at=0, overdue=0, told=0, proposed=0, superseded=0)
    attempts = patrol.attempts("deadlines")
    with patrol.office.read() as conn:
        ladders = {source: ladder_in_force(patrol.office, conn, source) for source in ListSource}
        calendar = patrol.office.calendar(conn)
        strange = list(strange_words(conn))
    _tell_of_words(attempts, strange)
    for source, rungs in ladders.items():
        for finding_id in _due(patrol, source, rungs, calendar):
            counts["looked_at"] += 1
            climb = partial(_climb, patrol, rungs, calendar, finding_id)
            counts.update(attempts.of(finding_id, climb, case_id=finding_id) or {})
    for unit in _heaps(patrol, ladders[ListSource.INSPECTION]):  # of whatever source: a unit heaps up once
        tell = partial(_tell_of_unit, patrol, ladders[ListSource.INSPECTION], calendar, unit)
        counts.update(attempts.of(f"unit {unit.unit_id}", tell) or {})
    counts["freed"] = free_claims(patrol, attempts)
    if calendar.is_working_day(patrol.today):
        counts["digests"] = attempts.of("digests", partial(_fold, patrol)) or 0
        counts["reminded"] = attempts.of("calendar", partial(remind_of_notice, patrol, calendar)) or 0
    return attempts.counted(counts)


def _fold(patrol: Round) -> int:
    with patrol.office.database.writing() as conn:
        patrol.guard(conn)
        return fold(conn, patrol.now)


def _tell_of_words(attempts: Attempts, strange: Iterable[Strange]) -> None:
    """Put down which rows bear a word that nothing reads, and mend what was put down of words that are gone."""
    found = {f"word {one.column}": one for one in strange}
    for subject, one in found.items():
        attempts.of(subject, partial(_refuse, one))
    for subject in attempts.due():
        if subject.startswith("word ") and subject not in found:
            attempts.of(subject, bool)


def _refuse(one: Strange) -> NoReturn:
    """Put down that rows bear a word which nothing reads: whatever they speak of is passed over."""
    raise UnknownWord(f"{one.column} = {one.word!r} in {one.rows} rows: no such word")


def ladder_in_force(office: "Office", conn: Connection, source: ListSource) -> tuple[Rung, ...]:
    """Return the rungs of the release in force for lists of *source*; they apply to every case from a date on."""
    tables = office.engine(conn, office.release_in_force(conn)).decisions
    rows = evaluate(tables["escalation_ladder"], {"source": str(source)})
    assert isinstance(rows, list), "the ladder collects"
    return ladder(rows)  # type: ignore[arg-type]  # cells of a decision table are wider than texts and numbers


# --- what is due ----------------------------------------------------------------------------------------------------


def _due(patrol: Round, source: ListSource, rungs: tuple[Rung, ...], calendar: WorkingCalendar) -> Iterator[int]:
    """Yield the ids of findings to look at, each once; without an order, so that the range of due days leads."""
    conditions = [_newly_late(patrol.today)]
    if calendar.is_working_day(patrol.today):  # on a free day the ladder is silent
        conditions += [reached for rung in rungs if (reached := reached_by(rung, patrol.today, calendar)) is not None]
    seen: set[int] = set()
    for condition in conditions:
        with patrol.office.read() as conn:
            found = conn.scalars(select(F.id).where(F.state == State.OPEN, condition, _of(source))).all()
        yield from (finding for finding in found if finding not in seen)
        seen.update(found)


def _of(source: ListSource) -> ColumnElement[bool]:
    """Whether a finding's list comes from *source*; lists are few, so the range of due days still leads."""
    return exists().where(issue_lists.c.id == F.list_id, issue_lists.c.source == str(source)).correlate(findings)


def _newly_late(today: date) -> ColumnElement[bool]:
    return and_(F.due_on < today, F.overdue_since.is_(None), F.submitted_at.is_(None), ~day_was_kept())


def reached_by(rung: Rung, today: date, calendar: WorkingCalendar) -> ColumnElement[bool] | None:
    """Return the findings that stand on *rung* and have not been noticed there; None for what no finding reaches."""
    unnoticed = [N.kind == "finding", N.subject == F.id, N.cycle == F.cycle, N.code == rung.code]
    unnoticed += [N.trigger == str(rung.trigger)]
    match rung.trigger:
        case Trigger.DEADLINE | Trigger.KEY_FINDING:
            here = [
                F.due_on <= last_start(rung, today, calendar),
                F.submitted_at.is_(None),
                ~exists().where(*unnoticed, N.period == _text(F.due_on)),
            ]
            return and_(*here, F.is_key) if rung.trigger is Trigger.KEY_FINDING else and_(*here)
        case Trigger.NO_PROGRESS:
            before = end_of_day(last_start(rung, today, calendar))
            lately = exists().where(*_more_time(), X.decided_at > before)
            never = and_(F.progress_at.is_(None), F.issued_at <= before, ~lately)
            since = select(func.max(X.decided_at)).where(*_more_time()).correlate(findings).scalar_subquery()
            last = func.coalesce(F.progress_at, since, F.issued_at)
            silent = or_(F.progress_at <= before, never)  # two ranges
            return and_(silent, F.submitted_at.is_(None), ~exists().where(*unnoticed, N.at > last))
        case Trigger.RETURNED:
            rounds = cast(F.returns / rung.after_days, Integer) * rung.after_days
            return and_(F.returns >= rung.after_days, ~exists().where(*unnoticed, N.period == _text(rounds)))
        case Trigger.CONCENTRATED | Trigger.DECISION | Trigger.SUSPICION_UNDECIDED:
            return None


def _more_time() -> tuple[ColumnElement[bool], ...]:
    """Which rows gave a finding more time in its present cycle: silence counts from then on, as in `standing_of`."""
    return (X.finding_id == F.id, X.cycle == F.cycle, X.verdict == "approved")


def _text(column: Any) -> ColumnElement[str]:
    return cast(column, String)


# --- one finding ----------------------------------------------------------------------------------------------------


def _climb(patrol: Round, rungs: tuple[Rung, ...], calendar: WorkingCalendar, finding_id: int) -> Mapping[str, int]:
    did: Counter[str] = Counter()

    def body(work: Work) -> AnyCase:
        did.clear()
        work.guard, work.holds_letters = patrol.guard, patrol.is_catching_up
        case = work.finding(finding_id)
        if case.finding.state is not State.OPEN:
            return case
        did["overdue"] += mark_finding(work, case) is not None

        noticed = noticed_of(work.conn, case)
        heard = [key for key, outcome in noticed.items() if outcome != PASSED_OVER]
        reachable = [rung for rung in rungs if case.finding.submitted_at is None or rung.trigger is Trigger.RETURNED]
        climb = next_notices(reachable, standing_of(work, case), work.today, calendar, noticed=heard)
        did.update(_note(work, case, climb, calendar, kind="finding", subject=case.id, noticed=noticed))
        _pass_over(work, case, reachable, climb, noticed, calendar)
        return case

    patrol.office.as_clock("patrol_deadlines", body, at=patrol.now)
    return did


def standing_of(work: Work, case: FindingCase) -> Standing:
    """Return what the ladder looks at."""
    finding = case.finding
    extended = select(func.max(extensions.c.decided_at)).where(
        extensions.c.finding_id == case.id,
        extensions.c.cycle == finding.cycle,
        extensions.c.verdict == "approved",
    )
    since = work.conn.execute(extended).scalar() or finding.issued_at
    return Standing(
        subject=f"finding:{case.id}",
        cycle=finding.cycle,
        due_on=finding.due_on,
        since=shanghai_date(since) if since else None,
        last_progress_on=shanghai_date(finding.progress_at) if finding.progress_at else None,
        returned=finding.returns,
        is_key=finding.is_key,
    )


def noticed_of_kind(conn: Connection, kind: str, subject: int, cycle: int) -> dict[NoticeKey, str]:
    """Return the notices of a finding, a unit or a suspicion in *cycle* with what became of each."""
    rows = conn.execute(
        select(N.code, N.trigger, N.period, N.outcome).where(N.kind == kind, N.subject == subject, N.cycle == cycle)
    )
    return {
        NoticeKey(f"{kind}:{subject}", cycle, code, trigger, period): outcome for code, trigger, period, outcome in rows
    }


def noticed_of(conn: Connection, case: FindingCase) -> dict[NoticeKey, str]:
    """Return the notices of the present cycle of a finding with what became of each."""
    return noticed_of_kind(conn, "finding", case.id, case.finding.cycle)


def _note(
    work: Work,
    case: AnyCase,
    climb: Climb,
    calendar: WorkingCalendar,
    *,
    kind: str,
    subject: int,
    noticed: Mapping[NoticeKey, str],
) -> Mapping[str, int]:
    """Record what the ladder says; a rung that was passed over before is not written twice."""
    did: Counter[str] = Counter()
    parts = [("told", climb.tell), ("proposed", climb.propose), *(("superseded", other) for other in climb.superseded)]
    for outcome, notice in parts:
        if notice is None:
            continue
        if outcome == "told":
            work.record(case, Event("RungReached", notice_facts(work, notice, calendar)))
        if outcome == "proposed":
            work.record(case, Event("RungProposed", notice_facts(work, notice, calendar)))
        if notice.key not in noticed:
            keep_notice(work, notice.key, kind, subject, outcome)
        did[outcome] += 1
    return did


def notice_facts(work: Work, notice: Notice, calendar: WorkingCalendar) -> dict[str, object]:
    """Return what the event of a notice says, the roles that its letter goes to among it."""
    rung, key = notice.rung, notice.key
    roles = deciders(work, rung) if rung.is_human else list(rung.addressees)
    facts: dict[str, object] = {
        "rung": rung.code,
        "trigger": str(rung.trigger),
        "period": key.period,
        "roles": roles,
        "notice": f"{key.subject}|{key.cycle}|{key.code}|{key.trigger}|{key.period}",
    }
    if rung.reply_working_days is not None:
        reply_by = due(work.today, Period(rung.reply_working_days, PeriodUnit.WORKING_DAYS), calendar).day
        facts["reply_by"] = str(reply_by)
        if calendar.counts_estimates(work.today, reply_by):
            facts["estimated"] = "reply_by"
    return facts


def deciders(work: Work, rung: Rung) -> list[str]:
    """Return to whom a proposal is put: never to the unit's own people, who would decide about themselves."""
    sides = sides_of_roles(work.conn)
    fit = [role for role in rung.addressees if sides.get(role) in (Side.SUPERIOR, Side.INSPECTING)]
    return fit or ["leading_group"]


def keep_notice(work: Work, key: NoticeKey, kind: str, subject: int, outcome: str) -> None:
    """Put down that a rung was reached, so that it is noticed once."""
    row = {
        "id": new_id(),
        "kind": kind,
        "subject": subject,
        "cycle": key.cycle,
        "code": key.code,
        "trigger": str(key.trigger),
        "period": key.period,
        "outcome": outcome,
        "at": work.at,
    }
    work.write_later(insert(notices), row)


def _pass_over(
    work: Work,
    case: FindingCase,
    rungs: list[Rung],
    climb: Climb,
    noticed: Mapping[NoticeKey, str],
    calendar: WorkingCalendar,
) -> None:
    """Note the early rungs that lie before the issue, or every round would look at this finding again."""
    due_on = case.finding.due_on
    new = {notice.key for notice in (climb.tell, climb.propose, *climb.superseded) if notice}
    for rung in rungs:
        if rung.trigger not in (Trigger.DEADLINE, Trigger.KEY_FINDING) or rung.after_days >= 0 or due_on is None:
            continue
        key = NoticeKey(f"finding:{case.id}", case.finding.cycle, rung.code, rung.trigger, str(due_on))
        is_reached = due_on <= last_start(rung, work.today, calendar)
        if is_reached and key not in noticed and key not in new:
            keep_notice(work, key, "finding", case.id, PASSED_OVER)


# --- units where late findings heap up -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Heap:
    unit_id: int
    percent: int


def _heaps(patrol: Round, rungs: tuple[Rung, ...]) -> list[_Heap]:
    """Return the units of which so many open findings are overdue that a rung speaks of the unit."""
    lowest = min((rung.after_days for rung in rungs if rung.trigger is Trigger.CONCENTRATED), default=None)
    if lowest is None:
        return []
    late = func.sum(case((overdue_on(patrol.today), 1), else_=0))
    query = select(F.unit_id, func.count(), late).where(F.state == State.OPEN).group_by(F.unit_id)
    with patrol.office.read() as conn:
        least = patrol.office.number_setting(conn, "ladder.heap_least", patrol.today)
        rows = conn.execute(query.having(late >= least, late * 100 >= func.count() * lowest)).all()
    return [_Heap(unit, overdue * 100 // total) for unit, total, overdue in rows]


def _tell_of_unit(patrol: Round, rungs: tuple[Rung, ...], calendar: WorkingCalendar, heap: _Heap) -> Mapping[str, int]:
    """Tell of a unit on its newest list: the unit has no ledger of its own."""
    did: Counter[str] = Counter()
    newest = select(issue_lists.c.id).where(
        issue_lists.c.unit_id == heap.unit_id, issue_lists.c.feedback_on.is_not(None)
    )
    with patrol.office.read() as conn:
        list_id = conn.scalar(newest.order_by(issue_lists.c.id.desc()).limit(1))
    if list_id is None:
        return did

    def body(work: Work) -> AnyCase:
        did.clear()
        work.guard, work.holds_letters = patrol.guard, patrol.is_catching_up
        case = work.issue_list(list_id)
        noticed = noticed_of_kind(work.conn, "unit", heap.unit_id, 1)
        standing = Standing(subject=f"unit:{heap.unit_id}", percent_overdue=heap.percent)
        concentrated = [rung for rung in rungs if rung.trigger is Trigger.CONCENTRATED]
        climb = next_notices(concentrated, standing, work.today, calendar, noticed=list(noticed))
        did.update(_note(work, case, climb, calendar, kind="unit", subject=heap.unit_id, noticed=noticed))
        return case

    patrol.office.as_clock("patrol_deadlines", body, at=patrol.now)
    return did
