"""工作日历与参数: which days count, and the numbers that a place decides; each change is an act with its day."""

from calendar import Calendar
from collections.abc import Mapping
from datetime import date
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy import select

from cases.deadlines import reason_in_words
from cases.known_words import known
from config.calendars import DayKind, Kind, published_days
from config.policy import NUMBERS
from persistence.tables import calendar_days, people, settings
from tasks.edit_calendar import OWN
from tasks.set_number import limits
from web import pages
from web.administration import NOTHING, Attempt, attempt, back_to, office_router, was_done
from web.house import House, TheHouse
from web.signed_in import Filled, Person, SignedIn, page_router
from web.typed import YEARS, AskedYear, whole

router = page_router()
numbers = office_router("edit_settings")


@router.get("/calendar")
def calendar_page(
    request: Request, house: TheHouse, person: SignedIn, year: AskedYear = None, done: str | None = None
) -> Response:
    return _calendar(request, house, person, year, done=done)


@numbers.post("/calendar")
def change_day(request: Request, house: TheHouse, person: SignedIn, form: Filled) -> Response:
    tried = attempt(house, person, form, "edit_calendar")
    asked = whole(str(form.get("day") or "")[:4])
    year = asked if asked in range(*YEARS) else person.today.year
    if tried.answer is None:
        return _calendar(request, house, person, year, tried=tried)
    return back_to("/calendar", tried.act, year=str(year))


@numbers.get("/settings")
def settings_page(request: Request, house: TheHouse, person: SignedIn, done: str | None = None) -> Response:
    return _settings(request, house, person, done=done)


@numbers.post("/settings")
def change_number(request: Request, house: TheHouse, person: SignedIn, form: Filled) -> Response:
    tried = attempt(house, person, form, "set_number")
    if tried.answer is None:
        return _settings(request, house, person, tried=tried)
    return back_to("/settings", tried.act)


def _calendar(
    request: Request,
    house: House,
    person: Person,
    year: int | None,
    *,
    tried: Attempt = NOTHING,
    done: str | None = None,
) -> Response:
    shown = year or person.today.year
    with house.office.read() as conn:
        calendar = house.office.calendar(conn)
        rows = conn.execute(select(calendar_days).order_by(calendar_days.c.day)).all()
    weeks = Calendar()
    read = {row.day: (known(Kind, row.kind), row.note) for row in rows}
    own = {day: DayKind(kind, note) for day, (kind, note) in read.items() if kind is not None}
    months = [
        [
            [_cell(day, month, calendar.exceptions, own) for day in week]
            for week in weeks.monthdatescalendar(shown, month)
        ]
        for month in range(1, 13)
    ]
    return pages.show(
        request, "office/calendar.html", status=422 if tried.text else 200, year=shown, months=months, own=own,
        own_kinds=OWN, unpublished=calendar.unpublished_years(date(shown, 1, 1), date(shown + 1, 1, 1)),
        is_published=calendar.is_published(shown), today=person.today, can_edit=person.may("edit_settings"),
        published=published_days(), note_of=lambda kind: _note(person.language, kind), tried=tried, done=was_done(done),
    )  # fmt: skip


def _cell(day: date, month: int, exceptions: Mapping[date, DayKind], own: Mapping[date, DayKind]) -> dict[str, Any]:
    known = exceptions.get(day)
    kind = known.kind if known else Kind.WEEKEND if day.weekday() >= 5 else None
    return {"day": day, "kind": kind, "known": known, "own": day in own, "inside": day.month == month}


def _note(language: str, kind: DayKind | None) -> str:
    if kind is None:
        return ""
    return reason_in_words(kind, language)


def _settings(
    request: Request, house: House, person: Person, *, tried: Attempt = NOTHING, done: str | None = None
) -> Response:
    with house.office.read() as conn:
        rows = conn.execute(
            select(settings, people.c.name.label("who"))
            .outerjoin(people, people.c.id == settings.c.set_by)
            .where(settings.c.name.in_(NUMBERS))
            .order_by(settings.c.version.desc())
        ).all()
        values = [
            {
                "name": name,
                "value": house.office.number_setting(conn, name, person.today),
                "default": NUMBERS[name],
                "limits": limits(name),
                "versions": [row for row in rows if row.name == name],
            }
            for name in NUMBERS
        ]
    return pages.show(
        request, "office/settings.html", status=422 if tried.text else 200, numbers=values, today=person.today,
        tried=tried, done=was_done(done),
    )  # fmt: skip
