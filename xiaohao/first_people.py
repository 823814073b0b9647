"""The first day of an office: the three administrators who exclude each other, each with a link that opens once."""

from dataclasses import dataclass

from sqlalchemy import func, insert, select

from cases.events import Event
from cases.moments import shanghai_date
from cases.refusals import CaseError
from cases.rights import Clearance, Role
from config.messages import say
from persistence.columns import new_id
from persistence.tables import accounts, people, posts, tenures, units
from tasks.case import OfficeCase
from tasks.office import Office
from tasks.sign_in import make_link
from tasks.work import Work

ROOT = 1  # the unit that everything is below
ADMINISTRATORS = (
    ("sysadmin", Role.SYSTEM_ADMIN),
    ("secadmin", Role.SECURITY_ADMIN),
    ("auditor", Role.AUDIT_ADMIN),
)


class NotEmpty(CaseError):
    """There are people in the database already."""

    code = "not_empty"


@dataclass(frozen=True, slots=True)
class FirstLink:
    """Where an administrator sets the password; *path* is below the address of the house."""

    login: str
    role: str
    path: str


def name_administrators(office: Office, *, unit: str) -> tuple[FirstLink, ...]:
    """Make the root unit and the three administrators and return their one-time links. Raises NotEmpty."""
    require_empty(office)
    now, links = office.now(), []
    day = shanghai_date(now)
    with office.database.writing() as conn:
        top = {"id": ROOT, "parent_id": None, "path": f"/{ROOT}/", "name": unit, "short_name": unit[:60]}
        conn.execute(insert(units), top | {"kind": "committee", "valid_from": day})
        for number, (login, role) in enumerate(ADMINISTRATORS, 1):
            title = say("zh", f"cli.{role}")
            post, person, account = new_id(), new_id(), new_id()
            held = {"unit_id": ROOT, "scope_unit_id": ROOT, "clearance": int(Clearance.INTERNAL), "valid_from": day}
            conn.execute(insert(posts), held | {"id": post, "title": title, "role": str(role)})
            known = {"staff_number": f"A{number:04d}", "name": title, "language": "zh"}
            conn.execute(insert(people), known | {"id": person})
            tenure = {"id": new_id(), "post_id": post, "person_id": person, "deputy": False, "valid_from": day}
            conn.execute(insert(tenures), tenure)
            opened = {"id": account, "person_id": person, "login": login, "created_at": now}
            conn.execute(insert(accounts), opened | {"must_change": False, "failures": 0})
            links.append(FirstLink(login, str(role), f"/first-password/{make_link(conn, account, now)}"))

    def body(work: Work) -> OfficeCase:
        case = work.office_case()
        work.record(case, Event("AdministratorsNamed", {"logins": [login for login, _ in ADMINISTRATORS]}))
        return case

    office.as_clock("begin", body)
    return tuple(links)


def require_empty(office: Office) -> None:
    """Raise NotEmpty when somebody is known already."""
    with office.read() as conn:
        if conn.scalar(select(func.count()).select_from(people)):
            raise NotEmpty()
