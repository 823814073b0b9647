"""Strangers' files are understood in a child: the same values come back, and what costs too much costs nobody else."""

from collections.abc import Iterator
from time import process_time

import pytest

from cases.register_values import read_values
from cases.registers import REGISTERS, Register
from documents import apart
from documents.apart import read_file_apart, read_register_apart
from documents.door import read_file
from documents.headings import synonyms
from documents.intake import LONGEST, read_tables
from documents.limited import Book, Limits, Sheet
from documents.refusals import NoLedgerFound, ReadersBusy, ReadingTookTooLong
from documents.register_books import read_register
from tests.documents.costs import MOST, READERS, cost_of, worst
from tests.documents.files import ledger
from tests.support.city import NOON

ROW = (1, "租金未收到位", "追缴租金", "财务处", "2025年6月底前")
HEADINGS = {"付款日期": "on", "金额": "amount"}


def test_what_the_child_read_is_what_was_read_here() -> None:
    content = ledger(ROW, (2, "（" * 12_000, "；" * 9_000, "财务处", "；" * 9_000))

    assert read_file_apart("台账.xlsx", content) == read_file("台账.xlsx", content)
    table = "付款日期,金额\n2026-03-02,12万元\n".encode()
    assert (
        read_register_apart("流水.csv", table, HEADINGS).rows[0].cells
        == read_register("流水.csv", table, HEADINGS).rows[0].cells
    )


def test_a_refusal_of_the_child_is_a_refusal_here() -> None:
    with pytest.raises(NoLedgerFound):
        read_file_apart("空.csv", "甲,乙\n1,2\n".encode())


def test_a_cell_longer_than_any_field_is_cut_and_said() -> None:
    read = read_file_apart("台账.xlsx", ledger((1, "租" * 12_000, "追缴", "财务处", "2025年6月底前")))

    assert len(read.findings[0].title) == Limits().cell_characters
    assert any(note.why.code == "cell_cut" for note in read.notes)


@pytest.mark.parametrize("name", sorted(LONGEST))
def test_a_cell_is_cut_where_its_field_ends_and_said(name: str) -> None:
    heading = next(written for written, field in synonyms().items() if field == name)
    headings, row = ["问题", heading], ["租金未收", "9" * (LONGEST[name] + 50)]

    read = read_tables(Book((Sheet("台账", [headings, row]),)))

    seen = [one.written[name].text for one in read.findings] + [one.value for one in read.rejected]
    assert [len(text) for text in seen] == [LONGEST[name]]
    (note,) = (note for note in read.notes if note.why.code == "field_cut")
    assert (note.row, dict(note.why.facts)["limit"]) == (2, LONGEST[name])


@pytest.mark.parametrize("register", REGISTERS.values(), ids=REGISTERS)
def test_a_cell_of_a_register_is_cut_behind_its_field_and_its_row_refused(register: Register) -> None:
    longest = {field.name: field.longest for field in register.fields}
    table = [list(longest), ["（" * (most + 50) for most in longest.values()]]
    content = "\n".join(",".join(row) for row in table).encode()

    (row,) = read_register("簿.csv", content, dict(zip(longest, longest, strict=True)), longest=longest).rows

    assert {name: len(cell) for name, cell in row.cells.items()} == {name: most + 1 for name, most in longest.items()}
    assert set(read_values(register, row.cells, now=NOON)[1].values()) == {"too_long"}


def test_a_child_that_meets_a_limit_is_a_sentence() -> None:
    # A ledger that needs more than what a child holds before it reads, however little its imports took.
    rows = [(n, f"租金{n}未收到位" * 20, "追缴租金" * 20, "财务处", "2025年6月底前") for n in range(1, 1_500)]
    with pytest.raises(ReadingTookTooLong):
        read_file_apart("台账.xlsx", ledger(*rows), limits=Limits(memory_bytes=1 << 20))


@pytest.fixture
def a_full_line() -> Iterator[None]:
    """As many files being read as may be."""
    places = apart.AT_ONCE + apart.IN_LINE
    for _ in range(places):
        apart._line.acquire()
    yield
    for _ in range(places):
        apart._line.release()


@pytest.mark.usefixtures("a_full_line")
def test_who_comes_when_too_many_are_read_is_asked_to_come_again() -> None:
    began = process_time()
    with pytest.raises(ReadersBusy):
        read_file_apart("台账.xlsx", ledger(ROW))
    assert process_time() - began < 1


@pytest.mark.parametrize("name", READERS)
def test_four_times_as_much_text_costs_at_most_a_little_more_than_four_times(name: str) -> None:
    for unit in ("（", "(", "；", " ", "0", "-", "，,", "年1", "一是"):
        assert cost_of(READERS[name], unit, 2_000).growth < MOST, unit


@pytest.mark.long
@pytest.mark.parametrize("name", READERS)
def test_no_character_makes_a_reader_slow(name: str) -> None:
    steepest = worst(name, 4_000)

    assert steepest.growth < MOST, steepest
