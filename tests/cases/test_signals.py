"""The rules of paper signals, each on a snapshot of its own; missing data never counts as evidence."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from cases.evidence import EvidenceKind
from cases.signals import look, parameters
from cases.signals.snapshot import Elsewhere, Exhibit, Opinion, Parameters, Planned, Snapshot, Visit

AS_OF = datetime(2026, 6, 1, 1, tzinfo=UTC)
TABLE = {
    "PR-01": Parameters("HIGH", "block", {"most_findings": 1}),
    "PR-07": Parameters("HIGH", "block", {"grace_days": 0}),
    "PR-09": Parameters("HIGH", "block", {"least_results": 1}),
    "PR-16": Parameters(
        "MEDIUM", "escalate", {"extensions": 2, "days_overdue": 30, "silent_days": 30, "silent_percent": 25}
    ),
    "PR-20": Parameters("HIGH", "block", {"uncovered_measures": 0}),
    "PR-22": Parameters("MEDIUM", "review", {"approvals": 10}),
    "PR-26": Parameters("HIGH", "block", {"least_inspectors": 2}),
}


def exhibit(kind: EvidenceKind = EvidenceKind.FUND_RECEIPT, **more: Any) -> Exhibit:
    given: dict[str, Any] = {"id": 1, "sha256": "a", "filename": "a.pdf", "kind": kind, "purpose": "RESULT"}
    return Exhibit(**given | more)


def snapshot(**more: Any) -> Snapshot:
    given: dict[str, Any] = {
        "finding_id": 1,
        "number": "F-1",
        "unit_id": 11,
        "kind": "PHASED",
        "as_of": AS_OF,
        "feedback_on": date(2026, 3, 1),
        "issued_on": date(2026, 5, 20),
        "due_on": date(2026, 9, 1),
        "submitted_at": AS_OF,
        "exhibits": (exhibit(),),
    }
    return Snapshot(**given | more)


def fired(**more: Any) -> list[str]:
    return [hit.signal for hit in look(snapshot(**more), TABLE).hits]


def test_an_honest_dossier_raises_nothing() -> None:
    done = (Planned(1, "追缴", "已追缴 3 笔"), Planned(2, "修订报销制度", "已修订并执行", "REGULATION"))
    opinion = (Opinion(1, "review_rectification", "甲", "已核对 3 份凭证，金额一致"),)

    assert fired(measures=done, opinions=opinion, visits=(Visit(1, 2, True, "财务部"),)) == []


@pytest.mark.parametrize(
    ("signal", "seen"),
    [
        ("PR-01", {"exhibits": (exhibit(elsewhere=(Elsewhere(2, "F-2", 12, ""),)),)}),
        ("PR-07", {"exhibits": (exhibit(effective_on=date(2026, 2, 28)),)}),
        ("PR-09", {"exhibits": (exhibit(EvidenceKind.MEETING_MINUTES),)}),
        ("PR-16", {"extensions": 2}),
        ("PR-16", {"submitted_at": None, "issued_on": date(2026, 3, 1)}),
        ("PR-16", {"due_on": date(2026, 4, 1), "overdue_since": date(2026, 4, 2)}),
        ("PR-20", {"measures": (Planned(1, "追缴", ""),)}),
        ("PR-22", {"opinions": (Opinion(1, "verify_rectification", "甲", "已核对 3 份凭证，金额一致", 10),)}),
        ("PR-26", {"visits": (Visit(1, 1, True, "财务部"),)}),
        ("PR-26", {"visits": (Visit(1, 2, False, "财务部"),)}),
    ],
)
def test_a_signal_fires_alone(signal: str, seen: dict[str, Any]) -> None:
    assert fired(**seen) == [signal]


@pytest.mark.parametrize(
    "seen",
    [
        {"exhibits": (exhibit(EvidenceKind.MEETING_MINUTES),), "submitted_at": None},  # nothing was claimed yet
        {"exhibits": (), "submitted_at": AS_OF},
        {"exhibits": (exhibit(effective_on=None),)},  # a date that nobody knows
        {"exhibits": (exhibit(), exhibit(id=2, effective_on=date(2026, 2, 1), purpose="BASELINE"))},
        {"exhibits": (exhibit(effective_on=date(2026, 2, 1)),), "kind": "IMMEDIATE"},
        {"exhibits": (exhibit(effective_on=date(2026, 2, 1)),), "feedback_on": None},
        {"due_on": None, "issued_on": None, "submitted_at": None},
    ],
)
def test_what_is_not_known_or_allowed_is_no_signal(seen: dict[str, Any]) -> None:
    assert fired(**seen) == []


def test_a_shared_regulation_is_fine_when_each_names_its_own_clause() -> None:
    here = exhibit(EvidenceKind.PLAN, locator="第3条", elsewhere=(Elsewhere(2, "F-2", 12, "第5条"),))
    result = exhibit(id=2, sha256="b")

    assert fired(exhibits=(here, result)) == []
    assert fired(exhibits=(replace(here, locator=""), result)) == ["PR-01"]


def test_the_same_facts_have_the_same_fingerprint_and_other_facts_another() -> None:
    def mark(**more: Any) -> str:
        (hit,) = look(snapshot(exhibits=(exhibit(EvidenceKind.NOTICE, **more),)), TABLE).hits
        return hit.fingerprint

    assert mark() == mark(id=9)
    assert mark() != mark(sha256="b")


def test_a_signal_that_the_table_leaves_out_is_off() -> None:
    assert look(snapshot(exhibits=(exhibit(EvidenceKind.NOTICE),)), {}).hits == ()


def test_rows_of_one_signal_are_gathered() -> None:
    row = {"severity": "MEDIUM", "action": "escalate"}

    rows = [{"parameter": "extensions", "value": 2}, {"parameter": "days_overdue", "value": 30}]
    table = parameters([("PR-16", row | one) for one in rows])

    assert table == {"PR-16": Parameters("MEDIUM", "escalate", {"extensions": 2, "days_overdue": 30})}
