"""Whose list it is, and how its family of words calls what we know."""

from datetime import UTC, datetime

import pytest

from cases.finding import Kind, State
from cases.reporting import ListSource, Origin, kind_word, of_source, recognised, status_word
from config.status_families import families

ACCEPTED = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("states", "family"),
    [
        (("已完成整改", "正在整改", "尚未整改"), "audit_a"),
        (("已整改", "持续整改", "未整改"), "audit_b"),
        (("已整改", "整改中", "未整改"), "audit_c"),
        ((), "audit_c"),
        (("完成", "未完成"), "audit_c"),
    ],
)
def test_an_audit_s_ledger_is_known_by_its_name_and_its_family_by_its_states(
    states: tuple[str, ...], family: str
) -> None:
    assert recognised(["2026年审计整改台账.xlsx"], states) == Origin(ListSource.AUDIT, family)


def test_what_nothing_calls_an_audit_is_an_inspection_unless_somebody_says_so() -> None:
    assert recognised(["整改台账.xlsx"], ["已整改", "整改中"]) == Origin(ListSource.INSPECTION, None)
    assert recognised(["整改台账.xlsx"], ["已整改", "整改中"], ListSource.AUDIT).family == "audit_c"
    assert recognised(["审计整改台账.xlsx"], [], ListSource.INSPECTION) == Origin(ListSource.INSPECTION, None)


@pytest.mark.parametrize(
    ("family", "words"),
    [
        ("audit_a", ["尚未整改", "尚未整改", "正在整改", "长期整改", "已完成整改"]),
        ("audit_b", ["未整改", "未整改", "持续整改", "持续整改", "已整改"]),
        ("audit_c", ["未整改", "未整改", "整改中", "整改中", "已整改"]),
    ],
)
def test_each_family_calls_the_states_by_its_own_words(family: str, words: list[str]) -> None:
    def word(state: State, kind: Kind = Kind.PHASED, accepted_at: datetime | None = ACCEPTED) -> str:
        return status_word(family, state, kind, accepted_at=accepted_at, basic_done=False)

    said = [
        word(State.REGISTERED), word(State.OPEN, accepted_at=None), word(State.OPEN),
        word(State.OPEN, Kind.CONTINUOUS), word(State.SIGNED_OFF),
    ]  # fmt: skip

    assert said == words


def test_every_family_has_a_word_for_every_state_and_kind() -> None:
    for family in families():
        for kind in Kind:
            assert kind_word(family, kind)
            for state in State:
                for basic in (False, True):
                    assert status_word(family, state, kind, accepted_at=ACCEPTED, basic_done=basic)


def test_a_source_speaks_families_of_its_own() -> None:
    assert set(of_source(ListSource.AUDIT)) == {"audit_a", "audit_b", "audit_c"}
    assert not set(of_source(ListSource.INSPECTION)) & set(of_source(ListSource.AUDIT))
