"""What n and 4n characters cost, for each reader of strangers' text and each character that could make it slow."""

import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from time import process_time

from cases.dirty_text import clean, dirt_in, same_text
from cases.money import read_amount, unit_of
from cases.register_values import read_values
from cases.registers import REGISTERS
from cases.written_dates import read_date, read_kind
from config.status_families import claim_of
from documents.feedback import read_feedback
from documents.headings import field_of, plain_heading
from documents.intake import read_tables
from documents.limited import Book, Sheet
from documents.measures import deadlines_in, split_measures
from documents.refusals import NoFindingFound
from documents.register_books import _bare
from tests.support.city import NOON

Reader = Callable[[str], object]
MANY = 4  # times as much text
MOST = 8.0  # times as much work: sixteen is quadratic
SHORTEST = 0.004  # seconds of work below which a clock tells nothing

CHARACTERS = tuple(string.punctuation + " \n\t0a") + tuple(
    "（）【】〔〕《》“”、，。；：—－～…·　一十是年月日号万元至到底前负责人第问题○某已"
)
PAIRS = (
    "( ",
    "（ ",
    "，，",
    "年1",
    "1月",
    "一是",
    "；1",
    "1、",
    "(1",
    "1.",
    "- ",
    "元1",
    "\n\n",
    "：\n",
    "第1",
    "来自",
)


def _ledger(column: int) -> Reader:
    headings = [
        "序号",
        "问题",
        "问题表现",
        "整改措施",
        "整改时限",
        "涉及金额（万元）",
        "整改类型",
        "责任人",
        "整改状态",
    ]

    def read(text: str) -> object:
        row = ["1", "租金未收", "一处", "收回", "2026年6月30日", "3", "限期整改", "张三", "未完成"]
        row[column] = text
        return read_tables(Book((Sheet("台账", [headings, row]),)))

    return read


def _heading(text: str) -> object:
    rows = [["序号", "问题", text], ["1", "租金未收", "收回"]]
    return read_tables(Book((Sheet("台账", [[text], *rows]),)))


def _document(text: str) -> object:
    try:
        return read_feedback("反馈.txt", f"关于巡察反馈意见\n一、主要问题\n（一）{text}\n{text}".encode())
    except NoFindingFound:
        return None


def _register(text: str) -> object:
    found = [
        read_values(one, dict.fromkeys((f.name for f in one.fields), text), now=NOON) for one in REGISTERS.values()
    ]
    return found, _bare(text)


READERS: Mapping[str, Reader] = {
    "read_date": lambda text: read_date(text, feedback_on=date(2026, 3, 2)),
    "read_kind": read_kind, "read_amount": read_amount, "unit_of": unit_of, "claim_of": claim_of,
    "plain_heading": plain_heading, "field_of": field_of, "split_measures": split_measures,
    "deadlines_in": lambda text: deadlines_in([text]), "clean": clean, "same_text": same_text, "dirt_in": dirt_in,
    "ledger heading": _heading, "document": _document, "register row": _register,
    **{f"ledger column {column}": _ledger(column) for column in range(9)},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cost:
    """What a reader took for *unit* again and again: *once* for n characters, *many* for 4n, in seconds of work."""

    unit: str
    once: float
    many: float

    @property
    def growth(self) -> float:
        """How many times as much work four times as much text is; a clock says nothing of next to nothing."""
        return self.many / max(self.once, SHORTEST / MANY) if self.many >= SHORTEST else 0.0


def work_of(read: Reader, text: str) -> float:
    """Return the processor time of one reading, in seconds."""
    began = process_time()
    read(text)
    return process_time() - began


def cost_of(read: Reader, unit: str, length: int) -> Cost:
    """Return what *length* characters and four times as many cost; what is dear is measured twice."""
    short, long = (unit * length)[:length], (unit * (MANY * length))[: MANY * length]
    many = work_of(read, long)
    if many < SHORTEST:
        return Cost(unit, work_of(read, short), many)
    return Cost(unit, min(work_of(read, short) for _ in range(2)), min(many, work_of(read, long)))


def worst(name: str, length: int) -> Cost:
    """Return the steepest cost of a reader; where a clock tells nothing of any text, the dearest."""
    return max((cost_of(READERS[name], unit, length) for unit in (*CHARACTERS, *PAIRS)), key=_steepness)


def _steepness(cost: Cost) -> tuple[float, float]:
    return cost.growth, cost.many


def table(length: int) -> Iterator[tuple[str, Cost]]:
    """Yield each reader with its steepest cost, for `make bench`."""
    for name in READERS:
        yield name, worst(name, length)
