"""疑点分流: how suspect a finding is as a whole, who has to look at it because of that, and what a confirmation brings.

The score only routes: a second reader, a visit, the leader. What stands in the way of a sign-off is every undecided
grave hit, and for those a case of its own is opened (疑点核查). Nothing here gives a verdict.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, insert, select, update

from cases.events import Event
from cases.known_words import required
from cases.ladder import Notice, NoticeKey, Trigger, further_up
from cases.reporting import ListSource
from cases.sign_off import BLOCKING
from cases.signals.score import Route
from cases.signals.snapshot import Unsure
from persistence.tables import issue_lists, reviews, signal_hits, suspicions
from tasks.case import FindingCase
from tasks.operations import begin_cycle
from tasks.rule_tables import tables_with
from tasks.work import Work

VERIFY, READ, PROPOSE = "verify_suspicion", "second_reading", "propose_measures"
PROPOSED = ("interview", "criticism")  # rungs that a confirmation proposes: 约谈, 通报批评
RUNGS_UP = 2

H = signal_hits.c


@dataclass(frozen=True, slots=True)
class Raised:
    """A hit of the present cycle as the routing sees it."""

    id: int
    signal: str
    severity: str
    decision: str | None = None

    @property
    def blocks(self) -> bool:
        """Whether it stands in the way of a sign-off."""
        return self.decision is None and self.severity in BLOCKING


def raised_of(work: Work, case: FindingCase) -> list[Raised]:
    """Return the hits that are kept of the present cycle, oldest first."""
    own = select(H.id, H.signal, H.severity, H.decision).where(H.finding_id == case.id, H.cycle == case.finding.cycle)
    return [Raised(*row) for row in work.conn.execute(own.order_by(H.id))]


# --- routing --------------------------------------------------------------------------------------------------------


def route_of(work: Work, raised: Iterable[Raised]) -> Route:
    """Return what the decision tables in force say of the hits *raised*."""
    office = work.office
    tables = tables_with(office.engine(work.conn, office.release_in_force(work.conn)))
    return tables.route((one.signal, one.severity, one.decision) for one in raised)


def route_now(work: Work, case: FindingCase) -> Route:
    """Return where the hits that are kept lead to."""
    return route_of(work, raised_of(work, case))


def weigh(work: Work, case: FindingCase, raised: Sequence[Raised], unsure: Mapping[str, Unsure] | None = None) -> Route:
    """Keep the score of *raised*, and what could not be known where the signals were asked; tell of what turned red."""
    route = route_of(work, raised)
    known = work.conn.execute(select(suspicions).where(suspicions.c.case_id == case.id)).one_or_none()
    lacking = known.unsure if known is not None else {}
    if unsure is not None:
        lacking = {signal: list(one.lacks) for signal, one in unsure.items()}
    before = known if known is not None and known.cycle == case.finding.cycle else None
    if before is None or (before.score, before.route, before.unsure) != (route.score, route.route, lacking):
        _keep(work, case, route, lacking, is_new=known is None)
    if route.tell_leader and (before is None or before.route != route.route):
        work.record(case, Event("SuspicionRed", {"score": route.score}))
    return route


def _keep(work: Work, case: FindingCase, route: Route, lacking: Mapping[str, Any], *, is_new: bool) -> None:
    values: dict[str, Any] = {
        "cycle": case.finding.cycle,
        "score": route.score,
        "route": route.route,
        "unsure": dict(lacking),
        "parameters": work.office.release_in_force(work.conn),
        "as_of": work.at,
    }
    if is_new:
        work.write_later(insert(suspicions), values | {"case_id": case.id})
    else:
        work.write_later(update(suspicions).where(suspicions.c.case_id == case.id).values(**values))


# --- who has to look ------------------------------------------------------------------------------------------------


def open_what_is_needed(work: Work, case: FindingCase, raised: Sequence[Raised], route: Route) -> None:
    """Open the verification of grave hits (new ones join the one that runs), and a second reading of what was sent."""
    if grave := [one for one in raised if one.blocks]:
        open_hearing(work, case, {one.id: one.signal for one in grave})
    needed = route.second_reader and case.finding.submitted_at is not None and not second_readers(work, case)
    if needed and case.finding.signed_off_at is None and not _runs(case, READ) and _is_drawn(work, case, READ):
        work.record(case, Event("SecondReadingAsked", {"score": route.score}))
        work.start(case, READ, {"number": case.number}, subject_id=raised[0].id, cycle=case.finding.cycle)


def open_hearing(work: Work, case: FindingCase, hits: Mapping[int, str]) -> None:
    """Open the verification of *hits* (id -> signal), in which the unit is heard; they join one that runs."""
    if _runs(case, VERIFY) or not _is_drawn(work, case, VERIFY):
        return
    work.record(case, Event("SuspicionOpened", {"signals": list(hits.values())}))
    work.start(case, VERIFY, {"number": case.number}, subject_id=next(iter(hits)), cycle=case.finding.cycle)


def _runs(case: FindingCase, process_id: str) -> bool:
    return any(running.process_id == process_id and running.status == "running" for running in case.live)


def _is_drawn(work: Work, case: FindingCase, process_id: str) -> bool:
    """Whether the release on which it would start has the diagram; an older one may lack it."""
    release_id = work.office.release_with(work.conn, case, process_id)
    return process_id in work.office.engine(work.conn, release_id).processes


def second_readers(work: Work, case: FindingCase) -> set[int]:
    """Return who has read the present submission as its second reader."""
    read = select(reviews.c.person_id).where(
        reviews.c.case_id == case.id,
        reviews.c.cycle == case.finding.cycle,
        reviews.c.act == "read_second",
        reviews.c.at >= case.finding.submitted_at,
    )
    return set(work.conn.scalars(read))


# --- decided --------------------------------------------------------------------------------------------------------


def undecided_hits(work: Work, case: FindingCase) -> dict[int, Row[Any]]:
    """Return the hits of the present cycle that wait for a decision, by id."""
    waiting = select(signal_hits).where(H.finding_id == case.id, H.cycle == case.finding.cycle, H.decision.is_(None))
    return {row.id: row for row in work.conn.execute(waiting.order_by(H.id))}


def keep_decisions(
    work: Work, case: FindingCase, decided: Mapping[int, tuple[str, str]], *, by: int | None = None
) -> None:
    """Put down (verdict, reason) of hits, decided by *by* or by the actor, and weigh the finding anew."""
    person = work.actor.person_id if by is None else by
    for hit, (verdict, reason) in decided.items():
        work.set(signal_hits, hit, decision=verdict, decided_by=person, decided_at=work.at, reason=reason)
    after = [
        Raised(one.id, one.signal, one.severity, decided[one.id][0]) if one.id in decided else one
        for one in raised_of(work, case)
    ]
    weigh(work, case, after)


def tell_decided(
    work: Work, case: FindingCase, hits: Mapping[int, Row[Any]], decided: Mapping[int, tuple[str, str]]
) -> None:
    """Say what was decided of the waiting *hits*, and count what still waits."""
    case.finding = replace(case.finding, attention=len(set(hits) - set(decided)))
    named = {hits[hit].signal: verdict for hit, (verdict, _) in decided.items()}
    work.record(case, Event("SuspicionDecided", {"verdicts": named}))


def follow_confirmation(work: Work, case: FindingCase, subject_id: int) -> None:
    """A suspicion was confirmed: climb the ladder, propose measures, begin again; a sign-off is not revoked by itself.

    *subject_id*: the hit that names the matter, so that it is noticed once.
    """
    signed_off = case.finding.signed_off_at is not None
    work.record(case, Event("SuspicionConfirmed", {"signed_off": signed_off}))
    decided_by = _propose_measures(work, case, subject_id, signed_off=signed_off)
    _climb(work, case, subject_id, is_decided=bool(decided_by))
    if not signed_off:
        begin_cycle(work, case, None, because="found_false")


def _propose_measures(work: Work, case: FindingCase, subject_id: int, *, signed_off: bool) -> list[str]:
    """Put the measures to those for whom the diagram draws the decision; return their roles, none if none is drawn."""
    if not _is_drawn(work, case, PROPOSE):
        return []
    known = {task.id for task in case.open_tasks()}
    work.start(case, PROPOSE, {"number": case.number}, subject_id=subject_id, cycle=case.finding.cycle)
    roles = list(dict.fromkeys(task.role for task in case.open_tasks() if task.id not in known))
    measures = [*PROPOSED, *(["revocation"] if signed_off else [])]
    work.record(case, Event("MeasuresProposed", {"measures": measures, "roles": roles}))
    return roles


def _climb(work: Work, case: FindingCase, subject_id: int, *, is_decided: bool) -> None:
    """Climb two rungs from where the finding stands; from the interview (约谈) on the system only proposes.

    *is_decided*: a diagram asks somebody about the measures, so that the rung need not ask a second time.
    """
    from tasks.patrols.deadlines import keep_notice, ladder_in_force, notice_facts, noticed_of  # patrols play acts

    query = select(issue_lists.c.source).where(issue_lists.c.id == case.finding.list_id)
    rungs = ladder_in_force(work.office, work.conn, required(ListSource, work.conn.execute(query).scalar_one()))
    told = [key.code for key, outcome in noticed_of(work.conn, case).items() if outcome == "told"]
    target = further_up(rungs, told, RUNGS_UP)
    keys = {
        rung.code: NoticeKey(f"finding:{case.id}", case.finding.cycle, rung.code, Trigger.DECISION, str(subject_id))
        for rung in rungs
        if rung.code in (target.code, *PROPOSED)
    }
    outcome = "proposed" if target.is_human else "told"
    facts = notice_facts(work, Notice(keys[target.code], target), work.calendar)
    if target.is_human and is_decided:
        facts["roles"] = []
    work.record(case, Event("RungProposed" if target.is_human else "RungReached", facts))
    for code, key in keys.items():
        keep_notice(work, key, "finding", case.id, outcome if code == target.code else "proposed")
