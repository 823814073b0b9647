"""The quantities of ``cases.figures``, counted by the database as of the end of any day in Shanghai.

Dates come from what is never rewritten: cycles, verdicts, submissions, extensions and the ledger, so last month's
figures stay what they were, whatever is revoked later. What a finding *is* (unit, kind, category, leader) is taken as
it stands now. Nothing is counted that *visible* (`persistence.visibility`) does not let through.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    ScalarSelect,
    String,
    Subquery,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    not_,
    null,
    or_,
    select,
    true,
    type_coerce,
)

from cases.figures import Quantity, Tally
from cases.moments import end_of_day
from persistence.columns import Moment, Money
from persistence.overdue import DAY_ENDS, overdue_on
from persistence.tables import (
    FLAG_EVENTS,
    cycles,
    extensions,
    findings,
    issue_lists,
    ledger,
    look_backs,
    milestones,
    posts,
    reviews,
    rounds,
    submissions,
    units,
)
from persistence.visibility import below

F, C = findings.c, cycles.c
NOT_LASTING = ("recurred", "revoked")  # said by the leading group, found by a durability look-back

_OF_QUANTITY = {
    Quantity.TOTAL: "is_counted",
    Quantity.DONE: "is_done",
    Quantity.BASIC: "is_basic",
    Quantity.UNDONE: "is_undone",
    Quantity.ON_TIME: "is_on_time",
    Quantity.OVERDUE: "is_overdue",
    Quantity.SUSPENDED: "is_suspended",
    Quantity.EVER_DONE: "is_ever_done",
    Quantity.REVOKED: "is_revoked",
    Quantity.RECURRED: "is_recurred",
    Quantity.AMOUNT: "is_counted",
    Quantity.AMOUNT_DONE: "is_put_right",
    Quantity.HISTORIC: "is_historic",
}


AGES = (30, 90, 180)  # days after which a finding counts as one step older


class Step(StrEnum):
    """How far a finding got in its cycle, in this order."""

    ISSUED = "issued"
    ACCEPTED = "accepted"
    SUBMITTED = "submitted"
    SIGNED_BY_UNIT = "signed_by_unit"
    VERIFIED = "verified"
    LOOKED_BACK = "looked_back"
    SIGNED_OFF = "signed_off"


class By(StrEnum):
    """How findings are grouped."""

    ROUND = "round"
    LIST = "list"
    UNIT = "unit"
    CATEGORY = "category"
    KIND = "kind"
    LEADER = "leader"


@dataclass(frozen=True)
class FigureFilters:
    """What is counted as of *as_of*, the whole day included; None does not narrow."""

    as_of: date
    round_id: int | None = None
    list_id: int | None = None
    unit_path: str | None = None  # this unit and all below
    own_unit_id: int | None = None  # this unit alone
    category: str | None = None  # "" are those without one
    kind: str | None = None
    leader_post_id: int | None = None  # 0 are those without one
    age: int | None = None  # place among AGES: how long ago the cycle was opened
    reached: "Step | None" = None  # got that far in its newest cycle


@dataclass(frozen=True)
class Group:
    """One line of a table of figures; *key* is the value of the filter that opens it, *label* may be empty."""

    key: str
    label: str
    tally: Tally


@dataclass(frozen=True)
class CountedFinding:
    """One finding behind a number, as it stood on the day; *amount_done_yuan* is None where nothing was accepted."""

    id: int
    number: str
    title: str
    unit_name: str
    kind: str
    category: str
    due_on: date | None
    signed_off_at: datetime | None
    amount_yuan: Decimal | None
    amount_done_yuan: Decimal | None
    is_overdue: bool
    is_basic: bool
    historic: bool


def tally(connection: Connection, visible: ColumnElement[bool], filters: FigureFilters) -> Tally:
    """Count all findings that *visible* lets through."""
    row = connection.execute(select(*sums(standing(visible, filters)))).one()
    return Tally(**row._mapping)


def tally_now(connection: Connection, today: date, *conditions: ColumnElement[bool]) -> Tally:
    """Count the findings that *conditions* let through as `tally` counts them *today*, from what they are now.

    Fast enough for the foot of every list; what needs a history (on time, revoked, money put right) stays 0.
    """
    counted = and_(F.state != "registered", not_(F.historic), F.closed_as.is_(None))
    still = and_(counted, F.state != "signed_off")
    flags = {
        "total": counted,
        "done": and_(counted, F.state == "signed_off"),
        "basic": and_(still, F.basic_done),
        "overdue": and_(still, overdue_on(today)),
        "suspended": and_(still, F.state == "suspended"),
        "historic": F.historic,
    }
    numbers = [func.coalesce(func.sum(case((flag, 1), else_=0)), 0).label(name) for name, flag in flags.items()]
    return Tally(**connection.execute(select(*numbers).where(*conditions)).one()._mapping)


def tallies(connection: Connection, visible: ColumnElement[bool], filters: FigureFilters, by: By) -> tuple[Group, ...]:
    """Count group by group, in the order of their labels; groups without a finding are left out."""
    counted = standing(visible, filters, by)
    own = counted.c
    query = select(own.key, own.label, *sums(counted)).group_by(own.key, own.label).order_by(own.label, own.key)
    names = [field.name for field in fields(Tally)]
    groups = (
        Group(
            "" if row.key is None else str(row.key),
            row.label or "",
            Tally(**{name: row._mapping[name] for name in names}),
        )
        for row in connection.execute(query)
    )
    return tuple(group for group in groups if group.tally.total or group.tally.historic)


def counted_findings(
    connection: Connection,
    visible: ColumnElement[bool],
    filters: FigureFilters,
    quantity: Quantity,
    *,
    after: str = "",
    limit: int = 50,
) -> list[CountedFinding]:
    """Return the findings that *quantity* counts, by number, those behind *after*: the same condition as the count."""
    counted = standing(visible, filters)
    own = counted.c
    beside: dict[str, ColumnElement[Any]] = {
        "title": F.title, "category": F.category, "historic": own.is_historic,
        "unit_name": func.coalesce(units.c.name, ""),
    }  # fmt: skip
    names = [field.name for field in fields(CountedFinding)]
    shown = [(beside[name] if name in beside else own[name]).label(name) for name in names]
    query = (
        select(*shown)
        .select_from(counted.join(findings, F.id == own.id).outerjoin(units, units.c.id == F.unit_id))
        .where(own[_OF_QUANTITY[quantity]], own.number > after)
        .order_by(own.number)
        .limit(limit)
    )
    return [_counted(row) for row in connection.execute(query)]


def _counted(row: Any) -> CountedFinding:
    values = dict(row._mapping)
    for name in ("is_overdue", "is_basic", "historic"):
        values[name] = bool(values[name])
    return CountedFinding(**values)


def sums(counted: Subquery) -> list[ColumnElement[Any]]:
    """Return one sum for each field of a tally, under its name."""

    def number(quantity: Quantity) -> ColumnElement[Any]:
        return func.coalesce(func.sum(case((counted.c[_OF_QUANTITY[quantity]], 1), else_=0)), 0)

    def money(flag: str, column: str) -> ColumnElement[Any]:
        fen = case((counted.c[flag], func.coalesce(counted.c[column], 0)), else_=0)
        return type_coerce(func.coalesce(func.sum(fen), 0), Money)

    sums = {field.name: field.name for field in fields(Tally)}
    return [
        (
            money("is_counted", "amount_yuan") if name == Quantity.AMOUNT
            else money("is_put_right", "amount_done_yuan") if name == Quantity.AMOUNT_DONE
            else number(Quantity(name))
        ).label(name)
        for name in sums
    ]  # fmt: skip


# --- one finding on that day ----------------------------------------------------------------------------------------


def standing(visible: ColumnElement[bool], filters: FigureFilters, by: By = By.LIST) -> Subquery:
    """Return one row per finding, and which quantities count it, at the end of the day.

    The steps are materialised: SQLite would otherwise work each of them out again wherever it is asked for.
    """
    until = end_of_day(filters.as_of)
    H = histories(until).c
    S = submissions.c
    signed_at = reached_at(Step.SIGNED_OFF, until)
    is_open = and_(C.cycle.is_not(None), signed_at.is_(None))
    key, label, joined = _group(
        by,
        findings.outerjoin(H.finding_id.table, H.finding_id == F.id)
        .outerjoin(cycles, and_(C.finding_id == F.id, C.cycle == H.cycle))
        .outerjoin(submissions, _handed_in(until) == S.id)
        .outerjoin(units, units.c.id == F.unit_id),
    )
    day = (
        select(
            F.id, F.number, F.kind, F.category, F.unit_id, F.amount_yuan, key.label("key"), label.label("label"),
            _due_on(until).label("due_on"),
            C.opened_at,
            _age(until).label("age"),
            type_coerce(signed_at, Moment).label("signed_off_at"),
            S.at.label("submitted_at"),
            S.recovered_yuan,
            and_(C.cycle.is_not(None), or_(F.closed_at.is_(None), F.closed_at > until)).label("is_counted"),
            _asked_only(C.cycle.is_(None), _was_historic(until)).label("is_historic"),
            func.coalesce(H.first_signed < H.cycle, false()).label("was_revoked"),
            func.coalesce(H.came_back, 0).label("has_recurred"),
            _asked_only(is_open, _late(until, filters.as_of)).label("was_late"),
            _asked_only(is_open, _suspended(until)).label("was_suspended"),
            _asked_only(F.kind == "CONTINUOUS", _milestone_held(until)).label("has_milestone"),
        )
        .select_from(joined)
        .where(visible, *narrowed(filters), *_narrowed_by_cycle(filters, until))
        .cte("day")
        .prefix_with("MATERIALIZED")
    )  # fmt: skip
    return _flagged(day)


def _narrowed_by_cycle(filters: FigureFilters, until: datetime) -> Iterator[ColumnElement[bool]]:
    if filters.age is not None:
        yield _age(until) == filters.age
    if filters.reached is not None:
        yield reached_at(filters.reached, until).is_not(None)


def _age(until: datetime) -> ColumnElement[int]:
    """Return the place among `AGES` of the newest cycle."""
    steps = [(C.opened_at > until - timedelta(days=days), place) for place, days in enumerate(AGES)]
    return case(*steps, else_=len(AGES))


def reached_at(step: Step, until: datetime) -> ColumnElement[Any]:
    """Return when the newest cycle got as far as *step*, the last time if it came back; null where it did not."""

    def last(column: ColumnElement[Any], *conditions: ColumnElement[bool]) -> ColumnElement[Any]:
        query = select(func.max(column)).where(*conditions, column <= until).correlate(findings, cycles)
        return type_coerce(query.scalar_subquery(), Moment)

    def judged(act: str, verdict: str) -> ColumnElement[Any]:
        own = reviews.c
        return last(own.at, own.case_id == F.id, own.cycle == C.cycle, own.act == act, own.verdict == verdict)

    match step:
        case Step.ISSUED:
            return C.opened_at
        case Step.ACCEPTED:
            return case((and_(C.cycle == F.cycle, F.accepted_at <= until), F.accepted_at))
        case Step.SUBMITTED:
            return last(submissions.c.at, submissions.c.finding_id == F.id, submissions.c.cycle == C.cycle)
        case Step.SIGNED_BY_UNIT:
            return judged("sign_rectification", "agreed")
        case Step.VERIFIED:
            return judged("verify_rectification", "confirmed")
        case Step.LOOKED_BACK:
            own = look_backs.c
            held = (own.finding_id == F.id, own.cycle == C.cycle, own.result == "held", ~own.durability)
            return last(own.confirmed_at, *held)
        case Step.SIGNED_OFF:
            return case((and_(C.result == "signed_off", C.closed_at <= until), C.closed_at))


def _flagged(day: CTE) -> Subquery:
    """Add to each finding of *day* which quantities count it."""
    D = day.c
    done = and_(D.is_counted, D.signed_off_at.is_not(None))
    open_ = and_(D.is_counted, D.signed_off_at.is_(None))
    basic = and_(open_, D.has_milestone)
    in_time = type_coerce(D.submitted_at, String) < cast(D.due_on, String).concat(DAY_ENDS)
    flags = {
        "is_done": done,
        "is_open": open_,
        "is_basic": basic,
        "is_undone": and_(open_, not_(basic)),
        "is_on_time": and_(done, func.coalesce(in_time, false())),
        "is_overdue": and_(open_, D.was_late, not_(D.was_suspended)),
        "is_suspended": and_(open_, D.was_suspended),
        "is_ever_done": and_(D.is_counted, or_(D.signed_off_at.is_not(None), D.was_revoked)),
        "is_revoked": and_(D.is_counted, D.was_revoked),
        "is_recurred": and_(D.is_counted, D.was_revoked, D.has_recurred == 1),
        "is_put_right": and_(or_(done, basic), D.recovered_yuan.is_not(None)),
    }
    put_right = type_coerce(case((flags["is_put_right"], D.recovered_yuan), else_=null()), Money)
    as_was = [column for column in D if column.key != "recovered_yuan"]
    flagged = (condition.label(name) for name, condition in flags.items())
    return select(*as_was, put_right.label("amount_done_yuan"), *flagged).subquery()


def _asked_only(where: ColumnElement[bool], condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return *condition* where *where* holds, else false without looking: an AND would look all the same."""
    return case((where, condition), else_=false())


def histories(until: datetime) -> CTE:
    """Return one row per finding that was issued by then: its newest cycle, the first signed off, whether it came back.

    A revocation opens another cycle and leaves the one that was signed off as it was.
    """
    signed, returned = case((C.result == "signed_off", C.cycle)), case((C.because.in_(NOT_LASTING), 1), else_=0)
    return (
        select(
            C.finding_id,
            func.max(C.cycle).label("cycle"),
            func.min(signed).label("first_signed"),
            func.max(returned).label("came_back"),
        )
        .where(C.opened_at <= until)
        .group_by(C.finding_id)
        .cte("histories")
        .prefix_with("MATERIALIZED")
    )


def _due_on(until: datetime) -> ColumnElement[Any]:
    """Due day of the cycle as it was known by then."""
    own, later = extensions.c, extensions.alias().c
    approved = and_(own.finding_id == F.id, own.cycle == C.cycle, own.verdict == "approved", own.decided_at <= until)
    extended = select(own.until).where(approved).order_by(own.decided_at.desc()).limit(1).correlate(findings, cycles)
    moved_after = exists().where(
        later.finding_id == F.id, later.cycle == C.cycle, later.verdict == "approved", later.decided_at > until
    )
    step, going = milestones.alias().c, milestones.alias().c
    stepped_after = exists().where(step.finding_id == F.id, step.held_at > until).correlate(findings)
    towards = (
        select(func.min(going.due_on))
        .where(going.finding_id == F.id, or_(going.held_at.is_(None), going.held_at > until))
        .correlate(findings)
        .scalar_subquery()
    )
    is_known = and_(C.cycle == F.cycle, ~moved_after.correlate(findings, cycles))
    return case(
        (and_(is_known, stepped_after), towards),
        (is_known, F.due_on),
        else_=func.coalesce(extended.scalar_subquery(), C.due_on),
    )


def _handed_in(until: datetime) -> ScalarSelect[Any]:
    """The last submission of the cycle."""
    own = submissions.alias().c
    return (
        select(own.id)
        .where(own.finding_id == F.id, own.cycle == C.cycle, own.at <= until)
        .order_by(own.at.desc())
        .limit(1)
        .correlate(findings, cycles)
        .scalar_subquery()
    )


def _was_historic(until: datetime) -> ColumnElement[bool]:
    """Signed off before it came here; what was revoked later begins with a cycle that is not the first."""
    first, any_ = cycles.alias().c, cycles.alias().c
    has_first = exists().where(first.finding_id == F.id, first.cycle == 1).correlate(findings)
    has_any = exists().where(any_.finding_id == F.id).correlate(findings)
    by_then = or_(F.signed_off_at.is_(None), F.signed_off_at <= until)
    return or_(and_(F.historic, by_then), and_(has_any, ~has_first))


def _flag(event: str, until: datetime, own: Any) -> list[ColumnElement[bool]]:
    """Return the conditions of an event of the finding's present cycle; the first one names the index."""
    return [FLAG_EVENTS, own.case_id == F.id, own.event == event, own.at >= C.opened_at, own.at <= until]


def _late(until: datetime, as_of: date) -> ColumnElement[bool]:
    """Whether the day had passed and nothing that came in time lay with the reviewers: `overdue_on` of then."""
    S, own, seen, step = submissions.c, reviews.c, look_backs.c, milestones.alias().c

    def since(moment: ColumnElement[Any], *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
        found = exists().where(*conditions, moment > S.at, moment <= until)
        return found.correlate(findings, cycles, submissions)

    came_late = type_coerce(S.at, String) >= cast(_due_on(until), String).concat(DAY_ENDS)
    went_back = or_(
        since(own.at, own.case_id == F.id, own.cycle == C.cycle, own.verdict == "returned"),
        since(seen.confirmed_at, seen.finding_id == F.id, seen.cycle == C.cycle, seen.result == "returned"),
        since(step.held_at, step.finding_id == F.id),
    )
    return and_(_due_on(until) < as_of, or_(S.at.is_(None), came_late, went_back))


def _suspended(until: datetime) -> ColumnElement[bool]:
    """Whether the last that happened to its clock was that it was stopped."""
    stopped, went_on = ledger.c, ledger.alias()
    resumed = (
        select(went_on.c.seq)
        .where(went_on.c.case_id == F.id, went_on.c.event == "FindingResumed", went_on.c.seq > stopped.seq)
        .where(went_on.c.at <= until)
        .correlate(findings, ledger)
    )
    return exists().where(*_flag("FindingSuspended", until, stopped), ~resumed.exists()).correlate(findings, cycles)


def _milestone_held(until: datetime) -> ColumnElement[bool]:
    own = milestones.c
    held = and_(own.finding_id == F.id, own.held_at >= C.opened_at, own.held_at <= until)
    return exists().where(held).correlate(findings, cycles)


def _group(by: By, joined: Any) -> tuple[ColumnElement[Any], ColumnElement[Any], Any]:
    """Return key and label of a finding's group, and what has to be joined for them."""
    if by is By.ROUND:
        listed = joined.outerjoin(issue_lists, issue_lists.c.id == F.list_id)
        return rounds.c.id, rounds.c.name, listed.outerjoin(rounds, rounds.c.id == issue_lists.c.round_id)
    if by is By.LIST:
        listed = joined.outerjoin(issue_lists, issue_lists.c.id == F.list_id)
        return issue_lists.c.id, issue_lists.c.number, listed
    if by is By.LEADER:
        posted = joined.outerjoin(posts, posts.c.id == F.leader_post_id)
        of_unit = units.c.short_name.concat(" ").concat(posts.c.title)
        return func.coalesce(F.leader_post_id, 0), func.coalesce(of_unit, ""), posted
    if by is By.UNIT:
        return units.c.id, units.c.name, joined
    column = F.category if by is By.CATEGORY else F.kind
    return column, column, joined


def narrowed(filters: FigureFilters) -> Sequence[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [true()]
    if filters.round_id is not None:
        conditions.append(F.list_id.in_(select(issue_lists.c.id).where(issue_lists.c.round_id == filters.round_id)))
    if filters.unit_path is not None:
        conditions.append(below(filters.unit_path))
    if filters.leader_post_id is not None:
        conditions.append(func.coalesce(F.leader_post_id, 0) == filters.leader_post_id)
    for column, wanted in (
        (F.list_id, filters.list_id), (F.unit_id, filters.own_unit_id),
        (F.category, filters.category), (F.kind, filters.kind),
    ):  # fmt: skip
        if wanted is not None:
            conditions.append(column == wanted)
    return conditions
