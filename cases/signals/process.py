"""疑点·程序: what was left out, waved through, or certified by the unit itself.

Source: DOMAIN.md 3.4; parameters stand in the decision table ``signal_parameters``.
"""

from collections.abc import Iterator
from typing import Final

from cases.evidence import EvidenceKind
from cases.signals.snapshot import Found, Numbers, Opinion, Outcome, Quote, Signal, Snapshot, Visit
from cases.wording import MECHANISM, still_to_come

ON_SITE: Final = "on_site"


def _measures_uncovered(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-20 措施未全部落实: submitted while a measure has no word about its completion, or has only begun."""
    if not seen.submitted:
        return None
    open_ones = [
        m for m in seen.measures if not m.done.strip() or (seen.kind != "CONTINUOUS" and still_to_come(m.done))
    ]
    if len(open_ones) <= numbers.get("uncovered_measures", 0):
        return _no_mechanism(seen) if numbers.get("mechanism_asked", 1) else None
    quotes = tuple(Quote(measure.text, str(measure.seq)) for measure in open_ones)
    facts: dict[str, str | int] = {
        "count": len(open_ones),
        "measures": "、".join(str(measure.seq) for measure in open_ones),
        "why": "uncovered",
    }
    return Found(facts, [measure.seq for measure in open_ones], quotes)


def _no_mechanism(seen: Snapshot) -> Outcome:
    """A lighter hit: neither plan, report nor evidence has a rule that would keep the problem from coming back.

    What was put right at once needs none.
    """
    told = [seen.completion, *(m.text for m in seen.measures), *(m.done for m in seen.measures)]
    ruled = any(measure.kind == "REGULATION" for measure in seen.measures) or any(map(MECHANISM.search, told))
    filed = any(exhibit.kind is EvidenceKind.REGULATION for exhibit in seen.exhibits)
    if not seen.measures or ruled or filed or seen.kind == "IMMEDIATE":
        return None
    facts: dict[str, str | int] = {"count": 0, "measures": "—", "why": "no_mechanism"}
    return Found(facts, ["no_mechanism"], tuple(Quote(m.text, str(m.seq)) for m in seen.measures), "MEDIUM")


def _rubber_stamp(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-22 一签了之: an opinion given in no time, with no file opened, or as one of many in a row.

    That it is without substance is no ground: the act that asks for it refuses such a one, so where it stands all the
    same it came from a paper or another system, and its words say nothing about how it was read.
    """
    hasty = [opinion for opinion in seen.opinions if _is_hasty(opinion, numbers)]
    if not hasty:
        return None
    quotes = tuple(Quote(opinion.comment, opinion.person) for opinion in hasty)
    facts: dict[str, str | int] = {"count": len(hasty), "in_a_row": max(opinion.in_a_row for opinion in hasty)}
    return Found(facts, [opinion.id for opinion in hasty], quotes)


def _is_hasty(opinion: Opinion, numbers: Numbers) -> bool:
    """What was decided in a meeting or on paper was read elsewhere: only the words of an opinion given alone count."""
    if opinion.meeting and numbers.get("exempt_meeting", 1):
        return False
    many = opinion.files > numbers.get("files_more_than", 3)
    quick = opinion.seconds is not None and opinion.seconds < numbers.get("least_seconds", 60) and many
    unread = opinion.opened == 0 and opinion.files > 0
    in_a_row = opinion.in_a_row >= numbers.get("approvals", 10)
    return quick or unread or in_a_row


def _not_on_site(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-26 未现场核查、自查自验: nobody went, too few, the unit's own people, or who submitted also verified."""
    least = numbers.get("least_inspectors", 2)
    poor = [v for v in seen.visits if v.inspectors < least or not v.from_outside or not v.place.strip()]
    reasons = ["visit"] * bool(poor) + list(_nobody_went(seen)) + list(_self_certified(seen))
    if not reasons:
        return None
    facts: dict[str, str | int] = {"count": len(poor), "least": least, "why": "、".join(reasons)}
    quotes = tuple(Quote(visit.place or "—", str(visit.on or visit.id)) for visit in poor)
    return Found(facts, [*reasons, *(visit.id for visit in poor)], quotes)


def _nobody_went(seen: Snapshot) -> Iterator[str]:
    """Yield what is missing where the place had to be seen: asked only once the look-back should have been."""
    looked = bool(seen.visits) or seen.signed_off_at is not None
    if not looked or not seen.needs_on_site or any(waiver.what == "on_site" for waiver in seen.waivers):
        return
    on_site = [visit for visit in seen.visits if _went(visit)]
    if not on_site:
        yield "nobody_went"
    elif all(visit.photos == 0 for visit in on_site):
        yield "no_photo"


def _went(visit: Visit) -> bool:
    return visit.method in ("", ON_SITE)


def _self_certified(seen: Snapshot) -> Iterator[str]:
    by: dict[str, set[int]] = {}
    for role, person in seen.participants:
        by.setdefault(role, set()).add(person)
    judges = by.get("verified", set()) | by.get("looked_back", set())
    if judges & seen.unit_people:
        yield "own_people"
    if judges & by.get("submitted", set()) or (
        by.get("submitted", set()) & by.get("reviewed", set()) & by.get("signed", set())
    ):
        yield "same_person"


SIGNALS: Final = (
    Signal("PR-20", "MEASURE_COVERAGE_GAP", _measures_uncovered, version=3),
    Signal("PR-22", "RUBBER_STAMP", _rubber_stamp, version=3),
    Signal("PR-26", "NO_ONSITE_OR_SELF_CERTIFIED", _not_on_site, version=2),
)
