"""A back-test at work: page by page, its row says how far it is; it can be stopped, and goes on where it stopped."""

import logging
import os
import socket
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Row, insert, select, update

from cases.moments import start_of_day
from cases.refusals import CaseError, FormIncomplete, Unknown
from persistence import leases
from persistence.columns import new_id
from persistence.snapshots import reference_of
from persistence.tables import back_tests
from persistence.tables import leases as lease_rows
from tasks.backtest.comparing import Comparison, Found, count_past, past_findings, past_lists
from tasks.kept_releases import release_kept
from tasks.releases import draft_release
from tasks.rule_tables import FILES, differing, edited, tables_in

if TYPE_CHECKING:
    from tasks.office import Office

log = logging.getLogger(__name__)
PAGE: Final = 25  # findings between two looks at whether somebody stopped it
LEASE_SECONDS: Final = 120
HERE: Final = f"{socket.gethostname()}:{os.getpid()}"
B = back_tests.c


class NothingChanged(CaseError):
    """The settings are those in force: there is nothing to try."""

    code = "nothing_changed"


class BackTestStale(CaseError):
    """Another release came into force since, or the back-test has not come to its end: it has to run anew."""

    code = "back_test_stale"


@dataclass(frozen=True, slots=True)
class Step:
    """How far it is: findings looked at of all, and what was found so far."""

    last_id: int
    looked_at: int
    total: int
    found: Found


def steps(
    office: "Office", changes: Mapping[str, str], since: date, release_id: str, at: Step | None = None
) -> Iterator[Step]:
    """Look at the past page by page, going on behind *at*. Raises FormIncomplete."""
    with office.read() as conn:
        release = release_kept(conn, release_id)
        after = edited(release, changes)
        comparison = Comparison(tables_in(release), tables_in(after), reference_of(conn, office.now()))
        total = count_past(conn, since)
    step = at or Step(0, 0, total, Found())
    begin = start_of_day(since)
    while True:
        with office.read() as conn:
            ids = past_findings(conn, since, step.last_id, PAGE)
            for finding_id in ids:
                comparison.of_finding(conn, finding_id, begin, step.found)
        if not ids:
            break
        step = Step(ids[-1], step.looked_at + len(ids), total, step.found)
        yield step
    if comparison.concerns_lists:
        with office.read() as conn:
            for list_id in past_lists(conn):
                comparison.of_list(conn, list_id, office.now(), step.found)
    yield Step(step.last_id, step.looked_at, total, step.found)


# --- kept back-tests ------------------------------------------------------------------------------------------------


def begin_back_test(office: "Office", written: Mapping[str, str], since: date, asked_by: int) -> int:
    """Keep what is to be tried and return its id; *written* may repeat what is in force.

    Raises FormIncomplete for a setting that cannot be, NothingChanged.
    """
    with office.read() as conn:
        release_id = office.release_in_force(conn)
        changes = differing(release_kept(conn, release_id), written)
        total = count_past(conn, since)
    if not changes:
        raise NothingChanged()
    test_id = new_id()
    values = {
        "id": test_id, "changes": changes, "release_id": release_id, "since": since, "asked_by": asked_by,
        "asked_at": office.now(), "total": total, "state": "running", "found": {},
    }  # fmt: skip
    with office.database.writing() as conn:
        conn.execute(insert(back_tests), values)
    return test_id


def back_test_kept(office: "Office", test_id: int) -> Row[Any]:
    """Return the row of a back-test. Raises Unknown."""
    with office.read() as conn:
        row: Row[Any] | None = conn.execute(select(back_tests).where(B.id == test_id)).one_or_none()
    if row is None:
        raise Unknown()
    return row


def run_back_test(office: "Office", test_id: int) -> None:
    """Work a kept back-test off, from where it stands, unless it is stopped or somebody else is at it."""
    lease = f"back_test:{test_id}"
    with office.database.writing() as conn:
        fence = leases.take(conn, lease, HERE, office.now(), LEASE_SECONDS)
    if fence is None:
        return
    row = back_test_kept(office, test_id)
    try:
        begun = Step(row.last_id, row.looked_at, row.total, Found.kept(row.found))
        step = begun
        for step in steps(office, row.changes, row.since, row.release_id, begun):
            if not _note(office, test_id, lease, fence, step):
                return
        _end(office, test_id, "done", step)
    except leases.LostLease:
        return
    except Exception:
        log.exception("back-test %s failed", test_id)
        _end(office, test_id, "failed", None)
        raise
    finally:
        with office.database.writing() as conn:
            leases.release(conn, lease, fence)


def _note(office: "Office", test_id: int, lease: str, fence: int, step: Step) -> bool:
    """Put down how far it is; return whether it is to go on."""
    with office.database.writing() as conn:
        leases.renew(conn, lease, fence, office.now(), LEASE_SECONDS)
        still = conn.execute(
            update(back_tests).where(B.id == test_id, B.state == "running").values(**asdict(step)).returning(B.id)
        )
        return still.first() is not None


def _end(office: "Office", test_id: int, state: str, step: Step | None) -> None:
    told = asdict(step) if step else {}
    with office.database.writing() as conn:
        ended = update(back_tests).where(B.id == test_id, B.state == "running")
        conn.execute(ended.values(state=state, ended_at=office.now(), **told))


def stop_back_test(office: "Office", test_id: int) -> None:
    """Let it stop behind the page that it looks at."""
    _end(office, test_id, "cancelled", None)


def is_at_work(office: "Office", test_id: int) -> bool:
    """Whether somebody works at it now; one that is to run and has nobody was left behind by a restart."""
    with office.read() as conn:
        until = conn.scalar(select(lease_rows.c.until).where(lease_rows.c.name == f"back_test:{test_id}"))
    return until is not None and until > office.now()


def go_on(office: "Office", test_id: int) -> None:
    """Let a stopped or failed back-test run again; whoever asked runs it."""
    with office.database.writing() as conn:
        again = update(back_tests).where(B.id == test_id, B.state.in_(("cancelled", "failed")))
        conn.execute(again.values(state="running", ended_at=None))


def draft_of(office: "Office", test_id: int, title: str, drafted_by: int) -> str:
    """Draft the release that a finished back-test tried, with the back-test as its reason; a second person publishes.

    Raises BackTestStale, FormIncomplete, DiagramRefused, TrialFailed.
    """
    row = back_test_kept(office, test_id)
    if not title.strip():
        raise FormIncomplete({"title": "required"})
    with office.read() as conn:
        release = release_kept(conn, row.release_id)
        if row.state != "done" or office.release_in_force(conn) != row.release_id:
            raise BackTestStale()
    changed = edited(release, row.changes)
    files = {name: changed[name] for name in FILES if changed[name] != release[name]}
    draft_id = draft_release(office, files, title.strip()[:120], drafted_by)
    with office.database.writing() as conn:
        conn.execute(update(back_tests).where(B.id == test_id).values(draft_id=draft_id))
    return draft_id
