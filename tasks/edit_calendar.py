"""工作日历: an office's own day above the published ones, for a notice that is not known yet or a local holiday."""

from sqlalchemy import delete, insert

from cases.events import Event
from config.calendars import Kind
from persistence.tables import calendar_days
from tasks.acts import act
from tasks.case import OfficeCase
from tasks.form import Form
from tasks.work import Work

OWN = (Kind.HOLIDAY, Kind.IN_LIEU, Kind.MAKE_UP)


@act(on="office", needs=("day", "kind"), task=False, permission="edit_settings")
def edit_calendar(work: Work, case: OfficeCase, form: Form) -> None:
    """Say what a day is; ``published`` takes the office's own word back."""
    day, kind = form.needed_day("day"), form.choice("kind", *OWN, "published")
    note = form.text("note")[:60]
    work.write_later(delete(calendar_days).where(calendar_days.c.day == day))
    if kind != "published":
        work.write_later(insert(calendar_days), {"day": day, "kind": kind, "note": note})
    work.record(case, Event("CalendarEdited", {"day": str(day), "kind": kind, "note": note}))
