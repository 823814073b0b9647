"""The first day of an office: the three administrators who exclude each other, each with a link that opens once."""

from dataclasses import dataclass

from sqlalchemy import func, insert, select

from cases.events import Event
from cases.moments import shanghai_date
from cases.refusals import CaseError
from cases.rights import Clearance, Role
from config.messages import say
from persistence.columns import new_id
from persistence.tables import accounts, one_time_links, people, posts, tenures, units
from tasks.case import OfficeCase
from tasks.office import Office
from tasks.sign_in import new_link
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


class NobodyWaits(CaseError):
    """Every first administrator has set a password, so there is no link to make anew."""

    code = "nobody_waits"


@dataclass(frozen=True, slots=True)
class FirstLink:
    """Where an administrator sets the password; *path* is below the address of the house."""

    login: str
    role: str
    path: str


def name_administrators(office: Office, *, unit: str) -> tuple[FirstLink, ...]:
    """Make the root unit and the three administrators and return their one-time links. Raises NotEmpty.

    People, links and the event that says so are one transaction: an office has administrators or is as empty as before.
    """
    require_empty(office)
    links: list[FirstLink] = []

    def body(work: Work) -> OfficeCase:
        case = work.office_case()
        links[:] = _write_administrators(work, unit)
        work.record(case, Event("AdministratorsNamed", {"logins": [login for login, _ in ADMINISTRATORS]}))
        return case

    office.as_clock("begin", body)
    return tuple(links)


def name_again(office: Office) -> tuple[FirstLink, ...]:
    """Make new links for those of the first administrators who have no password yet. Raises NobodyWaits.

    For whoever holds the machine: the output of `init` was lost, and nobody can sign in.
    """
    waiting = select(accounts.c.login, accounts.c.id).where(accounts.c.password_hash.is_(None))
    links: list[FirstLink] = []

    def body(work: Work) -> OfficeCase:
        case = work.office_case()
        waits = dict(work.conn.execute(waiting).tuples().all())
        links[:] = [_link(work, login, role, waits[login]) for login, role in ADMINISTRATORS if login in waits]
        if not links:
            raise NobodyWaits()
        work.record(case, Event("FirstLinksRenewed", {"logins": [link.login for link in links]}))
        return case

    office.as_clock("begin", body)
    return tuple(links)


def _write_administrators(work: Work, unit: str) -> list[FirstLink]:
    day, links = shanghai_date(work.at), []
    top = {"id": ROOT, "parent_id": None, "path": f"/{ROOT}/", "name": unit, "short_name": unit[:60]}
    work.write_later(insert(units), top | {"kind": "committee", "valid_from": day})
    for number, (login, role) in enumerate(ADMINISTRATORS, 1):
        title = say("zh", f"cli.{role}")
        post, person, account = new_id(), new_id(), new_id()
        held = {"unit_id": ROOT, "scope_unit_id": ROOT, "clearance": int(Clearance.INTERNAL), "valid_from": day}
        work.write_later(insert(posts), held | {"id": post, "title": title, "role": str(role)})
        known = {"staff_number": f"A{number:04d}", "name": title, "language": "zh"}
        work.write_later(insert(people), known | {"id": person})
        tenure = {"id": new_id(), "post_id": post, "person_id": person, "deputy": False, "valid_from": day}
        work.write_later(insert(tenures), tenure)
        opened = {"id": account, "person_id": person, "login": login, "created_at": work.at}
        work.write_later(insert(accounts), opened | {"must_change": False, "failures": 0})
        links.append(_link(work, login, role, account))
    return links


def _link(work: Work, login: str, role: Role, account: int) -> FirstLink:
    token, row = new_link(account, work.at)
    work.write_later(insert(one_time_links), row)
    return FirstLink(login, str(role), f"/first-password/{token}")


def require_empty(office: Office) -> None:
    """Raise NotEmpty when somebody is known already."""
    with office.read() as conn:
        if conn.scalar(select(func.count()).select_from(people)):
            raise NotEmpty()
