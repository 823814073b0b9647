"""The generator of the labelled benchmark: same seed same bytes, every trick there, honest ones in the majority."""

import io
import json
import subprocess
import sys
from collections import defaultdict
from datetime import UTC
from pathlib import Path

import docx
import openpyxl
import pytest
from PIL import ExifTags, Image
from pypdf import PdfReader

from tests.bench.paper_world.__main__ import main
from tests.bench.paper_world.audit import shown_labels, single_tests, too_late
from tests.bench.paper_world.composing import Wish, compose
from tests.bench.paper_world.real_cases import real_cases
from tests.bench.paper_world.tricks import LOOK_ALIKES, TRICKS
from tests.bench.paper_world.writing import write
from xiaohao.bench_format import Labels, Strength, Unreadable, World, read_labels, read_world

SIGNALS = tuple(f"PR-{number:02}" for number in range(1, 37))
CASES = Path(__file__).parents[3] / "shared" / "data" / "cases_paper_rectification.json"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("bench") / "world"
    write(compose(Wish(7, 90)), directory, seed=7, styles=("plain",), held_back=False)
    return directory


@pytest.fixture(scope="module")
def world(written: Path) -> World:
    return read_world(written)


@pytest.fixture(scope="module")
def labels(written: Path) -> Labels:
    return read_labels(written)


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    trees = []
    for name in ("first", "second"):
        write(compose(Wish(3, 24)), tmp_path / name, seed=3, styles=("plain",), held_back=False)
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        trees.append([(path.relative_to(tmp_path / name), path.read_bytes()) for path in files])

    assert trees[0] == trees[1]


def test_another_seed_tells_of_another_city() -> None:
    one, other = compose(Wish(3, 24)), compose(Wish(4, 24))

    assert one.lists[0].findings[0].detail != other.lists[0].findings[0].detail


def test_a_world_of_the_usual_size_holds_every_trick_in_three_strengths_among_honest_ones() -> None:
    world = compose(Wish(1, 600))
    strengths = defaultdict(set)
    for planted in world.planted:
        strengths[planted.signal].add(planted.strength)
    touched = {number for planted in world.planted for number in (*planted.subjects, *planted.also)}
    findings = [draft.number for listed in world.lists for draft in listed.findings]

    assert {signal: len(strengths[signal]) for signal in SIGNALS} == dict.fromkeys(SIGNALS, 3)
    assert sum(number not in touched for number in findings) / len(findings) >= 0.75
    assert {each.signal for each in world.look_alikes} == set(SIGNALS)


def test_every_signal_has_a_trick_and_a_look_alike() -> None:
    assert sorted(TRICKS) == list(SIGNALS)
    assert set(LOOK_ALIKES) == set(SIGNALS)


def test_only_the_manipulations_asked_for_are_played() -> None:
    world = compose(Wish(2, 60, manipulations=(("PR-07", Strength.STRONG), ("PR-22", Strength.WEAK))))

    assert {(each.signal, each.strength) for each in world.planted} == {("PR-07", "strong"), ("PR-22", "weak")}


def test_every_number_in_the_labels_is_in_the_world(world: World, labels: Labels) -> None:
    known = {finding.number for finding in world.findings} | {each.number for each in world.lists}
    named = labels.dishonest() | {number for each in labels.look_alikes for number in each.subjects}

    assert named
    assert named <= known


def test_nothing_is_dated_after_the_detector_looks(world: World, written: Path) -> None:
    assert list(too_late(world, written)) == []


def test_no_word_of_the_labels_can_be_read_in_the_world(world: World, written: Path) -> None:
    assert list(shown_labels(world, written)) == []


def test_no_single_token_or_number_gives_the_labels_away(world: World, labels: Labels, written: Path) -> None:
    base, tests = single_tests(world, labels, written)

    # Chance alone lifts the best of ten thousand tests on ninety findings; a label that shows would lift to certainty.
    assert max(test.lift for test in tests) < (1 - base) / 2


def test_the_files_are_real_and_bear_their_dates(world: World, written: Path) -> None:
    opened = set()
    for finding in world.findings:
        for evidence in finding.evidence:
            form = evidence.file.rpartition(".")[2]
            if form in opened:
                continue
            opened.add(form)
            content = io.BytesIO((written / "files" / evidence.file).read_bytes())
            if form == "docx":
                paper = docx.Document(content)
                created = paper.core_properties.created
                assert paper.paragraphs[0].text
                assert created.replace(tzinfo=UTC) <= evidence.uploaded_at
            elif form == "pdf":
                page = PdfReader(content)
                assert page.pages[0].extract_text().strip()
                assert page.metadata is not None
                assert str(page.metadata["/CreationDate"]).startswith("D:20")
            elif form == "xlsx":
                assert list(openpyxl.load_workbook(content).active.values)  # type: ignore[union-attr]
            else:
                exif = Image.open(content).getexif()
                assert exif[ExifTags.Base.DateTime].startswith("20")
                assert exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] == "N"
    assert opened == {"docx", "pdf", "xlsx", "jpg"}


def _look(path: Path) -> int:
    """Return a difference hash of 64 bits."""
    picture = list(Image.open(path).convert("L").resize((9, 8), Image.Resampling.LANCZOS).getdata())
    return sum(
        (picture[row * 9 + at] > picture[row * 9 + at + 1]) << (row * 8 + at) for row in range(8) for at in range(8)
    )


def test_pictures_of_honest_findings_look_different(world: World, labels: Labels, written: Path) -> None:
    honest = [finding for finding in world.findings if finding.number not in labels.dishonest()]
    files = {each.file for finding in honest for each in finding.evidence if each.file.endswith("jpg")}
    looks = [_look(written / "files" / file) for file in sorted(files)]

    assert len(looks) > 10
    assert min((a ^ b).bit_count() for at, a in enumerate(looks) for b in looks[:at]) > 6


def test_what_is_held_back_is_refused_without_saying_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "a"), "--seed", "9001"]) == 2
    assert main([str(tmp_path / "b"), "--style", "narrative"]) == 2
    assert capsys.readouterr().err.count("--held-back") == 2


def test_a_manipulation_that_is_none_is_refused_with_an_example(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "a"), "--manipulation", "PR-99"]) == 2
    assert "PR-07:strong" in capsys.readouterr().err


def test_the_command_prints_its_seed(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.bench.paper_world", str(tmp_path / "w"), "--seed", "5", "--findings", "12"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert "seed 5" in done.stdout


def test_the_published_cases_bear_the_signals_that_they_should_raise(tmp_path: Path) -> None:
    if not CASES.exists():
        pytest.skip(f"{CASES.name} is not beside this checkout")
    write(real_cases(), tmp_path / "real", seed=None, styles=("plain",), held_back=False)
    planted = read_labels(tmp_path / "real").planted
    expected = {signal for case in json.loads(CASES.read_text(encoding="utf-8")) for signal in case["signals"]}

    assert {each.signal for each in planted} == expected
    assert {each.strength for each in planted} == {Strength.REAL}
    assert list(too_late(read_world(tmp_path / "real"), tmp_path / "real")) == []


def _spoil(written: Path, tmp_path: Path, old: str, new: str) -> Path:
    text = (written / "world.json").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "files").symlink_to(written / "files")
    (tmp_path / "world.json").write_text(text.replace(old, new, 1), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('"format": "xiaohao-bench/1"', '"format": "xiaohao-bench/9"', "this program reads"),
        ('"chief":', '"boss":', "knows no boss"),
        ('"feedback_on":"2', '"feedback_on":"x', "a day"),
        ('"seq":1,', '"seq":"one",', "a whole number"),
        ('"kind":"PHASED"', '"kind":"LATER"', "none of IMMEDIATE, PHASED, CONTINUOUS"),
        ('"file":"f', '"file":"../f', "no name of a file"),
        ('"handler":"U', '"handler":"X', "no post"),
        ('+08:00","by"', '","by"', "offset"),
    ],
)
def test_a_world_that_breaks_the_format_is_refused_by_name(
    written: Path, tmp_path: Path, old: str, new: str, sentence: str
) -> None:
    with pytest.raises(Unreadable, match=sentence):
        read_world(_spoil(written, tmp_path, old, new))


def test_a_directory_without_a_world_says_what_belongs_there(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"world\.json is missing"):
        read_world(tmp_path)
