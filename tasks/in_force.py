"""What is in force on a day: working days, numbers, and on whose list a task of a role stands."""

from datetime import date

from sqlalchemy import Connection, bindparam, select

from cases.calendar import WorkingCalendar
from cases.known_words import known
from cases.rights import OVERSEEING, Role, Side
from config.calendars import DayKind, Kind, days_with
from config.policy import NUMBERS
from persistence.roles import side_of
from persistence.tables import calendar_days, posts, settings, units
from tasks.case import AnyCase, FindingCase, ListCase

OF_THE_OFFICE = OVERSEEING - {Role.RESIDENT_DISCIPLINE_TEAM}  # hold for all units that the office inspects
POST_OF_ROLE = {"handler": "handler_post_id", "responsible_leader": "leader_post_id", "chief": "chief_post_id"}


class InForce:
    """Reads what administrators have set; a calendar is made once for the days that were entered."""

    def __init__(self) -> None:
        self._calendars: dict[frozenset[tuple[date, str]], WorkingCalendar] = {}

    def holder(self, conn: Connection, case: AnyCase, role: str, day: date) -> str:
        """Return whose task list a task of *role* stands on: a post of the unit, or a role on the inspecting side."""
        value = (
            case.finding if isinstance(case, FindingCase) else case.issue_list if isinstance(case, ListCase) else None
        )
        assert value is not None
        if isinstance(case, FindingCase) and role in POST_OF_ROLE:
            post_id = getattr(case.finding, POST_OF_ROLE[role])
            if post_id is not None:
                return f"post:{post_id}"
        if role == "superior_leader":
            post_id = conn.execute(_superior_post, {"unit": value.unit_id}).scalar_one()
            return f"post:{post_id}" if post_id else f"role:leading_group@{value.office_unit_id}"
        if role == "chief":
            post_id = conn.execute(_chief_post, {"unit": value.unit_id, "day": day}).scalar_one_or_none()
            return f"post:{post_id}" if post_id else f"role:chief@{value.unit_id}"
        if role in ("handler", "responsible_leader", "leadership_team"):
            return f"role:{role}@{value.unit_id}"
        if role not in OF_THE_OFFICE and _is_of_the_unit(conn, role, value.unit_id, day):
            return f"role:{role}@{value.unit_id}"
        return f"role:{role}@{value.office_unit_id}"

    def calendar(self, conn: Connection) -> WorkingCalendar:
        """Return the working days in force: the published ones under the days that were entered by hand."""
        entered = conn.execute(_days_entered).all()
        key = frozenset((day, kind) for day, kind, _ in entered)
        if key not in self._calendars:
            read = {day: (known(Kind, kind), note) for day, kind, note in entered}
            days = {day: DayKind(kind, note) for day, (kind, note) in read.items() if kind is not None}
            self._calendars[key] = WorkingCalendar(days_with(days))
        return self._calendars[key]

    def number_setting(self, conn: Connection, name: str, day: date) -> int:
        """Return the number *name* in force on *day*: the newest setting, or the default of config.policy."""
        body = conn.execute(_setting, {"name": name, "day": day}).scalar_one_or_none()
        return NUMBERS[name] if body is None else int(body)

    def is_rehearsal(self, conn: Connection) -> bool:
        """Whether the database was made for rehearsals, where an act may name its moment."""
        return conn.execute(_rehearsal).scalar() is True


def _is_of_the_unit(conn: Connection, role: str, unit_id: int, day: date) -> bool:
    """Whether the holders of *role* are those of the unit: it rectifies, or the role has a post for this unit alone."""
    asked = {"role": role, "unit": unit_id, "day": day}
    return side_of(conn, role) is Side.UNIT or conn.execute(_post_there, asked).first() is not None


# Statements are built once: building one anew takes longer than SQLite takes to run it.

_superior_post = select(units.c.superior_post_id).where(units.c.id == bindparam("unit"))
_chief_post = (
    select(posts.c.id)
    .where(
        posts.c.unit_id == bindparam("unit"),
        posts.c.role == "chief",
        posts.c.valid_from <= bindparam("day"),
        (posts.c.valid_until.is_(None)) | (posts.c.valid_until >= bindparam("day")),
    )
    .order_by(posts.c.id)
    .limit(1)
)
_post_there = select(posts.c.id).where(
    posts.c.role == bindparam("role"),
    posts.c.scope_unit_id == bindparam("unit"),
    posts.c.valid_from <= bindparam("day"),
    (posts.c.valid_until.is_(None)) | (posts.c.valid_until >= bindparam("day")),
)
_days_entered = select(calendar_days.c.day, calendar_days.c.kind, calendar_days.c.note)
_setting = (
    select(settings.c.body)
    .where(settings.c.name == bindparam("name"), settings.c.valid_from <= bindparam("day"))
    .order_by(settings.c.version.desc())
    .limit(1)
)
_rehearsal = select(settings.c.body).where(settings.c.name == "rehearsal")
