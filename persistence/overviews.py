"""Lists and counts for people: read-only, by keyset, by index ranges; no page costs more the further down it is.

Who may see what comes in as predicates (`persistence.visibility`), applied before a page is cut: pages stay full.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    false,
    func,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.sql.visitors import replacement_traverse

from persistence.columns import Id
from persistence.overdue import overdue_on
from persistence.searching import says_all
from persistence.tables import findings, issue_lists, open_tasks, unit_names, units
from persistence.visibility import below

MANY = 5_000  # findings: sorting that many costs about as much as walking past the invisible ones

T, F, I = open_tasks.c, findings.c, issue_lists.c  # noqa: E741


@dataclass(frozen=True)
class Task:
    """One line of a person's 待办; *number*, *title* and *unit_name* are empty where the case is no finding or list."""

    id: str
    instance_id: int
    case_id: int
    name: str
    act: str
    form: str
    stage: str
    role: str
    label: str
    item: str | None
    holder: str
    claimed_by: int | None
    since: datetime
    due_on: date | None
    sort_on: str
    number: str | None
    title: str | None
    unit_name: str | None

    @property
    def place(self) -> tuple[str, str]:
        """Where the next page goes on: *after* of `my_tasks`."""
        return self.sort_on, self.id


def my_tasks(
    connection: Connection,
    holders: Sequence[str],
    person_id: int,
    *,
    after: tuple[str, str] | None = None,
    limit: int = 50,
    visible: ColumnElement[bool] | None = None,
    visible_lists: ColumnElement[bool] | None = None,
) -> list[Task]:
    """Return what *person_id* may do now, earliest due day first: what he claimed, and what nobody has claimed yet.

    *holders* are those of ``open_tasks.holder`` that he stands for. The predicates are over ``findings`` and
    ``issue_lists``; a case that is neither passes. One index range per holder is merged, however large the table.
    """
    if visible is None and visible_lists is None:
        query = _bare_page(len(holders), after is not None)
    else:
        query = _page(len(holders), after is not None, _passes(visible, visible_lists))
    values = _holder_values(holders, person_id) | {"limit": limit}
    if after is not None:
        values |= {"after_day": after[0], "after_id": after[1]}
    return [Task(*row) for row in connection.execute(query, values)]


def every_task(connection: Connection, *, limit: int = 200) -> list[Task]:
    """Return what waits for anybody, earliest due day first: for the operator at the machine."""
    page = select(T.id).order_by(T.sort_on, T.id).limit(limit).subquery()
    return [Task(*row) for row in connection.execute(_shown(page))]


def my_task_count(
    connection: Connection,
    holders: Sequence[str],
    person_id: int,
    *,
    visible: ColumnElement[bool] | None = None,
    visible_lists: ColumnElement[bool] | None = None,
) -> int:
    """Return how many lines `my_tasks` has in all."""
    if visible is None and visible_lists is None:
        query = _bare_count(len(holders))
    else:
        query = _count(len(holders), _passes(visible, visible_lists))
    return connection.scalar(query, _holder_values(holders, person_id)) or 0


def _holder_values(holders: Sequence[str], person_id: int) -> dict[str, Any]:
    return {"person": person_id} | {f"holder_{place}": holder for place, holder in enumerate(holders)}


def _passes(visible: ColumnElement[bool] | None, visible_lists: ColumnElement[bool] | None) -> ColumnElement[bool]:
    of_finding = true() if visible is None else or_(F.id.is_(None), visible)
    of_list = true() if visible_lists is None else or_(I.id.is_(None), visible_lists)
    return and_(of_finding, of_list)


def _ranges(holders: int) -> list[ColumnElement[bool]]:
    """One range of an index each, none overlapping another."""
    unclaimed = [and_(bindparam(f"holder_{place}") == T.holder, T.claimed_by.is_(None)) for place in range(holders)]
    return [bindparam("person") == T.claimed_by, *unclaimed]


def _with_cases(query: Select[Any]) -> Select[Any]:
    with_findings = open_tasks.outerjoin(findings, F.id == T.case_id)
    return query.select_from(with_findings.outerjoin(issue_lists, I.id == T.case_id))


def _page(holders: int, further: bool, passes: ColumnElement[bool] | None) -> Select[Any]:
    parts = []
    for in_range in _ranges(holders):
        part = select(T.id, T.sort_on).where(in_range)
        if passes is not None:
            part = _with_cases(part).where(passes)
        if further:
            part = part.where(tuple_(T.sort_on, T.id) > tuple_(bindparam("after_day"), bindparam("after_id")))
        part = part.order_by(T.sort_on, T.id).limit(bindparam("limit"))
        parts.append(select(part.subquery()))  # SQLite takes a limit inside a union only there
    merged = union_all(*parts).subquery()
    page = select(merged.c.id).order_by(merged.c.sort_on, merged.c.id).limit(bindparam("limit")).subquery()

    return _shown(page)


def _shown(page: Any) -> Select[Any]:
    """Return the lines of the tasks whose ids are in *page*."""
    number, title = func.coalesce(F.number, I.number), func.coalesce(F.title, I.title)
    shown = [T[field.name] for field in fields(Task)[:-3]]
    joined = (
        page.join(open_tasks, T.id == page.c.id)
        .outerjoin(findings, F.id == T.case_id)
        .outerjoin(issue_lists, I.id == T.case_id)
        .outerjoin(units, units.c.id == func.coalesce(F.unit_id, I.unit_id))
    )
    return select(*shown, number, title, units.c.name).select_from(joined).order_by(T.sort_on, T.id)


def _count(holders: int, passes: ColumnElement[bool] | None) -> Select[Any]:
    parts: list[ColumnElement[int]] = []
    for in_range in _ranges(holders):
        part = select(func.count()).select_from(open_tasks).where(in_range)
        if passes is not None:
            part = _with_cases(select(func.count())).where(in_range, passes)
        parts.append(part.scalar_subquery())
    return select(sum(parts[1:], parts[0]))


@cache
def _bare_page(holders: int, further: bool) -> Select[Any]:
    return _page(holders, further, None)


@cache
def _bare_count(holders: int) -> Select[Any]:
    return _count(holders, None)


# --- findings -------------------------------------------------------------------------------------------------------


class Order(StrEnum):
    """How findings are sorted; the id settles ties."""

    DUE = "due"  # earliest first, those without a due day last
    NEWEST = "newest"
    NUMBER = "number"


@dataclass(frozen=True)
class FindingFilters:
    """What a list of findings is narrowed to; None does not narrow."""

    unit_path: str | None = None  # this unit and all below
    state: str | None = None
    stage: str | None = None
    kind: str | None = None
    category: str | None = None
    overdue: bool | None = None  # on the day *today*
    round_id: int | None = None
    list_id: int | None = None
    search: str | None = None  # part of number, title or detail
    has_attention: bool | None = None  # undecided signals
    today: date | None = None  # the day on which something is overdue or not; needed by whoever asks that


@dataclass(frozen=True)
class FindingLine:
    """One line of the ledger list."""

    id: int
    number: str
    seq: str
    list_id: int
    unit_id: int
    unit_path: str
    title: str
    category: str
    kind: str
    state: str
    stage: str
    due_on: date | None
    overdue_since: date | None
    submitted_at: datetime | None
    amount_yuan: Decimal | None
    is_key: bool
    leader_post_id: int | None
    handler_post_id: int | None
    leader_text: str
    confidentiality: int
    attention: int
    cycle: int
    returns: int
    historic: bool
    unit_name: str


@dataclass(frozen=True)
class FindingCount:
    """How many findings are in one state, those overdue counted apart."""

    state: str
    overdue: bool
    count: int


Place = tuple[date | str | int | None, int]
"""Where the next page goes on: (due day, number or id of the last line, its id)."""


def place_of(line: FindingLine, order: Order = Order.DUE) -> Place:
    """Return *after* for the page behind *line*."""
    keys: dict[Order, date | str | int | None] = {
        Order.DUE: line.due_on, Order.NEWEST: line.id, Order.NUMBER: line.number,
    }  # fmt: skip
    return keys[order], line.id


def list_findings(
    connection: Connection,
    visible: ColumnElement[bool],
    filters: FindingFilters,
    *,
    after: Place | None = None,
    limit: int = 50,
    order: Order = Order.DUE,
) -> list[FindingLine]:
    """Return a page of the findings that *visible* lets through, in *order*, behind *after*."""
    if filters.unit_path is None and _sees_many(connection, visible):
        visible = _not_by_unit(visible)
    query = _lines().where(visible, *narrowed(filters)).limit(limit)
    if order is not Order.DUE:
        key = F.id if order is Order.NEWEST else F.number
        if after is not None:
            query = query.where(key < after[0] if order is Order.NEWEST else key > after[0])
        return _read(connection, query.order_by(key.desc() if order is Order.NEWEST else key))

    page = []
    if after is None or after[0] is not None:
        dated = query.where(F.due_on.is_not(None)).order_by(F.due_on, F.id)
        if after is not None:
            due, last = bindparam("due", after[0], F.due_on.type), bindparam("last", after[1], Id)
            dated = dated.where(tuple_(F.due_on, F.id) > tuple_(due, last))
        page = _read(connection, dated)
        after = None
    if len(page) < limit:  # an index has no "nulls last" on SQLite: the undated are a second range
        undated = query.where(F.due_on.is_(None)).order_by(F.id).limit(limit - len(page))
        page += _read(connection, undated if after is None else undated.where(F.id > after[1]))
    return page


def count_findings(
    connection: Connection, visible: ColumnElement[bool], filters: FindingFilters
) -> tuple[FindingCount, ...]:
    """Count the findings that *visible* lets through, by state and by whether they are overdue."""
    overdue = func.coalesce(_overdue(filters), false())
    query = select(F.state, overdue.label("overdue"), func.count().label("count")).where(visible, *narrowed(filters))
    rows = connection.execute(query.group_by(F.state, overdue).order_by(F.state, overdue))
    return tuple(FindingCount(row.state, bool(row.overdue), row._mapping["count"]) for row in rows)


def titles_of(connection: Connection, case_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Return case id -> (number, title) of findings and lists, e.g. for the events of `ledger.by_person`."""
    wanted = sorted(set(case_ids))
    if not wanted:
        return {}
    found = union_all(
        select(F.id, F.number, F.title).where(F.id.in_(wanted)), select(I.id, I.number, I.title).where(I.id.in_(wanted))
    )
    return {id: (number, title) for id, number, title in connection.execute(found)}


def _sees_many(connection: Connection, visible: ColumnElement[bool]) -> bool:
    """Whether *visible* lets so much through that a page is found sooner by walking the order than by sorting.

    Asked of SQLite only: it plans without knowing how much of the tree a range of paths covers. PostgreSQL knows.
    """
    if connection.dialect.name != "sqlite":
        return False
    some = select(F.id).where(visible).limit(MANY).subquery()
    return connection.scalar(select(func.count()).select_from(some)) == MANY


def _not_by_unit(visible: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the same predicate in a form that the index on unit_path does not serve."""

    def replace(element: Any, **_: Any) -> Any:
        return F.unit_path.concat("") if element is F.unit_path else None

    return replacement_traverse(visible, {}, replace)


def _lines() -> Select[Any]:
    shown = [F[field.name] for field in fields(FindingLine)[:-1]]
    return select(*shown, units.c.name).select_from(findings.outerjoin(units, units.c.id == F.unit_id))


def _read(connection: Connection, query: Select[Any]) -> list[FindingLine]:
    return [FindingLine(*row) for row in connection.execute(query)]


def narrowed(filters: FindingFilters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    for name in ("state", "stage", "kind", "category", "list_id"):
        wanted = getattr(filters, name)
        if wanted is not None:
            conditions.append(F[name] == wanted)
    if filters.unit_path is not None:
        conditions.append(below(filters.unit_path))
    if filters.overdue is not None:
        late = func.coalesce(_overdue(filters), false())
        conditions.append(late if filters.overdue else ~late)
    if filters.has_attention is not None:
        conditions.append(F.attention > 0 if filters.has_attention else F.attention == 0)
    if filters.round_id is not None:
        conditions.append(F.list_id.in_(select(I.id).where(I.round_id == filters.round_id)))
    if filters.search:
        of_unit = (lambda word: F.unit_id.in_(_units_called(word)),)
        conditions.append(says_all(filters.search, F.number, F.title, F.detail, besides=of_unit))
    return conditions


def _overdue(filters: FindingFilters) -> ColumnElement[bool]:
    if filters.today is None:
        raise ValueError("overdue on which day?")
    return overdue_on(filters.today)


def _units_called(words: str) -> Select[Any]:
    """Select the units whose name, now or at any time before, contains *words*."""
    before = select(unit_names.c.unit_id).where(says_all(words, unit_names.c.name, unit_names.c.short_name))
    now = says_all(words, units.c.name, units.c.short_name)
    return select(units.c.id).where(or_(now, units.c.id.in_(before)))


@dataclass(frozen=True, slots=True)
class Reporting:
    """How a list reports; empty: as its source and the first formula say."""

    source: str = ""
    status_family: str = ""
    completion: str = ""
    rounding: str = ""


def reporting_of(conn: Connection, list_id: int | None, *conditions: ColumnElement[bool]) -> Reporting:
    """Return how a list that *conditions* let through reports."""
    columns = [issue_lists.c[one.name] for one in fields(Reporting)]
    row = conn.execute(select(*columns).where(issue_lists.c.id == list_id, *conditions)).one_or_none()
    return Reporting(*(value or "" for value in row)) if row else Reporting()
