"""The benchmark of the signals: a small world is loaded, looked at and scored, and a lie in the labels shows."""

from dataclasses import replace
from pathlib import Path

import pytest

from cases.signals import SIGNALS
from cases.signals.snapshot import Answer, Hit
from tests.bench.paper_world.audit import single_tests
from tests.bench.paper_world.composing import Wish, compose
from tests.bench.paper_world.writing import write
from tests.command.test_command import Shell
from xiaohao.bench_format import Evidence, Labels, Planted, Strength, World, read_labels, read_world, write_json
from xiaohao.benchmark.command import score_of
from xiaohao.benchmark.leaks import too_late
from xiaohao.benchmark.scoring import Score, judge, together


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("bench") / "world"
    played = (("PR-07", Strength.STRONG), ("PR-10", Strength.MEDIUM), ("PR-22", Strength.STRONG))
    write(compose(Wish(5, 24, ("plain",), played)), found, seed=5, styles=("plain",), held_back=False)
    return found


@pytest.fixture(scope="module")
def scored(directory: Path) -> tuple[Score, dict[str, Answer]]:
    return score_of(directory)


def test_what_was_planted_openly_is_found_and_nobody_honest_is_blocked(scored: tuple[Score, dict[str, Answer]]) -> None:
    score, _ = scored
    planted = {signal: tally for signal, tally in score.signals.items() if tally.planted}

    assert planted
    assert all(tally.found == tally.planted for tally in planted.values()), score.missed
    assert score.blocked.hit == 0, score.false
    assert score.blocked.of >= 15


def test_labels_that_lie_give_a_bad_score(directory: Path, scored: tuple[Score, dict[str, Answer]]) -> None:
    score, answers = scored
    world, labels = read_world(directory), read_labels(directory)
    honest = next(f.number for f in world.findings if f.number not in labels.dishonest())
    lie = Planted("PR-12", Strength.STRONG, (honest,), "nothing of the kind")

    judged = judge(world, replace(labels, planted=(lie,)), answers)

    assert judged.recall == 0
    assert [miss.signal for miss in judged.missed] == ["PR-12"]
    assert judged.blocked.hit > score.blocked.hit  # what was planted is now called honest


def test_a_hit_on_the_honest_counts_against_the_signal_and_the_whole(directory: Path) -> None:
    world, labels = read_world(directory), read_labels(directory)
    numbers = [f.number for f in world.findings if f.number not in labels.dishonest()][:2]
    high, medium = Hit("PR-09", "HIGH", {}, (), "a", 1), Hit("PR-17", "MEDIUM", {}, (), "b", 1)

    judged = judge(world, labels, {numbers[0]: Answer((high,), {}), numbers[1]: Answer((medium,), {})})

    assert (judged.accused.hit, judged.blocked.hit, judged.blocked_by) == (2, 1, {"PR-09": 1})
    assert judged.signals["PR-09"].precision == 0
    assert judged.recall == 0


def test_worlds_add_up(scored: tuple[Score, dict[str, Answer]]) -> None:
    score, _ = scored
    twice = together([score, score])

    assert twice.findings == 2 * score.findings
    assert twice.overall.found == 2 * score.overall.found
    assert twice.blocked.of == 2 * score.blocked.of
    assert twice.recall == score.recall
    assert score.blocked.of == sum(share.of for share in score.by_size.values())


def test_a_world_that_knows_its_future_is_told(directory: Path) -> None:
    world = read_world(directory)
    first, *rest = world.findings
    late = replace(first, submissions=tuple(replace(s, at=first.as_of.replace(year=2090)) for s in first.submissions))

    assert list(too_late(world)) == []
    assert any("2090" in found for found in too_late(replace(world, findings=(late, *rest))))


def test_the_command_prints_seed_table_and_errors(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shell = Shell(tmp_path, monkeypatch, capsys)
    lied = tmp_path / "lied"
    lied.mkdir()
    (lied / "files").symlink_to(directory / "files")
    (lied / "world.json").write_bytes((directory / "world.json").read_bytes())
    labels = read_labels(directory)
    write_json(lied / "labels.json", replace(labels, planted=()))

    assert shell("signals", "bench", str(lied), "--errors", "2") == 0
    assert "5" in shell.out.splitlines()[0]
    assert "PR-36" in shell.out
    assert "+ PR-" in shell.out  # what was raised on what is now called honest
    assert "/24" in shell.error  # progress


def test_the_score_is_told_as_json(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = Shell(tmp_path, monkeypatch, capsys).json("signals", "bench", str(directory))

    assert told["together"]["planted"] > 0
    assert set(told["signals"]) == set(SIGNALS)
    assert all(isinstance(count, int) for count in told["blocked_by"].values())


def test_the_leak_audit_takes_files_of_any_name(directory: Path, tmp_path: Path) -> None:
    world, other = read_world(directory), tmp_path / "other"
    (other / "files").mkdir(parents=True)

    def renamed(each: Evidence) -> Evidence:
        path = f"材料{each.id}{Path(each.file).suffix}"
        (other / "files" / path).write_bytes((directory / "files" / each.file).read_bytes())
        return replace(each, file=path, id=f"甲{each.id}")

    findings = [replace(one, evidence=tuple(map(renamed, one.evidence))) for one in world.findings]
    base, tests = single_tests(replace(world, findings=tuple(findings)), read_labels(directory), other)

    assert 0 < base < 1
    assert {"lowest file name", "lowest evidence id"} <= {one.name.partition(" > ")[0] for one in tests}


def test_it_asks_for_a_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shell = Shell(tmp_path, monkeypatch, capsys)

    assert shell.json("signals", "bench", code=1)["refused"]["code"] == "nothing_to_score"


def test_no_label_is_read_before_everything_was_looked_at(directory: Path, tmp_path: Path) -> None:
    blind = tmp_path / "blind"
    blind.mkdir()
    (blind / "files").symlink_to(directory / "files")
    (blind / "world.json").write_bytes((directory / "world.json").read_bytes())
    world: World = read_world(blind)
    labels: Labels = read_labels(directory)

    assert not (blind / "labels.json").exists()
    assert judge(world, labels, _looked(world, blind, tmp_path)).recall > 0


def _looked(world: World, directory: Path, folder: Path) -> dict[str, Answer]:
    from xiaohao.benchmark.looking import look_at

    return look_at(world, directory, folder, lambda what, done, of: None)
