"""Two sets of tables asked about the same past, signal by signal and cycle by cycle, beside what people decided then.

A finding is looked at as it was at the moments that mattered: when it was submitted, signed off, or when a signal was
raised. Nothing later than the moment is read, but the classification and the measures of a finding are those of today.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, exists, func, or_, select

from cases.moments import start_of_day
from cases.signals import SIGNALS, look
from cases.signals.snapshot import SEVERITIES, Hit, Parameters
from persistence.snapshots import Reference, list_snapshot_of, snapshot_of
from persistence.tables import cycles, findings, issue_lists, signal_hits, submissions
from tasks.rule_tables import RuleTables

TOGETHER: Final = timedelta(hours=1)  # moments nearer to each other than this are looked at once, at the later one
SAMPLES: Final = 8  # of each kind of change that are kept to be looked at
DECISIONS: Final = ("confirmed", "explained", "insufficient", "undecided", "unseen")
CHANGES: Final = ("lost", "new", "graver", "lighter", "same")
H = signal_hits.c


@dataclass(frozen=True, slots=True)
class Sample:
    """One change to look at: a signal of a cycle, or where a cycle leads."""

    change: str  # one of CHANGES, or "green>yellow"
    signal: str  # empty for a way
    decision: str  # of the signal; for a way how the cycle ended
    finding_id: int | None
    list_id: int | None
    number: str
    cycle: int
    facts: Mapping[str, Any] = field(default_factory=dict)  # of the sentence


@dataclass
class Found:
    """What was found so far: counts under (change, signal, decision), ways under (way, end), and samples."""

    counts: dict[str, int] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)

    @classmethod
    def kept(cls, document: Mapping[str, Any]) -> "Found":
        """Return what was found until a back-test stopped."""
        return cls(dict(document.get("counts", {})), [Sample(**one) for one in document.get("samples", ())])

    def count(self, sample: Sample) -> None:
        """Count one change, and keep it where few of its kind are kept."""
        kind = "signal" if sample.signal else "way"
        key = "|".join((kind, sample.change, sample.signal, sample.decision))
        self.counts[key] = self.counts.get(key, 0) + 1
        alike = sum((one.change, one.signal) == (sample.change, sample.signal) for one in self.samples)
        if sample.change != "same" and alike < SAMPLES:
            self.samples.append(sample)

    def of_signals(self) -> dict[str, dict[str, Counter[str]]]:
        """Return signal -> change -> decision -> how many; signals that nothing changed for are there too."""
        return self._told("signal")

    def of_ways(self) -> dict[str, Counter[str]]:
        """Return way (``green>yellow``) -> how the cycle ended -> how many."""
        return self._told("way").get("", {})

    def _told(self, kind: str) -> dict[str, dict[str, Counter[str]]]:
        told: dict[str, dict[str, Counter[str]]] = {}
        for key, count in sorted(self.counts.items()):
            what, _, rest = key.partition("|")
            if what == kind:
                change, signal, decision = rest.split("|")
                told.setdefault(signal, {}).setdefault(change, Counter())[decision] += count
        return told


@dataclass(frozen=True)
class Comparison:
    """The tables in force and those that somebody thinks of."""

    before: RuleTables
    after: RuleTables
    reference: Reference

    @property
    def changed(self) -> dict[str, Parameters]:
        """The signals that are asked otherwise."""
        before = self.before.parameters
        return {signal: told for signal, told in self.after.parameters.items() if told != before.get(signal)}

    @property
    def concerns_lists(self) -> bool:
        """Whether a signal changed that speaks of whole lists."""
        return any(SIGNALS[signal].list_rule is not None for signal in self.changed)

    def of_finding(self, conn: Connection, finding_id: int, since: datetime, found: Found) -> None:
        """Count what changes for a finding, cycle by cycle."""
        kept = _kept(conn, H.finding_id == finding_id)
        moments = _moments(conn, finding_id, since, kept)
        raised: dict[int, tuple[dict[str, Hit], dict[str, Hit]]] = {}
        number = ""
        for cycle, at in moments:
            snapshot = snapshot_of(conn, finding_id, at, self.reference)
            number = snapshot.number
            old = look(snapshot, self.before.parameters).hits
            new = [hit for hit in old if hit.signal not in self.changed]
            new += look(snapshot, self.changed).hits
            for gravest, hits in zip(raised.setdefault(cycle, ({}, {})), (old, new), strict=True):
                _keep_gravest(gravest, hits)
        ends = _ends(conn, finding_id)
        for cycle, (before, after) in raised.items():
            decided = kept.get(cycle, {})
            for sample in _changes(self.changed, before, after, decided):
                found.count(Sample(*sample[:3], finding_id, None, number, cycle, sample[3]))
            way = self._way(before, after, decided)
            if way:
                found.count(Sample(way, "", ends.get(cycle, "open"), finding_id, None, number, cycle))

    def of_list(self, conn: Connection, list_id: int, as_of: datetime, found: Found) -> None:
        """Count what changes for a list."""
        kept = _kept(conn, H.list_id == list_id)
        before, after = dict[str, Hit](), dict[str, Hit]()
        raised = conn.scalars(select(H.raised_at).where(H.list_id == list_id).order_by(H.raised_at)).all()
        number = ""
        for at in _spread([*raised, as_of]):
            snapshot = list_snapshot_of(conn, list_id, at)
            number = snapshot.number
            _keep_gravest(before, look(snapshot, self.before.parameters).hits)
            _keep_gravest(after, look(snapshot, self.after.parameters).hits)
        for sample in _changes(self.changed, before, after, kept.get(1, {})):
            found.count(Sample(*sample[:3], None, list_id, number, 1, sample[3]))

    def _way(self, before: Mapping[str, Hit], after: Mapping[str, Hit], decided: Mapping[str, str]) -> str:
        ways = [
            tables.route([(s, hit.severity, decided.get(s)) for s, hit in hits.items()]).route
            for tables, hits in ((self.before, before), (self.after, after))
        ]
        return ">".join(ways) if ways[0] != ways[1] else ""


def _changes(
    changed: Iterable[str], before: Mapping[str, Hit], after: Mapping[str, Hit], decided: Mapping[str, str]
) -> Iterator[tuple[str, str, str, Mapping[str, Any]]]:
    for signal in changed:
        old, new = before.get(signal), after.get(signal)
        told = new or old
        if told is not None:
            yield _change(old, new), signal, decided.get(signal, "unseen"), told.facts


def _change(old: Hit | None, new: Hit | None) -> str:
    if old is None or new is None:
        return "new" if old is None else "lost"
    more = SEVERITIES.index(new.severity) - SEVERITIES.index(old.severity)
    return "graver" if more > 0 else "lighter" if more < 0 else "same"


def _keep_gravest(kept: dict[str, Hit], hits: Iterable[Hit]) -> None:
    for hit in hits:
        other = kept.get(hit.signal)
        if other is None or SEVERITIES.index(hit.severity) > SEVERITIES.index(other.severity):
            kept[hit.signal] = hit


# --- the past -------------------------------------------------------------------------------------------------------


def _kept(conn: Connection, subject: Any) -> dict[int, dict[str, str]]:
    """Return cycle -> signal -> what people decided of its hits; one that was confirmed outweighs the others."""
    kept: dict[int, dict[str, str]] = {}
    for row in conn.execute(select(H.cycle, H.signal, H.decision).where(subject)):
        own, decision = kept.setdefault(row.cycle, {}), row.decision or "undecided"
        known = own.get(row.signal, "unseen")
        own[row.signal] = min(decision, known, key=_WEIGHT.index)
    return kept


_WEIGHT: Final = ("confirmed", "undecided", "explained", "insufficient", "unseen")


def _moments(
    conn: Connection, finding_id: int, since: datetime, kept: Mapping[int, Any]
) -> Sequence[tuple[int, datetime]]:
    """Return (cycle, moment) of what mattered since then, in order."""
    sent = select(submissions.c.cycle, submissions.c.at).where(submissions.c.finding_id == finding_id)
    closed = select(cycles.c.cycle, cycles.c.closed_at).where(
        cycles.c.finding_id == finding_id, cycles.c.result == "signed_off"
    )
    found: list[tuple[int, datetime]] = [*conn.execute(sent).tuples(), *conn.execute(closed).tuples()]
    if kept:
        raised = select(H.cycle, H.raised_at).where(H.finding_id == finding_id)
        found += conn.execute(raised).tuples()
    by_cycle: dict[int, list[datetime]] = {}
    for cycle, at in sorted(set(found)):
        if at >= since:
            by_cycle.setdefault(cycle, []).append(at)
    return [(cycle, at) for cycle, moments in by_cycle.items() for at in _spread(moments)]


def _spread(moments: Sequence[datetime]) -> list[datetime]:
    """Return *moments*, which are in order, without those that a later one follows within the hour."""
    return [at for at, following in zip(moments, [*moments[1:], None], strict=True) if not _soon(at, following)]


def _soon(at: datetime, following: datetime | None) -> bool:
    return following is not None and following - at < TOGETHER


def _ends(conn: Connection, finding_id: int) -> dict[int, str]:
    """Return how each cycle ended: signed_off, found_false, revoked (signed off, and taken back later), or open."""
    rows = conn.execute(
        select(cycles.c.cycle, cycles.c.because, cycles.c.result)
        .where(cycles.c.finding_id == finding_id)
        .order_by(cycles.c.cycle)
    ).all()
    ends = {row.cycle: row.result or "open" for row in rows}
    return ends | {row.cycle - 1: "revoked" for row in rows if ends.get(row.cycle - 1) == "signed_off"}


def past_findings(conn: Connection, since: date, after: int, limit: int) -> Sequence[int]:
    """Return the ids, in order, of findings that were submitted, or had a signal, since then; those behind *after*."""
    query = select(findings.c.id).where(findings.c.id > after, _of_the_past(since))
    return conn.scalars(query.order_by(findings.c.id).limit(limit)).all()


def count_past(conn: Connection, since: date) -> int:
    """Return how many findings a back-test looks at."""
    return conn.scalar(select(func.count()).select_from(findings).where(_of_the_past(since))) or 0


def past_lists(conn: Connection) -> Sequence[int]:
    """Return the lists that were handed over."""
    return conn.scalars(select(issue_lists.c.id).where(issue_lists.c.feedback_on.is_not(None))).all()


def _of_the_past(since: date) -> Any:
    begin = start_of_day(since)
    sent = exists().where(submissions.c.finding_id == findings.c.id, submissions.c.at >= begin)
    raised = exists().where(H.finding_id == findings.c.id, H.raised_at >= begin)
    return or_(sent, raised)
