"""More time: before the deadline, longer than before, one request at a time, at most so often."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.extension import (
    MOST_EXTENSIONS,
    ExtensionPending,
    ExtensionTooShort,
    PastRequests,
    TooLateToExtend,
    TooManyExtensions,
    require_extension,
)
from cases.refusals import CaseError
from config.policy import NUMBERS

DUE = date(2026, 6, 30)


def ask(*, days: int = 30, today: date = DUE, approved: int = 0, pending: bool = False, most: int = 2) -> None:
    """Ask to move the due date by *days*."""
    require_extension(DUE, DUE + timedelta(days=days), PastRequests(approved, pending), today=today, most=most)


def test_the_last_day_is_early_enough_and_the_next_is_not() -> None:
    ask(today=DUE)
    with pytest.raises(TooLateToExtend):
        ask(today=DUE + timedelta(days=1))


def test_a_request_that_waits_comes_before_everything_else() -> None:
    with pytest.raises(ExtensionPending):
        ask(pending=True, today=DUE + timedelta(days=9), days=-9, approved=9)


def test_it_is_granted_at_most_so_often() -> None:
    ask(approved=1)
    with pytest.raises(TooManyExtensions):
        ask(approved=2)
    with pytest.raises(TooManyExtensions):
        ask(most=0)


@pytest.mark.parametrize("days", [0, -1])
def test_the_new_day_lies_after_the_present_one(days: int) -> None:
    with pytest.raises(ExtensionTooShort):
        ask(days=days)


def test_the_default_is_what_the_rules_of_the_domain_say() -> None:
    assert NUMBERS["extensions.most"] == MOST_EXTENSIONS


@given(st.integers(-50, 50), st.integers(-50, 50), st.integers(0, 4), st.booleans(), st.integers(0, 4))
def test_it_is_refused_exactly_when_one_rule_is_broken(
    days: int, late: int, approved: int, pending: bool, most: int
) -> None:
    allowed = days > 0 and late <= 0 and approved < most and not pending
    try:
        ask(days=days, today=DUE + timedelta(days=late), approved=approved, pending=pending, most=most)
    except CaseError:
        assert not allowed
    else:
        assert allowed
