"""A signal stands in the way of a sign-off only where it has shown, on worlds of several hands, that it may."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpmn.release import Release, shipped
from cases.sign_off import BLOCKING
from cases.signals import SIGNALS, look
from cases.signals.snapshot import SEVERITIES
from tasks.rule_tables import EVIDENCE_FILE, tables_in
from tests.cases.test_signal_rules import FIRES, snapshot

POOR = {"PR-01", "PR-08", "PR-09", "PR-20", "PR-21", "PR-22", "PR-31", "PR-32"}  # below 80 % when they were measured


def with_evidence(signal: str, right: int, wrong: int, least: int = 80) -> Release:
    """The shipped release with another measurement of *signal*."""
    text = shipped()[EVIDENCE_FILE].decode()
    row = re.search(rf'<rule id="(rule_\d+)">(?:(?!</rule>).)*"{signal}".*?</rule>', text, re.DOTALL)
    assert row is not None
    cells = iter((right, wrong, least))
    changed = re.sub(r"<text>(\d+)</text>", lambda _: f"<text>{next(cells)}</text>", row[0])
    return shipped().with_files({EVIDENCE_FILE: text.replace(row[0], changed).encode()})


def test_what_was_wrong_too_often_is_medium_at_most() -> None:
    blocking = {signal for signal, one in tables_in(shipped()).parameters.items() if one.may_block}

    assert set(SIGNALS) - blocking == POOR


@pytest.mark.parametrize("signal", sorted(POOR))
def test_no_rule_raises_itself_above_what_it_has_shown(signal: str) -> None:
    one = tables_in(shipped()).parameters[signal]

    assert {one.grave(found) for found in (None, *SEVERITIES)} <= {"LOW", "MEDIUM"}


@given(st.sampled_from(sorted(SIGNALS)), st.integers(0, 400), st.integers(0, 400), st.integers(1, 100))
def test_the_share_alone_decides(signal: str, right: int, wrong: int, least: int) -> None:
    may = tables_in(with_evidence(signal, right, wrong, least)).parameters[signal].may_block

    assert may == (right > 0 and right / (right + wrong) >= least / 100)


def test_a_signal_without_evidence_blocks_nothing() -> None:
    text = shipped()[EVIDENCE_FILE].decode()
    bare = shipped().with_files({EVIDENCE_FILE: text.replace('"PR-11"', '"PR-99"').encode()})

    assert not tables_in(bare).parameters["PR-11"].may_block


def test_a_release_of_before_is_held_against_the_shipped_evidence() -> None:
    files = {name: content for name, content in shipped().files.items() if name != EVIDENCE_FILE}

    assert tables_in(Release(files)).parameters == tables_in(shipped()).parameters


@pytest.mark.parametrize(("signal", "seen"), FIRES)
def test_no_hit_of_any_rule_is_graver_than_it_may_be(signal: str, seen: dict[str, Any]) -> None:
    table = tables_in(shipped()).parameters

    for hit in look(snapshot(**seen), table).hits:
        assert hit.severity not in BLOCKING or hit.signal not in POOR, (signal, hit)
