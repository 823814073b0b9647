"""审核质量: figures of each reviewer over time, for those who watch over reviews; everybody else sees his own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy import Connection

from cases.refusals import Unknown
from persistence.reviewing import FEW, Figures, Given, Reviewer, Share, opinions_given, reviewers
from tasks.kept_releases import release_kept
from tasks.rule_tables import tables_in
from web import pages
from web.house import House, TheHouse
from web.signed_in import Person, SignedIn, page_router
from web.typed import Id, day_of

router = page_router()
PERIOD: Final = timedelta(days=182)
OPENED_BY: Final = ("watch_reviewers", "review_rectification", "sign_rectification", "verify_rectification", "sign_off")
HEIGHT: Final = 30  # of the bars
STEP: Final = 10  # from one bar to the next
LEAST_SECONDS: Final = 60  # where the table in force has no number of its own
Value = Callable[[Figures], int | Share | None]

LINES: Final[Sequence[tuple[str, Value]]] = (
    ("decisions", lambda one: one.decisions),
    ("seconds", lambda one: one.seconds),
    ("quick", lambda one: one.quick),
    ("opened", lambda one: one.opened),
    ("comment", lambda one: one.comment),
    ("empty", lambda one: one.empty),
    ("overturned", lambda one: one.overturned),
)


@dataclass(frozen=True, slots=True)
class Bar:
    """One month, drawn."""

    x: int
    y: int
    height: int
    few: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of one person: the whole period, each month, and the months drawn."""

    key: str
    whole: int | Share | None
    months: Sequence[int | Share | None]
    bars: Sequence[Bar]


@router.get("/reviewing")
def reviewing_page(request: Request, house: TheHouse, person: SignedIn, since: str = "", until: str = "") -> Response:
    """Show everybody's figures, or one's own."""
    begin, end = _period(person, since, until)
    with house.office.read() as conn:
        least = _least_seconds(house, conn)
        told = reviewers(opinions_given(conn, person.actor, begin, end, person_id=_whose(person)), least_seconds=least)
    return pages.show(
        request, "office/reviewing.html", reviewers=[(one, _lines(one)) for one in told], since=begin, until=end,
        least=least, few=FEW, own_only=_whose(person) is not None, step=STEP, height=HEIGHT,
    )  # fmt: skip


@router.get("/reviewing/{person_id}")
def opinions_page(
    request: Request, house: TheHouse, person: SignedIn, person_id: Id, since: str = "", until: str = ""
) -> Response:
    """Show the opinions behind one person's figures."""
    if _whose(person) not in (None, person_id):
        raise Unknown()
    begin, end = _period(person, since, until)
    with house.office.read() as conn:
        rows: list[Given] = opinions_given(conn, person.actor, begin, end, person_id=person_id)
    if not rows:
        raise Unknown()
    return pages.show(
        request, "office/reviewer.html", name=rows[-1].person, rows=list(reversed(rows)), since=begin, until=end
    )


def _whose(person: Person) -> int | None:
    """Return whose figures alone *person* may see, None for everybody's. Raises Unknown."""
    if not any(person.may(permission) for permission in OPENED_BY):
        raise Unknown()
    return None if person.may("watch_reviewers") else person.actor.person_id


def _period(person: Person, since: str, until: str) -> tuple[date, date]:
    end = day_of(until) or person.today
    begin = day_of(since) or (end - PERIOD).replace(day=1)
    return begin, max(begin, end)


def _least_seconds(house: House, conn: Connection) -> int:
    release = release_kept(conn, house.office.release_in_force(conn))
    rubber_stamp = tables_in(release).parameters.get("PR-22")
    return rubber_stamp.numbers.get("least_seconds", LEAST_SECONDS) if rubber_stamp else LEAST_SECONDS


def _lines(reviewer: Reviewer) -> list[Line]:
    lines = []
    for key, value in LINES:
        months = [value(figures) for _, figures in reviewer.months]
        few = [figures.is_small for _, figures in reviewer.months]
        lines.append(Line(key, value(reviewer.whole), months, _bars([_number(one) for one in months], few)))
    return lines


def _number(value: int | Share | None) -> int:
    return (value.percent if isinstance(value, Share) else value) or 0


def _bars(numbers: Sequence[int], few: Sequence[bool]) -> list[Bar]:
    most = max([*numbers, 1])
    heights = [round(number * HEIGHT / most) for number in numbers]
    return [
        Bar(STEP * place, HEIGHT - height, height, small)
        for place, (height, small) in enumerate(zip(heights, few, strict=True))
    ]
