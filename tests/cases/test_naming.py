"""Whom a text in a ledger may mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.naming import Fit, Named, Proposal, propose

LEADER = Named(1, ("分管副书记", "赵一"), ("徐庄镇 分管副书记",), ("赵书记",))
HANDLER = Named(2, ("整改办主任", "钱二"), ("徐庄镇 整改办主任",))
BOTH = (LEADER, HANDLER)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("分管副书记", (1, Fit.SAME_NAME)),
        (" 分管 副书记 ", (1, Fit.SAME_NAME)),
        ("赵一、孙三", (1, Fit.SAME_NAME)),
        ("徐庄镇整改办主任", (2, Fit.SHORT_NAME)),
        ("赵书记", (1, Fit.ALIAS)),
        ("镇整改办主任（兼）", (2, Fit.SIMILAR)),
        ("水利局", None),
        ("赵一、钱二", None),
    ],
)
def test_the_surest_name_is_proposed_and_two_equal_ones_are_not(text: str, expected: tuple[int, Fit] | None) -> None:
    found = propose(text, BOTH)

    assert (found and (found.id, found.fit)) == expected


def test_what_nobody_wrote_is_proposed_only_where_there_is_one() -> None:
    assert propose("", (HANDLER,)) == Proposal(2, Fit.ONLY_ONE)
    assert propose("", BOTH) is None
    assert propose("赵一", ()) is None


@given(st.text(max_size=40), st.lists(st.text(max_size=12), min_size=1, max_size=4))
def test_any_text_is_answered_and_a_proposal_is_one_of_the_candidates(text: str, names: list[str]) -> None:
    candidates = [Named(place, (name,)) for place, name in enumerate(names)]

    found = propose(text, candidates)

    assert found is None or (0 <= found.id < len(names) and 0.6 <= found.likeness <= 1.0)
