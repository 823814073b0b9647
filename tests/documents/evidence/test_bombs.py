"""What is small and unpacks to much is refused with its reason, in whatever container it comes."""

import pytest

from cases.evidence_facts import ReadState
from documents.evidence.reading import ReadingLimits, read_evidence
from tests.support import bombs
from tests.support.evidence_files import archive

LARGE = 6  # megabytes, or million pixels
NARROW = ReadingLimits(unpacked_bytes=4 << 20, characters=100_000, pixels=4_000_000, cells=50_000, cpu_seconds=20)
TOO_LARGE = {"unpacks_too_large", "picture_too_large", "too_many_rows"}


@pytest.mark.parametrize("name", bombs.COUNTED)
def test_what_unpacks_to_much_is_refused_before_it_is_unpacked(name: str) -> None:
    content = bombs.COUNTED[name](LARGE)

    read = read_evidence(name, content, NARROW, trusted=True)

    assert (read.state, read.reason in TOO_LARGE) == (ReadState.REFUSED, True), read.reason
    assert not read.parts


def test_an_archive_of_a_bomb_or_with_a_crowd_of_files_is_refused() -> None:
    inner = archive({"a.docx": bombs.word(LARGE)})

    assert read_evidence("a.zip", inner, NARROW, trusted=True).reason == "unpacks_too_large"
    assert read_evidence("a.zip", bombs.crowded(3_000), NARROW, trusted=True).reason == "unpacks_too_large"


def test_a_page_that_prints_one_letter_for_ever_holds_one_letter() -> None:
    read = read_evidence("a.pdf", bombs.pdf(1), NARROW)

    assert read.text.strip() == "a"


def test_what_fills_the_memory_is_refused_at_once_and_not_tried_again() -> None:
    read = read_evidence("a.docx", bombs.word(LARGE), ReadingLimits(memory_bytes=110 << 20))

    assert (read.state, read.reason) == (ReadState.REFUSED, "reading_took_too_long")
