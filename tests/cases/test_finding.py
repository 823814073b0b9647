"""A finding as a value: what it may become, whatever the diagrams say."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from cases.finding import Finding, Kind, NotReadyToIssue, State, WrongState
from cases.refusals import CaseSuspended

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
DUE = date(2026, 6, 30)


def finding(**changes: Any) -> Finding:
    """Return an open finding."""
    whole = Finding(
        id=1, number="XC2026-001-001", list_id=2, unit_id=11, unit_path="/1/11/", office_unit_id=1, confidentiality=1,
        title="超标准发放津贴补贴", category="", kind=Kind.PHASED, amount_yuan=None, headcount=None, is_key=False,
        is_systemic=False, leader_post_id=3, handler_post_id=4, chief_post_id=5, due_on=DUE, first_due_on=DUE,
        state=State.OPEN, stage="rectifying", cycle=1,
    )  # fmt: skip
    return replace(whole, **changes)


@pytest.mark.parametrize(
    ("field", "name"),
    [("leader_post_id", "leader"), ("handler_post_id", "handler"), ("chief_post_id", "chief"), ("due_on", "due_on")],
)
def test_what_nobody_mapped_is_not_issued(field: str, name: str) -> None:
    with pytest.raises(NotReadyToIssue) as refused:
        finding(state=State.REGISTERED, **{field: None}).issue(NOW)

    assert refused.value.facts["missing"] == (name,)


def test_it_is_issued_once() -> None:
    issued, event = finding(state=State.REGISTERED).issue(NOW)

    assert (issued.state, issued.issued_at, event.kind) == (State.OPEN, NOW, "FindingIssued")
    with pytest.raises(WrongState):
        issued.issue(NOW)


def test_the_unit_does_not_see_it_before() -> None:
    assert not finding(state=State.REGISTERED).subject.issued
    assert all(finding(state=state).subject.issued for state in State if state is not State.REGISTERED)


@pytest.mark.parametrize("state", [State.REGISTERED, State.SIGNED_OFF, State.SUSPENDED])
def test_only_an_open_one_moves(state: State) -> None:
    still = finding(state=state)

    for move in (
        lambda: still.accept(NOW),
        lambda: still.submit(NOW),
        lambda: still.sign_off(NOW),
        lambda: still.suspend("litigation"),
        lambda: still.extend(DUE, DUE),
    ):
        with pytest.raises(CaseSuspended if state is State.SUSPENDED else WrongState):
            move()


def test_it_stands_still_and_goes_on() -> None:
    suspended, _ = finding().suspend("litigation")

    assert (suspended.state, suspended.suspended_because) == (State.SUSPENDED, "litigation")
    assert suspended.resume()[0] == finding()


def test_a_return_stays_in_its_cycle_and_counts() -> None:
    back = finding(submitted_at=NOW).returned()

    assert (back.cycle, back.returns, back.submitted_at) == (1, 1, None)


def test_a_new_cycle_takes_nothing_along() -> None:
    was = finding(
        state=State.SIGNED_OFF, signed_off_at=NOW, submitted_at=NOW, accepted_at=NOW, basic_done=True, historic=True,
        overdue_since=DUE, attention=3, returns=4, suspended_because="litigation",
    )  # fmt: skip

    fresh = was.open_cycle(DUE + timedelta(days=90))

    assert fresh == finding(cycle=2, due_on=DUE + timedelta(days=90), first_due_on=DUE + timedelta(days=90))


def test_it_is_marked_overdue_once_and_not_while_others_have_it() -> None:
    marked, event = finding().mark_overdue(DUE + timedelta(days=1))
    assert (marked.overdue_since, event and event.kind) == (DUE + timedelta(days=1), "MarkedOverdue")

    for still in (marked, finding(submitted_at=NOW), finding(state=State.SIGNED_OFF), finding(due_on=None)):
        assert still.mark_overdue(DUE + timedelta(days=2)) == (still, None)
    assert finding().mark_overdue(DUE)[1] is None


def test_an_extension_takes_the_flag_down_only_when_it_no_longer_holds() -> None:
    late = finding(overdue_since=DUE + timedelta(days=1))

    assert late.extend(DUE + timedelta(days=30), DUE + timedelta(days=10)).overdue_since is None
    assert late.extend(DUE + timedelta(days=5), DUE + timedelta(days=10)).overdue_since == late.overdue_since


def test_signing_off_takes_every_flag_down() -> None:
    signed, event = finding(overdue_since=DUE, basic_done=True, submitted_at=NOW).sign_off(NOW)

    assert (signed.state, signed.signed_off_at, signed.overdue_since, signed.basic_done) == (
        State.SIGNED_OFF,
        NOW,
        None,
        False,
    )
    assert event.kind == "SignedOff"
