"""疑点·佐证: what the evidence itself shows.

Source: DOMAIN.md 3.3 and 3.4; parameters stand in the decision table ``signal_parameters``.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from math import asin, cos, radians, sin, sqrt
from typing import Final

from cases.evidence import PROCESS, RESULT, EvidenceKind, Purpose
from cases.evidence_facts import Fact, FactKind, document_date, proposed_kind
from cases.moments import shanghai_date
from cases.signals.snapshot import Exhibit, Found, Numbers, Outcome, Quote, Signal, Similar, Snapshot, Unsure

_SHARED: Final = frozenset({EvidenceKind.MEETING_MINUTES, EvidenceKind.REGULATION, EvidenceKind.PLAN})
"""Kinds that several findings may honestly share, when each names its own page or clause."""

_PLAINLY_PROCESS: Final = PROCESS - {EvidenceKind.REPORT, EvidenceKind.OTHER}
"""Kinds that show themselves by their headings: whatever the uploader calls them, they prove no result."""

_EXECUTION: Final = frozenset({EvidenceKind.EXECUTION_CHECK, EvidenceKind.STUDY_RECORD})

_EARTH_METRES: Final = 6_371_000


def _evidence_reused(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-01 同一佐证跨问题复用: the same file proves several findings; graver across units or where both say done."""
    most = numbers.get("most_findings", 1)
    located = bool(numbers.get("exempt_located_documents", 1))
    shared = [(exhibit, _others(exhibit, located)) for exhibit in seen.exhibits if not _is_exempt(exhibit)]
    reused = [(exhibit, others) for exhibit, others in shared if len(others) >= most]
    if not reused:
        return None
    quotes = tuple(Quote(exhibit.filename, "、".join(others)) for exhibit, others in reused)
    places = {number for _, others in reused for number in others}
    grave = any(
        other.unit_id != seen.unit_id or (seen.submitted and other.submitted)
        for exhibit, others in reused
        for other in exhibit.elsewhere
        if other.number in others
    )
    facts: dict[str, str | int] = {
        "count": len(reused),
        "files": _names(exhibit for exhibit, _ in reused),
        "findings": "、".join(sorted(places)),
    }
    same = sorted((exhibit.sha256, *others) for exhibit, others in reused)
    return Found(facts, same, quotes, None if grave else "MEDIUM")


def _others(exhibit: Exhibit, located: bool) -> list[str]:
    """Return the findings that use the same file, but those that name a page of their own of a shared document."""
    if located and exhibit.kind in _SHARED and exhibit.locator:
        return sorted({o.number for o in exhibit.elsewhere if o.locator in ("", exhibit.locator)})
    return sorted({other.number for other in exhibit.elsewhere})


def _is_exempt(exhibit: Exhibit) -> bool:
    """The state before proves nothing, and approved documents may stand anywhere."""
    return exhibit.exempt or exhibit.purpose == Purpose.BASELINE


def _near_duplicate(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-02 佐证文本高度雷同: a text that reads like the evidence of another finding, boilerplate left out."""
    least = numbers.get("medium_percent", 60)
    alike: list[tuple[Exhibit, Similar]] = []
    for exhibit in seen.exhibits:
        if not (numbers.get("exempt_approved", 1) and _is_exempt(exhibit)):
            near = [other for other in exhibit.similar if other.percent >= least and not other.joint]
            alike += [(exhibit, max(near, key=lambda other: other.percent))] if near else []
    if not alike:
        return None
    best = max(other.percent for _, other in alike)
    quotes = tuple(
        quote
        for exhibit, other in alike
        for quote in (
            Quote(other.ours.text, f"{exhibit.filename} {other.ours.place}".strip()),
            Quote(other.theirs.text, f"{other.number} {other.theirs.place}".strip()),
        )
    )
    facts: dict[str, str | int] = {
        "count": len(alike),
        "percent": best,
        "files": _names(exhibit for exhibit, _ in alike),
        "findings": "、".join(sorted({other.number for _, other in alike})),
    }
    grave = any(o.percent >= numbers.get("similarity_percent", 80) and not o.later for _, o in alike)
    same = sorted((exhibit.sha256, other.number) for exhibit, other in alike)
    return Found(facts, same, quotes, None if grave else "MEDIUM")


def _photo(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-03 照片复用或元数据矛盾: a picture of another finding, one as before and after, a wrong day or place."""
    wrong: list[tuple[str, Exhibit, Quote]] = []
    for exhibit in seen.exhibits:
        wrong += [("reused", exhibit, quote) for quote in _same_picture(seen, exhibit, numbers)]
        if exhibit.purpose != Purpose.BASELINE:
            wrong += [("time", exhibit, quote) for quote in _taken_at_wrong_time(seen, exhibit, numbers)]
            wrong += [("place", exhibit, quote) for quote in _taken_elsewhere(seen, exhibit, numbers)]
    if not wrong:
        return None
    facts: dict[str, str | int] = {
        "count": len({exhibit.id for _, exhibit, _ in wrong}),
        "files": _names({exhibit.id: exhibit for _, exhibit, _ in wrong}.values()),
        "reused": sum(why == "reused" for why, _, _ in wrong),
        "time": sum(why == "time" for why, _, _ in wrong),
        "place": sum(why == "place" for why, _, _ in wrong),
    }
    same = sorted((why, exhibit.sha256, quote.place) for why, exhibit, quote in wrong)
    return Found(facts, same, tuple(quote for _, _, quote in wrong))


def _same_picture(seen: Snapshot, exhibit: Exhibit, numbers: Numbers) -> Iterator[Quote]:
    for near in exhibit.photos_near:
        own = near.finding_id == seen.finding_id
        most = numbers.get("pair_bits", 4) if own else numbers.get("near_bits", 6)
        if near.distance <= most:
            yield Quote(exhibit.filename, f"{near.number} {near.filename}")


def _taken_at_wrong_time(seen: Snapshot, exhibit: Exhibit, numbers: Numbers) -> Iterator[Quote]:
    earliest = seen.inspected_from or seen.feedback_on if seen.kind == "IMMEDIATE" else seen.feedback_on
    for fact in _facts(exhibit, FactKind.PHOTO_TIME):
        taken = date.fromisoformat(fact.value[:10])
        claimed = shanghai_date(seen.submitted_at) if seen.submitted_at else seen.today
        late = taken > claimed + timedelta(days=numbers.get("days_after", 1))
        if late or (earliest is not None and taken < earliest):
            yield Quote(fact.written or fact.value, f"{exhibit.filename} {fact.place}")


def _taken_elsewhere(seen: Snapshot, exhibit: Exhibit, numbers: Numbers) -> Iterator[Quote]:
    if seen.location is None:
        return
    for fact in _facts(exhibit, FactKind.PHOTO_GPS):
        latitude, _, longitude = fact.value.partition(",")
        metres = _metres(seen.location, (float(latitude), float(longitude)))
        if metres > numbers.get("metres", 2000):
            yield Quote(fact.written or fact.value, f"{exhibit.filename} {round(metres / 1000, 1)} km")


def _metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Return the distance of two places (latitude, longitude in degrees) along the great circle."""
    (lat_a, lon_a), (lat_b, lon_b) = (tuple(map(radians, place)) for place in (a, b))
    h = sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin((lon_b - lon_a) / 2) ** 2
    return 2 * _EARTH_METRES * asin(sqrt(min(h, 1.0)))


def _predates_feedback(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-07 佐证早于反馈: a document of before the feedback is no action taken after it.

    The state before (BASELINE) may be old, and what was put right on the spot while the inspection was there
    (边巡边改). What the document says of itself goes before its number, and that before the file's properties.
    """
    if seen.feedback_on is None:
        return None
    latest = seen.feedback_on - timedelta(days=numbers.get("grace_days", 0))
    early: list[tuple[Exhibit, date, Quote]] = []
    for exhibit in seen.exhibits:
        found = None if _is_exempt(exhibit) and numbers.get("exempt_baseline", 1) else _oldest(exhibit)
        if found and found[0] < latest and not _on_the_spot(seen, found[0], numbers):
            early.append((exhibit, *found))
    if not early:
        return None
    facts: dict[str, str | int] = {
        "count": len(early),
        "files": _names(exhibit for exhibit, _, _ in early),
        "feedback_on": str(seen.feedback_on),
    }
    same = sorted((exhibit.sha256, str(day)) for exhibit, day, _ in early)
    return Found(facts, same, tuple(quote for _, _, quote in early))


def _oldest(exhibit: Exhibit) -> tuple[date, Quote] | None:
    """Return the day that a document is from, as far as it can be known, and where that stands."""
    days: list[tuple[date, Quote]] = []
    if exhibit.effective_on:
        days.append((exhibit.effective_on, Quote(str(exhibit.effective_on), exhibit.filename)))
    stated = document_date(exhibit.facts or ())
    if stated:
        days.append((date.fromisoformat(stated.value), Quote(stated.written, f"{exhibit.filename} {stated.place}")))
    for fact in _facts(exhibit, FactKind.SIGNED_ON):
        days.append((date.fromisoformat(fact.value), Quote(fact.written, f"{exhibit.filename} {fact.place}")))
    if not days:
        for fact in _facts(exhibit, FactKind.DOC_NO)[:1]:  # its own number stands first
            year = fact.value.split("|")[1]
            days.append((date(int(year), 12, 31), Quote(fact.written, f"{exhibit.filename} {fact.place}")))
    if not days and not _facts(exhibit, FactKind.PHASH):  # a picture is the business of PR-03
        for fact in _facts(exhibit, FactKind.FILE_CREATED):
            days.append((date.fromisoformat(fact.value[:10]), Quote(fact.value, f"{exhibit.filename} {fact.place}")))
    return min(days, key=lambda day: day[0]) if days else None


def _on_the_spot(seen: Snapshot, day: date, numbers: Numbers) -> bool:
    """Whether a finding that was put right at once has a paper from the time of the inspection."""
    if seen.kind != "IMMEDIATE" or not numbers.get("exempt_immediate", 1):
        return False
    return seen.inspected_from is None or day >= seen.inspected_from


def _process_only(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-09 只有过程性证据: meetings, notices and rules, and nothing that shows a result.

    A paper that shows itself as minutes, a notice or a rule stays one, whatever kind it was filed under.
    """
    results = [exhibit for exhibit in seen.exhibits if _shows_a_result(exhibit)]
    if not seen.submitted or not seen.exhibits or len(results) >= numbers.get("least_results", 1):
        return None
    quotes = tuple(Quote(exhibit.filename, str(proposed(exhibit) or exhibit.kind)) for exhibit in seen.exhibits)
    facts: dict[str, str | int] = {"count": len(seen.exhibits), "files": _names(seen.exhibits)}
    return Found(facts, sorted((exhibit.sha256, str(exhibit.kind)) for exhibit in seen.exhibits), quotes)


def _shows_a_result(exhibit: Exhibit) -> bool:
    return exhibit.kind in RESULT and proposed(exhibit) not in _PLAINLY_PROCESS and exhibit.purpose != Purpose.BASELINE


def proposed(exhibit: Exhibit) -> EvidenceKind | None:
    """Return the kind that the reader proposed, None where nothing was read."""
    return proposed_kind(exhibit.facts or ())


def _regulation_on_shelf(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-25 制度只上墙: a regulation without number, meeting, day or distribution, or that nobody carried out."""
    rules = [e for e in seen.exhibits if e.kind is EvidenceKind.REGULATION and not _is_exempt(e) and not e.elsewhere]
    if not seen.submitted or not rules:
        return None
    unread = [exhibit for exhibit in rules if exhibit.facts is None]
    lacking = [(exhibit, missing) for exhibit in rules if (missing := _formalities_missing(seen, exhibit))]
    idle = [exhibit for exhibit in rules if _is_idle(seen, exhibit, numbers)]
    if not lacking and not idle:
        return Unsure(("evidence_text",)) if unread else None
    quotes = [Quote("、".join(missing), exhibit.filename) for exhibit, missing in lacking]
    quotes += [Quote(exhibit.filename, "EXECUTION") for exhibit in idle]
    facts: dict[str, str | int] = {
        "count": len({exhibit.id for exhibit in [*idle, *(exhibit for exhibit, _ in lacking)]}),
        "files": _names({e.id: e for e in [*idle, *(e for e, _ in lacking)]}.values()),
        "lacking": len(lacking),
        "idle": len(idle),
    }
    same = [*sorted((e.sha256, *missing) for e, missing in lacking), *sorted(e.sha256 for e in idle)]
    return Found(facts, same, tuple(quotes))


def _formalities_missing(seen: Snapshot, exhibit: Exhibit) -> list[str]:
    """Return which of number, meeting, day and distribution neither the text nor the register of regulations has."""
    if exhibit.facts is None or not exhibit.text:
        return []
    wanted = (FactKind.DOC_NO, FactKind.ADOPTED_BY, FactKind.DOC_DATE, FactKind.DISTRIBUTION)
    has = {kind: bool(_facts(exhibit, kind)) for kind in wanted}
    has[FactKind.DOC_DATE] |= exhibit.effective_on is not None
    for entry in seen.regulations:
        if _is_about(entry.title, exhibit):
            has[FactKind.DOC_NO] |= bool(entry.number)
            has[FactKind.ADOPTED_BY] |= bool(entry.adopted_by)
            has[FactKind.DISTRIBUTION] |= bool(entry.distribution)
    return [str(kind) for kind in wanted if not has[kind]]


def _is_about(title: str, exhibit: Exhibit) -> bool:
    """Whether an entry of a register speaks of a file: by its name, or by the title that its text bears."""
    name = title.strip("《》 ")
    return bool(name) and (name in exhibit.filename or name in (exhibit.text or "")[:400])


def _is_idle(seen: Snapshot, exhibit: Exhibit, numbers: Numbers) -> bool:
    """Whether a regulation is old enough to have been used, and nothing says that it was."""
    stated = document_date(exhibit.facts or ())
    since = date.fromisoformat(stated.value) if stated else exhibit.effective_on
    if since is None or seen.executed is None or (seen.today - since).days < numbers.get("execution_days", 90):
        return False
    told = any(used.on >= since for used in seen.executed)
    return not told and not any(other.kind in _EXECUTION for other in seen.exhibits)


def _changed_after_sign_off(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-35 销号后改动档案: evidence that was added, replaced or withdrawn while the finding was closed."""
    if len(seen.changes) <= numbers.get("most_changes", 0):
        return None
    quotes = tuple(Quote(change.filename, f"{change.what} {shanghai_date(change.at)}") for change in seen.changes)
    facts: dict[str, str | int] = {
        "count": len(seen.changes),
        "files": "、".join(f"《{change.filename}》" for change in seen.changes),
    }
    return Found(facts, sorted((change.id, change.what) for change in seen.changes), quotes)


def _facts(exhibit: Exhibit, kind: FactKind) -> list[Fact]:
    return [fact for fact in exhibit.facts or () if fact.kind is kind]


def _names(exhibits: Iterable[Exhibit]) -> str:
    return "、".join(f"《{exhibit.filename}》" for exhibit in exhibits)


SIGNALS: Final = (
    Signal("PR-01", "EVIDENCE_REUSED", _evidence_reused, version=2),
    Signal("PR-02", "EVIDENCE_NEAR_DUPLICATE", _near_duplicate, version=2),
    Signal("PR-03", "PHOTO_REUSED_OR_INCONSISTENT", _photo),
    Signal("PR-07", "EVIDENCE_PREDATES_FEEDBACK", _predates_feedback, version=2),
    Signal("PR-09", "PROCESS_ONLY_EVIDENCE", _process_only, version=2),
    Signal("PR-25", "REGULATION_ON_SHELF", _regulation_on_shelf),
    Signal("PR-35", "DOSSIER_CHANGED_AFTER_APPROVAL", _changed_after_sign_off),
)
