"""The engines of the releases, and the processes that are stored for them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from bpmn.codec import StoredStateUnreadable
from bpmn.decisions import evaluate
from bpmn.engine import Engine, Fact, Process, RuleRaised, TaskNotOpen, engine_for
from bpmn.release import Release
from cases.deadlines import Period, PeriodUnit, due
from cases.refusals import CaseError, NoSuchTask
from persistence.case_store import StoredInstance
from persistence.seal import Keyring, SealBroken
from persistence.tables import releases
from tasks.acts import ACTS
from tasks.case import AnyCase, FindingCase, Running
from tasks.kept_releases import ReleaseChanged, release_kept

if TYPE_CHECKING:
    from tasks.work import Work


class InstanceFault(Exception):
    """A stored process can't be read or played on."""

    def __init__(self, instance_id: int, case_id: int, cause: str, *, element: str = "") -> None:
        super().__init__(f"instance {instance_id}: {cause}")
        self.instance_id, self.case_id, self.cause, self.element = instance_id, case_id, cause, element


class NoRelease(CaseError):
    """Nothing was published yet, so no case can start."""

    code = "no_release"


class EngineRoom:
    """Plays stored processes on the release that they follow; safe to share between threads."""

    def __init__(self, keyring: Keyring) -> None:
        self.keyring = keyring
        self._engines: dict[str, Engine] = {}
        self._lock = threading.Lock()

    def release_in_force(self, conn: Connection) -> str:
        """Return the id of the release on which new cases start. Raises NoRelease."""
        release_id = conn.execute(_release_in_force).scalar_one_or_none()
        if release_id is None:
            raise NoRelease()
        return str(release_id)

    def engine(self, conn: Connection, release_id: str) -> Engine:
        """Return the engine of a release; it is built once and kept. Raises ReleaseChanged."""
        engine = self._engines.get(release_id)
        if engine is None:
            engine = engine_for(release_kept(conn, release_id), acts=frozenset(ACTS))
            with self._lock:
                self._engines[release_id] = engine
        return engine

    def engine_of(self, conn: Connection, running: Running) -> Engine:
        """Return the engine that plays a process. Raises InstanceFault where its release was changed."""
        try:
            return self.engine(conn, running.release_id)
        except ReleaseChanged as why:
            case_id = running.stored.case_id if running.stored else 0
            raise InstanceFault(running.id, case_id, f"ReleaseChanged: {running.release_id[:12]}") from why

    def release_of(self, conn: Connection, case: AnyCase) -> Release | None:
        """Return the release to which *case* is pinned: that of its running process, or the one in force.

        Raises InstanceFault where what a running process follows was changed.
        """
        live = [running for running in case.live if running.subject_id is None] or case.live
        if live:
            return self.engine_of(conn, live[0]).release
        try:
            release_id = self.release_in_force(conn)
        except NoRelease:
            return None
        return self.engine(conn, release_id).release

    def release_with(self, conn: Connection, case: AnyCase, process_id: str) -> str:
        """Return the id of the release on which *case* starts *process_id*; an old one may not know it."""
        release = self.release_of(conn, case)
        if release is not None and process_id in self.engine(conn, release.id).processes:
            return release.id
        return self.release_in_force(conn)

    def decide(self, work: "Work", case: AnyCase, table: str) -> dict[str, Any]:
        """Return what the decision table *table* of the case's release says about its facts."""
        release = self.release_of(work.conn, case)
        assert release is not None
        answer = evaluate(self.engine(work.conn, release.id).decisions[table], start_facts(case))
        assert isinstance(answer, dict), f"{table} collects"
        return answer

    def cycle_due(self, work: "Work", case: FindingCase) -> date:
        """Return until when a new cycle has to be rectified: the decision table's period from today."""
        rule = self.decide(work, case, "deadlines_by_kind")
        period = Period(int(rule["rectify_amount"]), PeriodUnit(rule["rectify_unit"]))
        return due(work.today, period, work.calendar).day

    # --- stored processes -------------------------------------------------------------------------------------------

    def unseal(self, conn: Connection, stored: StoredInstance) -> Process:
        """Return the living process. Raises InstanceFault."""
        try:
            payload = self.keyring.open_sealed(stored.state, f"instance:{stored.id}")
            return self.engine(conn, stored.release_id).load(payload)
        except (SealBroken, StoredStateUnreadable, ReleaseChanged) as why:
            raise InstanceFault(stored.id, stored.case_id, f"{type(why).__name__}: {why}") from why
        except (CaseError, SQLAlchemyError):
            raise
        except Exception as why:  # a release or a state that cannot be read in a way that nobody foresaw
            raise InstanceFault(stored.id, stored.case_id, f"{type(why).__name__}: {why}") from why

    def seal(self, conn: Connection, running: Running) -> bytes:
        """Return the process as it is stored."""
        assert running.process is not None
        payload = self.engine(conn, running.release_id).dump(running.process)
        return self.keyring.seal(payload, f"instance:{running.id}")

    @contextmanager
    def faults(self, running: Running) -> Iterator[None]:
        """Turn whatever a rule raises inside a turn into a fault of this process, with its element and cause.

        A process that the act itself starts has no row to mark: there the act fails, and its process was never there.
        """
        try:
            yield
        except TaskNotOpen as why:
            raise NoSuchTask(act="") from why
        except (CaseError, SQLAlchemyError, InstanceFault):
            raise
        except Exception as why:
            if isinstance(why, RuleRaised) and isinstance(why.__cause__, CaseError | SQLAlchemyError):
                raise why.__cause__ from why  # asked of the database within a turn: no fault of the case
            if running.stored is None:
                raise
            element = str(getattr(why, "element", "")) or running.process_id
            cause = f"{type(why).__name__}: {why}"
            raise InstanceFault(running.id, running.stored.case_id, cause, element=element) from why


def start_facts(case: AnyCase) -> dict[str, Fact]:
    """Return what the diagrams and decision tables know of a case before anybody has acted."""
    assert isinstance(case, FindingCase)
    finding = case.finding
    return {
        "number": finding.number,
        "kind": str(finding.kind),
        "category": finding.category,
        "amount_yuan": int(finding.amount_yuan or 0),
        "headcount": finding.headcount or 0,
        "is_key": finding.is_key,
        "is_systemic": finding.is_systemic,
    }


_release_in_force = (
    select(releases.c.id)
    .where(releases.c.state == "published")
    .order_by(releases.c.published_at.desc(), releases.c.id)
    .limit(1)
)
