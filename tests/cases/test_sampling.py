"""Sampling: sizes and intervals against counting every sample there is; the draw against the shell."""

import hashlib
import json
import shutil
import subprocess
from fractions import Fraction
from itertools import combinations
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.sampling import (
    METHOD,
    Candidate,
    Drawing,
    Exported,
    NotADrawing,
    Stratum,
    UnknownMethod,
    draw_by_chance,
    draw_by_risk,
    exported,
    false_ones,
    frame_sha256,
    frame_text,
    percent_of,
    rate,
    share_of,
    size_needed,
    still_excluded,
    ways_up_to,
)

frames = st.integers(1, 40)
confidences = st.integers(50, 99)


def chance_of_at_most(most: int, frame: int, false: int, drawn: int) -> Fraction:
    """Count every sample of *drawn* from *frame*, of which the first *false* are false."""
    fit = sum(sum(one < false for one in sample) <= most for sample in combinations(range(frame), drawn))
    return Fraction(fit, comb(frame, drawn))


@pytest.mark.parametrize("frame", range(1, 9))
def test_the_size_is_the_smallest_that_excludes_the_share_when_every_sample_is_counted(frame: int) -> None:
    for confidence, permille in ((80, 100), (95, 50), (90, 300), (50, 500)):
        false, n = false_ones(frame, permille), size_needed(frame, confidence, permille)
        wanted = Fraction(100 - confidence, 100)
        assert chance_of_at_most(0, frame, false, n) <= wanted
        assert n == 1 or chance_of_at_most(0, frame, false, n - 1) > wanted


@pytest.mark.parametrize("frame", range(1, 9))
def test_the_interval_is_what_counting_every_sample_gives(frame: int) -> None:
    half = Fraction(5, 200)
    for drawn in range(1, frame + 1):
        for found in range(drawn + 1):
            said = rate(frame, drawn, found, confidence_percent=95)
            possible = [
                false
                for false in range(found, frame - drawn + found + 1)
                if 1 - chance_of_at_most(found - 1, frame, false, drawn) > half
                and chance_of_at_most(found, frame, false, drawn) > half
            ]
            assert (said.low, said.high) == (possible[0], possible[-1])


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    frame, drawn = 60, 12
    for false in range(frame + 1):
        covered = Fraction(0)
        for found in range(max(0, drawn - frame + false), min(drawn, false) + 1):
            said = rate(frame, drawn, found, confidence_percent=90)
            if said.low <= false <= said.high:
                covered += Fraction(comb(false, found) * comb(frame - false, drawn - found), comb(frame, drawn))
        assert covered >= Fraction(9, 10)


@given(frames, st.integers(0, 40), st.integers(0, 40), st.integers(-2, 41))
def test_ways_are_those_of_the_textbook(frame: int, false: int, drawn: int, most: int) -> None:
    false, drawn = min(false, frame), min(drawn, frame)
    wanted = sum(comb(false, k) * comb(frame - false, drawn - k) for k in range(max(0, min(most, drawn) + 1)))
    assert ways_up_to(most, frame, false, drawn) == wanted


@given(st.integers(1, 3_000), confidences, st.integers(1, 1000))
def test_a_sample_of_the_needed_size_excludes_the_share_that_was_asked(frame: int, sure: int, permille: int) -> None:
    n = size_needed(frame, sure, permille)
    assert 1 <= n <= frame
    assert still_excluded(frame, n, sure) <= false_ones(frame, permille)
    assert n == 1 or still_excluded(frame, n - 1, sure) > false_ones(frame, permille)


@given(frames, st.data())
def test_what_could_not_be_checked_only_widens_the_interval(frame: int, data: st.DataObject) -> None:
    drawn = data.draw(st.integers(1, frame))
    found = data.draw(st.integers(0, drawn))
    unknown = data.draw(st.integers(0, drawn - found))
    sure, open_ended = rate(frame, drawn, found), rate(frame, drawn, found, unknown=unknown)
    assert open_ended.low == sure.low <= sure.high <= open_ended.high
    assert found <= open_ended.low
    assert open_ended.high <= frame


def test_looking_at_everything_leaves_no_doubt() -> None:
    assert (rate(25, 25, 3).low, rate(25, 25, 3).high) == (3, 3)


def test_known_numbers_of_a_large_office() -> None:
    assert size_needed(1_000, 95, 50) == 57  # tables of attribute sampling: 57 or 58 of 1,000 for 5 % at 95 %
    assert size_needed(100_000, 95, 50) == 59  # ln 0.05 / ln 0.95 = 58.4
    assert share_of(101, 10) == 11
    assert percent_of(3, 59) == "5.1"


@given(st.sets(st.text("0123456789-XC", min_size=1), max_size=40), st.text(max_size=20), st.integers(0, 50))
def test_a_draw_is_a_part_of_the_frame_and_a_longer_one_begins_with_it(numbers: set[str], seed: str, size: int) -> None:
    frame = sorted(numbers)
    drawn = draw_by_chance(frame, seed, size)
    assert len(drawn) == len(set(drawn)) == min(size, len(frame))
    assert set(drawn) <= numbers
    assert draw_by_chance(frame[::-1], seed, size + 1)[: len(drawn)] == drawn


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum here")
def test_the_shell_draws_the_same_sample() -> None:
    frame = [f"XC2026-001-{n:03d}" for n in range(1, 31)]
    script = (
        'while read -r n; do printf "%s  %s\\n" "$(printf "%s|%s" "$1" "$n" | sha256sum | cut -c1-64)" "$n"; done'
        " | LC_ALL=C sort | head -n 5 | cut -c67-"
    )
    ran = subprocess.run(
        ["sh", "-c", script, "sh", "种子 42"], input=frame_text(frame), capture_output=True, text=True, check=True
    )
    assert tuple(ran.stdout.split()) == draw_by_chance(frame, "种子 42", 5)
    assert frame_sha256(frame) == hashlib.sha256(("\n".join(frame) + "\n").encode()).hexdigest()


def candidates() -> tuple[Candidate, ...]:
    return (
        Candidate("A1", "a", 90, False),
        Candidate("A2", "a", 0, True),
        Candidate("A3", "a", 40, False),
        Candidate("B1", "b", 10, False),
        Candidate("B2", "b", 60, False),
    )


def test_by_risk_units_take_turns_and_what_was_never_checked_here_goes_first() -> None:
    assert draw_by_risk(candidates(), 5) == ("A2", "B2", "A1", "B1", "A3")


def test_the_strata_share_no_finding() -> None:
    drawn = Drawing("s", candidates(), 3, 5).draw()
    assert len(drawn[Stratum.RANDOM]) == 3
    assert len(drawn[Stratum.RISK]) == 2
    assert not set(drawn[Stratum.RANDOM]) & set(drawn[Stratum.RISK])


def sample() -> Exported:
    drawing = Drawing("seed", candidates(), 2, 2)
    return Exported("CY2026-001", drawing, frame_sha256(drawing.frame), drawing.draw())


def test_an_exported_sample_is_drawn_again_and_a_changed_one_is_noticed() -> None:
    written = json.loads(json.dumps(sample().as_json()))
    assert exported(written).same_again()
    assert not exported(written | {"seed": "another"}).same_again()
    assert not exported(written | {"random": written["random"][::-1]}).same_again()
    assert not exported(written | {"frame_sha256": "0" * 64}).same_again()
    assert written["method"] == METHOD


@pytest.mark.parametrize("broken", [None, [], {}, {"candidates": 3}, "text"])
def test_what_is_no_sample_is_refused(broken: object) -> None:
    with pytest.raises(NotADrawing):
        exported(broken)


def test_a_frame_that_is_not_that_of_the_candidates_is_refused() -> None:
    with pytest.raises(NotADrawing):
        exported(sample().as_json() | {"frame": ["A1"]})


def test_a_method_of_another_version_is_named() -> None:
    with pytest.raises(UnknownMethod):
        exported(sample().as_json() | {"method": "dice-2"}).same_again()
