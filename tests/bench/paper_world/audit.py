"""``python -m tests.bench.paper_world.audit DIR``: does anything but the manipulations themselves give the labels away?

Two questions. Is anything dated after the moment when the detector looks? And can a single token, file name, length
or count tell the tricked findings from the honest? The best such single test is printed beside the base rate (always
answering "honest"): a token that a manipulation puts there itself may stand out, anything else must not.
"""

import io
import re
import sys
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

from PIL import ExifTags, Image
from pypdf import PdfReader

from cases.moments import SHANGHAI
from tests.bench.paper_world.drafts import at
from xiaohao.bench_format import Finding, Labels, World, files_of, read_labels, read_world
from xiaohao.benchmark.leaks import too_late as late_records

_STAMP = re.compile(r"<dcterms:(?:created|modified)[^>]*>([^<]+)<")
_PDF_DATE = re.compile(r"D:(\d{14})")
_DAY = re.compile(r"(20\d\d)年(\d{1,2})月(\d{1,2})日")
_TRICK_WORDS = re.compile(
    r"manipul|trick|plant|label|PR-?\d\d|weak|strong|fake|造假|作弊|look_alike|held", re.IGNORECASE
)


@dataclass(frozen=True)
class Test:
    """One trivial test and how often it is right when it may also be turned round."""

    name: str
    accuracy: float
    lift: float  # over the base rate
    findings: int  # on which it says yes


def main(arguments: list[str]) -> int:
    """Print what was found; 1 when something is dated too late or a label shows."""
    directory = Path(arguments[0])
    world, labels = read_world(directory), read_labels(directory)
    late = list(too_late(world, directory))
    shown = list(shown_labels(world, directory))
    print(f"dated after as_of: {len(late)}", *late[:20], sep="\n  ")
    print(f"words of the labels in world or file names: {len(shown)}", *shown[:20], sep="\n  ")
    base, tests = single_tests(world, labels, directory)
    print(f"base rate (always honest): {base:.4f}; best single tests of {len(tests)}:")
    for test in sorted(tests, key=lambda test: -test.accuracy)[:15]:
        print(f"  {test.accuracy:.4f}  {test.lift:+.4f}  on {test.findings:5}  {test.name}")
    return 1 if late or shown else 0


# --- dates ----------------------------------------------------------------------------------------------------------


def too_late(world: World, directory: Path) -> Iterator[str]:
    """Yield every record and file dated after the moment when the detector looks."""
    yield from late_records(world)
    for finding in world.findings:
        for file in sorted(set(files_of(finding))):
            yield from (
                f"{finding.number}: {file} {when}" for when in file_moments(directory, file) if when > finding.as_of
            )


@cache
def file_moments(directory: Path, file: str) -> tuple[datetime, ...]:
    """Return the moments in a file's metadata, and the last day that its text is signed with."""
    content = (directory / "files" / file).read_bytes()
    if file.endswith((".docx", ".xlsx")):
        core = zipfile.ZipFile(io.BytesIO(content)).read("docProps/core.xml").decode()
        found = [datetime.fromisoformat(stamp) for stamp in _STAMP.findall(core)]
    elif file.endswith(".pdf"):
        info = PdfReader(io.BytesIO(content)).metadata
        stamps = [match[1] for value in (info or {}).values() if (match := _PDF_DATE.match(str(value)))]
        found = [datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=SHANGHAI) for stamp in stamps]
    else:
        stamp = Image.open(io.BytesIO(content)).getexif().get(ExifTags.Base.DateTime)
        found = [datetime.strptime(stamp, "%Y:%m:%d %H:%M:%S").replace(tzinfo=SHANGHAI)] if stamp else []
    signed = [at(date(*map(int, match)), 0) for match in _DAY.findall(file_text(directory, file).rsplit("\n", 2)[-1])]
    return (*found, *signed)


@cache
def file_text(directory: Path, file: str) -> str:
    """Return the words of a file, a line each paragraph; empty for pictures."""
    content = (directory / "files" / file).read_bytes()
    if file.endswith(".pdf"):
        return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    member = {"docx": "word/document.xml", "xlsx": "xl/worksheets/sheet1.xml"}.get(file.rpartition(".")[2])
    if not member:
        return ""
    xml = zipfile.ZipFile(io.BytesIO(content)).read(member).decode()
    return re.sub(r"<[^>]+>", "", re.sub(r"</w:p>|</row>", "\n", xml)).strip()


# --- words ----------------------------------------------------------------------------------------------------------


def shown_labels(world: World, directory: Path) -> Iterator[str]:
    """Yield every place where a word of the labels can be read."""
    for finding in world.findings:
        for evidence in finding.evidence:
            if found := _TRICK_WORDS.search(evidence.filename + evidence.id + evidence.file):
                yield f"{finding.number}: {evidence.filename} has {found[0]}"
    written = (directory / "world.json").read_text(encoding="utf-8")
    yield from (f"world.json has {found[0]}" for found in _TRICK_WORDS.finditer(written) if found[0] != "held")


def single_tests(world: World, labels: Labels, directory: Path) -> tuple[float, list[Test]]:
    """Return the base rate and every trivial test: each token, each file name pattern, each threshold of a number."""
    dishonest = labels.dishonest()
    truth = {finding.number: finding.number in dishonest for finding in world.findings}
    base = 1 - sum(truth.values()) / len(truth)
    holders: dict[str, set[str]] = defaultdict(set)
    for finding in world.findings:
        for token in tokens(finding, directory):
            holders[token].add(finding.number)
    tests = [_test(name, found, truth, base) for name, found in holders.items() if len(found) > 2]
    for name, measure in _NUMBERS.items():
        tests += _thresholds(name, {finding.number: measure(finding) for finding in world.findings}, truth, base)
    return base, tests


def _test(name: str, says_yes: Iterable[str], truth: Mapping[str, bool], base: float) -> Test:
    yes = set(says_yes)
    caught = sum(truth[number] for number in yes)
    right = caught + round(base * len(truth)) - (len(yes) - caught)
    accuracy = max(right, len(truth) - right) / len(truth)
    return Test(name, accuracy, accuracy - base, len(yes))


def _thresholds(name: str, values: Mapping[str, float], truth: Mapping[str, bool], base: float) -> Iterator[Test]:
    levels = sorted(set(values.values()))
    for level in levels[:: max(1, len(levels) // 40)]:
        yield _test(f"{name} > {level:g}", [number for number, value in values.items() if value > level], truth, base)


def tokens(finding: Finding, directory: Path) -> set[str]:
    """Return the pairs of characters of every text and the shapes of every name that a finding shows."""
    texts = [finding.title, finding.detail, *(m.text + "。" + m.completion for m in finding.measures)]
    texts += [each.completion for each in finding.submissions] + [each.comment for each in finding.reviews]
    texts += [each.text for each in finding.progress]
    files = {each.file for each in finding.evidence}
    texts += [file_text(directory, file) for file in sorted(files)]
    found = {text[place : place + 2] for text in texts for place in range(len(text) - 1)}
    for evidence in finding.evidence:
        shape = re.sub(r"[一-龥]+", "字", re.sub(r"\d+", "9", evidence.filename))
        found |= {f"name:{shape}", f"kind:{evidence.kind}", f"purpose:{evidence.purpose}", f"ext:{evidence.file[-4:]}"}
        found.add(f"measure:{evidence.measure is None}")
    found |= {
        f"state:{finding.state}",
        f"category:{finding.category}",
        f"type:{finding.kind}",
        f"last digit:{finding.number[-1]}",
    }
    return found


def _first_number(name: str) -> int:
    """Return the first number in a name, 0 where there is none: the format allows any names."""
    found = re.search(r"[0-9]{1,15}", name)
    return int(found[0]) if found else 0


_NUMBERS: dict[str, Callable[[Finding], float]] = {
    "length of completion": lambda finding: sum(len(each.completion) for each in finding.submissions),
    "length of detail": lambda finding: len(finding.detail),
    "length of measures": lambda finding: sum(len(each.text) for each in finding.measures),
    "number of measures": lambda finding: len(finding.measures),
    "number of papers": lambda finding: len(finding.evidence),
    "kinds of papers": lambda finding: len({each.kind for each in finding.evidence}),
    "number of receipts": lambda finding: len(finding.receipts),
    "number of progress reports": lambda finding: len(finding.progress),
    "number of reviews": lambda finding: len(finding.reviews),
    "number of waivers": lambda finding: len(finding.waivers),
    "number of extensions": lambda finding: len(finding.extensions),
    "number of objects": lambda finding: len(finding.objects),
    "place in the list": lambda finding: finding.seq,
    "lowest file name": lambda finding: min((_first_number(each.file) for each in finding.evidence), default=0),
    "lowest evidence id": lambda finding: min((_first_number(each.id) for each in finding.evidence), default=0),
    "most uploads in an hour": lambda finding: max(
        Counter(each.uploaded_at.replace(minute=0, second=0) for each in finding.evidence).values(), default=0
    ),
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
