"""What stands against a sign-off: every fact for itself, and nothing but facts."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.evidence import PROCESS, RESULT, EvidenceKind
from cases.refusals import CaseError
from cases.rights import Actor
from cases.sign_off import (
    BLOCKING,
    Checked,
    CriteriaOpen,
    Dossier,
    MilestonesOpen,
    NotFromOutside,
    NotLookedBack,
    NotVerified,
    Proof,
    ResultEvidenceMissing,
    SamePerson,
    SignalUndecided,
    measures_without_result,
    objections,
    require_sign_off,
)

HANDLER, VERIFIER, INSPECTOR, SECOND, SIGNER = range(1, 6)
PATH = "/1/11/"


def actor(person: int = SIGNER, *homes: str) -> Actor:
    """Return a person with posts in *homes*."""
    return Actor(person, person, "", "zh", (), home_paths=homes)


def proof(measure: int | None, kind: EvidenceKind = EvidenceKind.FUND_RECEIPT, adopted: bool | None = None) -> Proof:
    """Return a piece of evidence."""
    return Proof(measure or 0, kind, measure, HANDLER, adopted)


def dossier(**changes: Any) -> Dossier:
    """Return facts against which nothing stands."""
    whole = Dossier(
        measures=(21, 22),
        proofs=(proof(21), proof(22)),
        rectified_by=frozenset({HANDLER}),
        submitted_at=100,
        verified=Checked((VERIFIER,), 200),
        looked_back=Checked((INSPECTOR, SECOND), 300),
        checked_by=frozenset({VERIFIER, INSPECTOR, SECOND}),
    )
    return replace(whole, **changes)


LACKS: Mapping[str, tuple[dict[str, Any], type[CaseError]]] = {
    "a result for one measure": ({"proofs": (proof(21),)}, ResultEvidenceMissing),
    "results at all": (
        {"proofs": (proof(21, EvidenceKind.REPORT), proof(22, EvidenceKind.NOTICE))},
        ResultEvidenceMissing,
    ),
    "adopted evidence": ({"proofs": (proof(21), proof(22, adopted=False))}, ResultEvidenceMissing),
    "any measure": ({"measures": (), "proofs": ()}, ResultEvidenceMissing),
    "a submission": ({"submitted_at": None}, NotVerified),
    "a verification": ({"verified": None}, NotVerified),
    "a verification of this submission": ({"verified": Checked((VERIFIER,), 99)}, NotVerified),
    "a verifier from outside": ({"verified": Checked((VERIFIER,), 200, from_outside=False)}, NotVerified),
    "a verifier who kept out of it": ({"rectified_by": frozenset({HANDLER, VERIFIER})}, SamePerson),
    "a look-back": ({"looked_back": None}, NotLookedBack),
    "a look-back at this submission": ({"looked_back": Checked((INSPECTOR, SECOND), 99)}, NotLookedBack),
    "inspectors from outside": ({"looked_back": Checked((INSPECTOR, SECOND), 300, from_outside=False)}, NotLookedBack),
    "inspectors who kept out of it": ({"rectified_by": frozenset({HANDLER, SECOND})}, NotFromOutside),
    "a criterion": ({"criteria_open": (3,)}, CriteriaOpen),
    "a milestone": ({"milestones_left": 1}, MilestonesOpen),
    "a decision on a signal": ({"undecided": (("PR-01", "HIGH"),)}, SignalUndecided),
}


def test_nothing_stands_against_a_whole_dossier() -> None:
    assert objections(dossier()) == ()
    require_sign_off(actor(), PATH, dossier())


@pytest.mark.parametrize("lack", LACKS)
def test_one_fact_that_lacks_is_one_objection(lack: str) -> None:
    changes, refusal = LACKS[lack]

    assert refusal in [type(one) for one in objections(dossier(**changes))]
    with pytest.raises(CaseError):
        require_sign_off(actor(), PATH, dossier(**changes))


@given(st.sets(st.sampled_from(sorted(set(LACKS) - {"a submission"})), min_size=1))
def test_no_fact_makes_up_for_another(lacks: set[str]) -> None:
    changes: dict[str, Any] = {}
    for lack in sorted(lacks):
        changes |= LACKS[lack][0]

    assert objections(dossier(**changes)) != ()


def test_everything_that_lacks_is_told_at_once() -> None:
    told = {type(one) for one in objections(Dossier(measures=(21,), milestones_left=2, criteria_open=(1,)))}

    assert told == {ResultEvidenceMissing, NotVerified, NotLookedBack, MilestonesOpen, CriteriaOpen}


@pytest.mark.parametrize("person", [HANDLER, VERIFIER, INSPECTOR, SECOND])
def test_who_had_a_hand_in_it_does_not_sign(person: int) -> None:
    with pytest.raises(SamePerson):
        require_sign_off(actor(person), PATH, dossier())


@pytest.mark.parametrize("home", [PATH, "/1/11/901/"])
def test_who_belongs_to_the_unit_does_not_sign(home: str) -> None:
    with pytest.raises(NotFromOutside):
        require_sign_off(actor(SIGNER, "/1/2/", home), PATH, dossier())


@pytest.mark.parametrize("home", ["/1/", "/1/1/", "/1/110/"])
def test_a_unit_beside_or_above_is_outside(home: str) -> None:
    require_sign_off(actor(SIGNER, home), PATH, dossier())


def test_a_waiver_stands_in_for_the_result_of_its_measure_only() -> None:
    assert measures_without_result(dossier(proofs=(), waived=frozenset({22}))) == (1,)
    assert measures_without_result(dossier(proofs=(proof(21),), waived=frozenset({22}))) == ()


def test_evidence_without_a_measure_counts_where_there_is_only_one() -> None:
    assert measures_without_result(dossier(measures=(21,), proofs=(proof(None),))) == ()
    assert measures_without_result(dossier(proofs=(proof(None),))) == (1, 2)


@given(st.lists(st.tuples(st.sampled_from(sorted(EvidenceKind)), st.sampled_from([21, 22, 23, None]), st.booleans())))
def test_only_adopted_results_cover_a_measure(pieces: list[tuple[EvidenceKind, int | None, bool]]) -> None:
    proofs = [proof(measure, kind, None if adopted else False) for kind, measure, adopted in pieces]

    missing = measures_without_result(dossier(measures=(21, 22, 23), proofs=proofs))

    covered = {measure for kind, measure, adopted in pieces if kind in RESULT and adopted}
    assert missing == tuple(n for n, measure in enumerate((21, 22, 23), 1) if measure not in covered)


def test_every_kind_of_evidence_is_process_or_result() -> None:
    assert set(EvidenceKind) == PROCESS | RESULT
    assert not PROCESS & RESULT


@given(st.lists(st.tuples(st.sampled_from(["PR-01", "PR-09"]), st.sampled_from(["LOW", "MEDIUM", "HIGH", "CRITICAL"]))))
def test_only_grave_signals_block(undecided: list[tuple[str, str]]) -> None:
    blocked = any(isinstance(one, SignalUndecided) for one in objections(dossier(undecided=undecided)))

    assert blocked == any(severity in BLOCKING for _, severity in undecided)
