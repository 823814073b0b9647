"""A release before it is one: hostile files are refused by name, hungry ones end a child and not the house."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from bpmn.reading import DiagramRefused
from cases.rights import Role
from persistence.tables import releases
from tasks import trial
from tasks.catalogue import every_act
from tasks.operations import OPERATIONS
from tasks.releases import ReleaseHasProblems, draft_release, everything_shipped, problems_of, tried
from tasks.trial import Bounds, TrialFailed, try_out
from tests.support.city import City

ATTACKS = Path(__file__).resolve().parents[3] / "shared" / "attacks"
HUNGRY = {f"forms/x{place}.json": bytes(4_000_000) for place in range(12)}  # more than 40 MB hold


@pytest.mark.skipif(not ATTACKS.is_dir(), reason="the hostile examples are not here")
def test_a_hostile_diagram_is_refused_by_its_element_and_not_kept(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("registered")
    for file in sorted(ATTACKS.glob("*.bpmn")):
        attacked = {f"processes/{file.name}": file.read_bytes()}
        before = city.count(releases)
        drafted, refused = _drafted(city, attacked)
        if drafted is None:
            assert all(refused), file.name
            assert city.count(releases) == before
            continue
        # wrong and not unsafe: kept as a draft, which says what is wrong and cannot be published
        found = problems_of(everything_shipped().with_files(attacked))
        assert [one for one in found if one.file.endswith(file.name) and one.element], file.name
        with pytest.raises(ReleaseHasProblems):
            city.act("sysadmin2", "publish_release", "office", release=drafted)


def _drafted(city: City, files: Mapping[str, bytes]) -> tuple[str | None, list[str]]:
    """Return the id of the draft, or None and the elements for which it was refused."""
    try:
        return draft_release(city.office, files, "试", 1), []
    except DiagramRefused as why:
        return None, [each.element for each in why.refusals]


def test_what_is_shipped_starts() -> None:
    assert tried(everything_shipped()) == ()
    assert problems_of(everything_shipped()) == ()


@pytest.mark.parametrize("bounds", [Bounds(memory_bytes=40 << 20), Bounds(cpu_seconds=0), Bounds(seconds=0)])
def test_a_release_that_takes_too_much_ends_the_child_only(bounds: Bounds) -> None:
    with pytest.raises(TrialFailed):
        try_out(
            everything_shipped().with_files(HUNGRY),
            operations=frozenset(),
            acts=frozenset(),
            roles=frozenset(),
            bounds=bounds,
        )


def test_a_release_that_failed_its_trial_is_not_kept(
    sqlite_city: Callable[[str], City], monkeypatch: pytest.MonkeyPatch
) -> None:
    city = sqlite_city("registered")
    monkeypatch.setattr(trial.try_out, "__kwdefaults__", {"bounds": Bounds(memory_bytes=40 << 20)})

    with pytest.raises(TrialFailed):
        draft_release(city.office, HUNGRY, "试", 1)
    assert city.count(releases) == 1


def test_the_child_knows_nothing_of_the_house(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIAOHAO_DATABASE_URL", "postgresql://secret")
    kept = dict(os.environ)

    assert (
        try_out(
            everything_shipped(), operations=frozenset(OPERATIONS), acts=frozenset(every_act()), roles=frozenset(Role)
        )
        == ()
    )
    assert dict(os.environ) == kept


def test_a_form_asks_what_its_act_needs() -> None:
    name = "forms/sign_off.json"
    changed = everything_shipped()[name].replace(b'"sheet_number"', b'"sheet_no"')

    found = problems_of(everything_shipped().with_files({name: changed}))

    assert [(one.file, one.element, one.code) for one in found] == [(name, "sheet_number", "form_asks_too_little")]
    assert "sheet_number" in found[0].sentence("zh")


def test_a_letter_that_reaches_for_more_than_words_is_refused() -> None:
    release = everything_shipped()
    name = next(path for path in release.names("letters") if path.endswith("zh/subject.txt"))

    found = problems_of(release.with_files({name: b"{{ ''.__class__.__mro__ }}"}))

    assert [one.code for one in found] == ["letter_refused"]
    assert name.removeprefix("letters/") in found[0].element
