"""疑点·程序: what was left out, waved through, or certified by the unit itself.

Source: DOMAIN.md 3.4; parameters stand in the decision table ``signal_parameters``.
"""

from typing import Final

from cases.comments import has_substance
from cases.signals.snapshot import Found, Numbers, Outcome, Quote, Signal, Snapshot


def _measures_uncovered(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-20 措施未全部落实: submitted while a measure of the plan has no word about its completion."""
    open_ones = [measure for measure in seen.measures if not measure.done.strip()]
    if seen.submitted_at is None or len(open_ones) <= numbers.get("uncovered_measures", 0):
        return None
    quotes = tuple(Quote(measure.text, str(measure.seq)) for measure in open_ones)
    facts: dict[str, str | int] = {
        "count": len(open_ones),
        "measures": "、".join(str(measure.seq) for measure in open_ones),
    }
    return Found(facts, [measure.seq for measure in open_ones], quotes)


def _rubber_stamp(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-22 一签了之: an opinion of no substance, or one of many in a few minutes."""
    most = numbers.get("approvals", 10)
    hasty = [o for o in seen.opinions if o.in_a_row >= most or not has_substance(o.comment)]
    if not hasty:
        return None
    quotes = tuple(Quote(opinion.comment, opinion.person) for opinion in hasty)
    facts: dict[str, str | int] = {"count": len(hasty), "in_a_row": max(opinion.in_a_row for opinion in hasty)}
    return Found(facts, [opinion.id for opinion in hasty], quotes)


def _not_on_site(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-26 未现场核查、自查自验: looked back on by too few, by the unit's own people, or nowhere."""
    least = numbers.get("least_inspectors", 2)
    poor = [v for v in seen.visits if v.inspectors < least or not v.from_outside or not v.place.strip()]
    if not poor:
        return None
    facts: dict[str, str | int] = {"count": len(poor), "least": least}
    return Found(facts, [visit.id for visit in poor], tuple(Quote(visit.place or "—", str(visit.id)) for visit in poor))


SIGNALS: Final = (
    Signal("PR-20", "MEASURE_COVERAGE_GAP", _measures_uncovered),
    Signal("PR-22", "RUBBER_STAMP", _rubber_stamp),
    Signal("PR-26", "NO_ONSITE_OR_SELF_CERTIFIED", _not_on_site),
)
