"""One-time links for tests: written by an act, as every proved row is."""

from cases.events import Event
from persistence.tables import one_time_links
from tasks.case import OfficeCase
from tasks.office import Office
from tasks.sign_in import new_link
from tasks.work import Work


def make_link(office: Office, account_id: int) -> str:
    """Let the office write a link with which an account gets its password, and return its token."""
    token, row = new_link(account_id, office.now())

    def body(work: Work) -> OfficeCase:
        case = work.office_case()
        work.add(one_time_links, **row)
        work.record(case, Event("LinkRenewed"))
        return case

    office.as_clock("renew_link", body)
    return token
