"""放假通知: from November on the system administrators are reminded, once a week, to enter the notice of next year."""

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import select

from cases.calendar import WorkingCalendar
from cases.events import Event
from persistence.tables import notices
from tasks.case import AnyCase
from tasks.work import Work

if TYPE_CHECKING:
    from tasks.patrols.round import Round

MISSING = "calendar_missing"


def year_without_notice(today: date, from_month: int, calendar: WorkingCalendar) -> int | None:
    """Return the year whose notice of holidays should be known on the day *today* and is not, None where none is."""
    if not calendar.is_published(today.year):
        return today.year
    following = today.year + 1
    return following if today.month >= from_month and not calendar.is_published(following) else None


def remind_of_notice(patrol: "Round", calendar: WorkingCalendar) -> int:
    """Tell the system administrators of the year without a notice, once in a week; return whether they were told."""
    with patrol.office.read() as conn:
        from_month = patrol.office.number_setting(conn, "calendar.remind_from_month", patrol.today)
    year = year_without_notice(patrol.today, from_month, calendar)
    if year is None:
        return 0
    week = "{}-W{:02}".format(*patrol.today.isocalendar()[:2])
    notice = {"kind": "office", "subject": year, "cycle": 1, "code": MISSING, "trigger": MISSING, "period": week}
    told = False

    def body(work: Work) -> AnyCase:
        nonlocal told
        work.guard = patrol.guard
        case = work.office_case()
        known = select(notices.c.id).where(*(notices.c[name] == value for name, value in notice.items()))
        told = work.conn.execute(known).first() is None
        if told:
            work.add(notices, **notice, outcome="told", at=work.at)
            shown = {"number": str(year), "link": f"/calendar?year={year}"}
            work.record(
                case, Event("CalendarMissing", {"year": year, "notice": f"{MISSING}|{year}|{week}", "shown": shown})
            )
        return case

    patrol.office.as_clock("patrol_deadlines", body, at=patrol.now)
    return int(told)
