"""A ledger of 10,000 rows, every third one said twice, into a database: beside openpyxl only reading the same file.

Ours reads it in the limited child, understands every row, drops the repeated ones, looks every finding up among those
that the unit has, and writes list, findings and the sealed event in one transaction.
"""

import io
import time
from collections.abc import Iterator
from functools import partial

from openpyxl import Workbook, load_workbook
from sqlalchemy import func, select

from persistence.tables import findings
from tasks.import_list import import_list
from tests.bench.places import Places
from tests.bench.table import Line, interleaved
from tests.support.city import NOON, City, build, open_city

SECTION = "import"
ROWS, TWICE_EVERY, ROUNDS = 10_000, 3, 1
UNIT = "徐庄镇党委"
HEADINGS = (
    "序号",
    "反馈问题",
    "具体问题",
    "涉及金额（万元）",
    "整改措施",
    "责任领导",
    "责任单位",
    "责任人",
    "整改时限",
    "整改状态",
)


def measure(places: Places) -> Iterator[Line]:
    """Yield the seconds until everything is committed, on each kind of database."""
    content = _written()
    what = f"{ROWS:,} rows imported with dedupe / openpyxl reading"
    for kind in ("SQLite", "PostgreSQL"):
        if kind not in places.kinds():
            yield Line(SECTION, what, kind, note=f"skipped: {places.missing}")
            continue
        url, files = places.fresh(kind), places.folder / f"files-{kind}"
        build(url, files, "registered")
        city = open_city(url, files, now=NOON)
        before = _kept(city)
        mine, theirs = interleaved(ROUNDS, partial(_ours, city, content), partial(_openpyxl, content))
        kept = _kept(city) - before
        assert kept == ROWS - ROWS // TWICE_EVERY, kept
        city.office.database.dispose()
        yield Line(SECTION, what, kind, mine, theirs, note=f"{kept:,} findings kept")


def _written() -> bytes:
    """Return the workbook: rows as a unit writes them; every third row says again what the row before said."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("整改台账")
    sheet.append([f"{UNIT}巡察整改台账"])
    sheet.append(HEADINGS)
    for row in range(1, ROWS + 1):
        number = row - 1 if row % TWICE_EVERY == 0 else row
        sheet.append(_row(number))
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def _row(number: int) -> tuple[object, ...]:
    return (
        number,
        f"第{number}号项目资金管理不规范",
        f"{2015 + number % 10}年以来，第{number}号项目先后{number % 7 + 2}次超进度付款，票据和验收资料不全。",
        number % 900 / 10,
        f"1.清退多付款项，完善第{number}号项目档案；2.修订资金支付办法；3.每季度开展一次自查。",
        "镇长",
        ("财政所", "党政办", "农业农村办")[number % 3],
        "经办人",
        f"2026年{number % 12 + 1}月底前",
        ("整改中", "已完成整改")[number % 2],
    )


def _kept(city: City) -> int:
    with city.office.read() as conn:
        return conn.scalar(select(func.count()).select_from(findings)) or 0


def _ours(city: City, content: bytes) -> float:
    actor = city.actor("office1")
    began = time.perf_counter()
    import_list(city.office, actor, "整改台账.xlsx", content, unit=UNIT)
    return time.perf_counter() - began


def _openpyxl(content: bytes) -> float:
    began = time.perf_counter()
    sheet = load_workbook(io.BytesIO(content), data_only=True).active
    assert sheet is not None
    assert sum(1 for _ in sheet.iter_rows(values_only=True)) == ROWS + 2
    return time.perf_counter() - began
