"""工作台: what waits for a person on the left, the case and the act's form on the right; what he has done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import ColumnElement, Connection, and_, false, or_, select, union_all

from cases.issue_list import REPORTS_TO_COME
from persistence import ledger, overviews
from persistence.clocks import clocks_of
from persistence.overdue import overdue_on
from persistence.overviews import Task
from persistence.tables import findings, issue_lists, open_tasks
from persistence.visibility import visible_findings, visible_lists
from tasks.case import OWN_DAY
from web import pages, uploads
from web.acts import Sheet, fresh_sheet
from web.dossier_shown import Summary, summary_of
from web.house import House, TheHouse
from web.seeing import Room, clockwork_of, seeing
from web.signed_in import Person, SignedIn, page_router
from web.urgency import Shown

router = page_router()

FILTERS = ("today", "week", "overdue", "attention", "returned")
PAGE = 40
DONE_PAGE = 40


@dataclass(frozen=True, slots=True)
class Row:
    """One line of 待办 with what is known of its case."""

    task: Task
    urgency: Shown | None
    room: Room
    attention: int
    returns: int
    secret: bool


@dataclass(frozen=True, slots=True)
class Done:
    """One line of 已办."""

    at: Any
    act: str
    number: str
    title: str
    room: Room


@router.get("/")
def desk(
    request: Request, house: TheHouse, person: SignedIn, show: str = "", open: str = "", after: str = "", did: str = ""
) -> Response:
    if not person.may("view"):
        return RedirectResponse("/mailbox", 303)  # administrators have no tasks of findings
    show = show if show in FILTERS else ""
    with house.office.read() as conn:
        rows, more = _rows(house, conn, person, show, after)
        waiting = _count(conn, person, "")
        overdue = _count(conn, person, "overdue")
    chosen = next((row for row in rows if row.task.id == open), rows[0] if rows else None)
    panel = _panel(house, person, chosen, rows, show) if chosen else None
    return pages.show(
        request,
        "desk.html",
        rows=rows,
        more=more,
        show=show,
        filters=FILTERS,
        waiting=waiting,
        overdue=overdue,
        chosen=chosen,
        panel=panel,
        did=did if did.isidentifier() else "",
        of=request.query_params.get("of", ""),
        **uploads.choices(_known(panel)),
    )


@router.get("/desk/{task_id:path}")
def open_task(request: Request, house: TheHouse, person: SignedIn, task_id: str, show: str = "") -> Response:
    show = show if show in FILTERS else ""
    with house.office.read() as conn:
        rows, _ = _rows(house, conn, person, show, "")
    chosen = next((row for row in rows if row.task.id == task_id), None)
    if chosen is None or not request.headers.get("hx-request"):
        return RedirectResponse(f"/?{urlencode({'open': task_id, 'show': show})}", 303)
    panel = _panel(house, person, chosen, rows, show)
    return pages.show(request, "parts/desk_panel.html", chosen=chosen, panel=panel, **uploads.choices(_known(panel)))


@router.get("/done")
def done(request: Request, house: TheHouse, person: SignedIn) -> Response:
    with house.office.read() as conn:
        rows = _done(conn, person)
        waiting = _count(conn, person, "")
    return pages.show(request, "done.html", rows=rows, waiting=waiting)


@dataclass(frozen=True, slots=True)
class Panel:
    """The right side: the case in short, and the form of the act."""

    summary: Summary
    sheet: Sheet | None


def _panel(house: House, person: Person, chosen: Row, rows: Sequence[Row], show: str) -> Panel:
    place = [row.task.id for row in rows].index(chosen.task.id)
    following = (rows[place + 1 :] + rows[:place])[:1] if isinstance(rows, list) else []
    asked = {"show": show, "open": following[0].task.id if following else ""}
    back = "/" + (f"?{query}" if (query := urlencode({k: v for k, v in asked.items() if v})) else "")
    with seeing(house, person, chosen.room, str(chosen.task.number)) as seen:
        offer = seen.offer(chosen.task.act, chosen.task.id)
        return Panel(summary_of(seen), fresh_sheet(seen, offer, back=back) if offer else None)


def _known(panel: Panel | None) -> list[str]:
    return [f"{key}|{text}" for key, text in panel.sheet.form.known_measures] if panel and panel.sheet else []


_own_day = open_tasks.c.act.in_(sorted(OWN_DAY))


def _predicates(person: Person, show: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Return what a filter lets through of findings and of lists, within what the person may see.

    Late is what its row says to be late (`Clockwork.of_task`).
    """
    of_findings, of_lists = visible_findings(person.actor), visible_lists(person.actor)
    F, L, T = findings.c, issue_lists.c, open_tasks.c
    until = {"today": person.today, "week": _sunday(person.today)}.get(show)
    if until is not None:
        soon = T.due_on.between(person.today, until)
        of_case = F.due_on.between(person.today, until)
        return and_(of_findings, or_(and_(_own_day, soon), and_(~_own_day, of_case))), and_(of_lists, soon)
    if show == "overdue":
        late = T.due_on < person.today
        return (
            and_(of_findings, or_(and_(_own_day, late), and_(~_own_day, overdue_on(person.today)))),
            and_(of_lists, late, L.state.in_(REPORTS_TO_COME)),
        )
    if show == "attention":
        return and_(of_findings, F.attention > 0), false()
    if show == "returned":
        return and_(of_findings, F.returns > 0), false()
    return of_findings, of_lists


def _sunday(day: date) -> date:
    return day + timedelta(days=6 - day.weekday())


def _rows(house: House, conn: Connection, person: Person, show: str, after: str) -> tuple[list[Row], str]:
    of_findings, of_lists = _predicates(person, show)
    place = (after.partition("|")[0], after.partition("|")[2]) if "|" in after else None
    tasks = overviews.my_tasks(
        conn, person.actor.holders, person.actor.person_id,
        visible=of_findings, visible_lists=of_lists, after=place, limit=PAGE + 1,
    )  # fmt: skip
    shown, more = tasks[:PAGE], tasks[PAGE:]
    known = _of_cases(conn, [task.case_id for task in shown])
    clocks = clocks_of(conn, [task.case_id for task in shown])
    clockwork = clockwork_of(house, conn, person)
    rows = [
        Row(task, clockwork.of_task(task, clocks[task.case_id]), *known[task.case_id])
        for task in shown
        if task.case_id in known
    ]
    return rows, "|".join(shown[-1].place) if more else ""


def _of_cases(conn: Connection, ids: Sequence[int]) -> dict[int, tuple[Room, int, int, bool]]:
    """Return case id -> (room, undecided signals, returns, secret)."""
    F, L = findings.c, issue_lists.c
    found: dict[int, tuple[Room, int, int, bool]] = {}
    for row in conn.execute(select(F.id, F.attention, F.returns, F.confidentiality).where(F.id.in_(ids))):
        found[row.id] = ("findings", row.attention, row.returns, row.confidentiality > 1)
    for list_id, level in conn.execute(select(L.id, L.confidentiality).where(L.id.in_(ids))):
        found[list_id] = ("lists", 0, 0, level > 1)
    return found


def _count(conn: Connection, person: Person, show: str) -> int:
    of_findings, of_lists = _predicates(person, show)
    return overviews.my_task_count(
        conn, person.actor.holders, person.actor.person_id, visible=of_findings, visible_lists=of_lists
    )


def _done(conn: Connection, person: Person) -> list[Done]:
    """Return what the person did last, one line per act, of cases that he may still see."""
    events = ledger.by_person(conn, person.actor.person_id, limit=DONE_PAGE * 3)
    ids = {event.case_id for event in events}
    visible = union_all(
        select(findings.c.id, findings.c.number, findings.c.title).where(
            findings.c.id.in_(ids), visible_findings(person.actor)
        ),
        select(issue_lists.c.id, issue_lists.c.number, issue_lists.c.title).where(
            issue_lists.c.id.in_(ids), visible_lists(person.actor)
        ),
    )
    titles = {row[0]: (row[1], row[2]) for row in conn.execute(visible)}
    lists = set(conn.scalars(select(issue_lists.c.id).where(issue_lists.c.id.in_(ids))))
    rows: dict[tuple[int, str, Any], Done] = {}
    for event in events:
        if event.case_id in titles:
            number, title = titles[event.case_id]
            room: Room = "lists" if event.case_id in lists else "findings"
            rows.setdefault((event.case_id, event.act, event.at), Done(event.at, event.act, number, title, room))
    return list(rows.values())[:DONE_PAGE]
