"""Copied measures among 100,000 others (a million with ``--large``): how long the index takes, and what it finds.

Each asked text is a measure of which 5, 10 or 20 percent were written anew in one or two places. The other way compares
it with every text (rapidfuzz, its C++ ratio with a cut-off, which both may use to stop early).
"""

import os
import random
import statistics
import time
from collections.abc import Iterator
from typing import Any, Final

from rapidfuzz import fuzz, process
from sqlalchemy import Connection, insert, text

from persistence import sketches
from persistence.database import Database
from persistence.sketches import Sketch
from persistence.tables import cases, findings, measures
from tests.bench.places import Places
from tests.bench.table import Line
from tests.persistence.stock import CASE, a_finding, found_city

SECTION: Final = "likeness"
MANY, LARGE, PER_FINDING = 100_000, 1_000_000, 20
ASKED, BESIDE = 200, 10  # texts for each share of edits; those that rapidfuzz is asked too
EDITS: Final = (5, 10, 20)
SEED: Final = 20260301
LEAST: Final = 35  # percent: what of five characters in a row is left when a fifth of the text is new
_AT_ONCE = 250  # findings in a write

_LETTERS = (
    "租金收缴合同资产项目资金公车接待津补贴采购招标工程验收扶贫低保危房村级财务账目印章档案党费组织发展"
    "会议学习作风窗口服务审批环保河道垃圾安全消防食品学校医院"
)
_VERBS = (
    "全面清理",
    "逐项核查",
    "及时追缴",
    "限期整改",
    "规范管理",
    "建立台账",
    "完善制度",
    "严格审批",
    "依法收回",
    "逐户走访",
)
_THINGS = (
    "门面租金",
    "公务接待费",
    "专项资金",
    "工程变更签证",
    "低保对象档案",
    "村级集体资产",
    "政府采购合同",
    "党费台账",
)
_OFFICES = ("办公室", "财务科", "综合科", "党建办", "工程科", "民政所", "经发办", "监察室", "人事科")
_ENDS = ("确保问题整改到位", "杜绝类似问题再次发生", "做到举一反三、标本兼治", "切实提高规范化管理水平", "形成长效机制")


def measure(places: Places) -> Iterator[Line]:
    """Yield what a look into the index takes and finds."""
    many = LARGE if places.large else MANY
    rng = random.Random(SEED)
    texts = [a_measure(rng) for _ in range(many)]
    for kind in ("SQLite", "PostgreSQL"):
        if kind not in places.kinds():
            yield Line(SECTION, f"copies among {many:,} measures", kind, note=f"skipped: {places.missing}")
            continue
        url = places.fresh(kind)
        database = Database(url)
        database.migrate()
        began = time.perf_counter()
        _build(database, texts)
        built = time.perf_counter() - began
        yield Line(SECTION, f"index of {many:,} measures, built", kind, built, note=_size(database, url))
        yield from _ask(database, kind, texts)
        database.dispose()


def a_measure(rng: random.Random) -> str:
    """Return a measure as offices write them: some words that all have, some names that only one has."""

    def name(least: int, most: int) -> str:
        return "".join(rng.choice(_LETTERS) for _ in range(rng.randint(least, most)))

    said = (
        f"由{rng.choice(_OFFICES)}牵头，{rng.randint(3, 12)}月底前{rng.choice(_VERBS)}{name(4, 4)}{rng.choice(_THINGS)}"
        f"{rng.randint(1, 300)}笔，涉及{name(3, 6)}；{rng.choice(_VERBS)}{rng.choice(_THINGS)}，对{name(6, 6)}逐一"
        f"{rng.choice(_VERBS)}，修订《{name(4, 4)}管理办法》"
    )
    more = f"；{rng.choice(_VERBS)}{name(5, 5)}，{name(6, 14)}" if rng.random() < 0.6 else ""
    return f"{said}{more}，{rng.choice(_ENDS)}。"


def edited(rng: random.Random, told: str, percent: int) -> str:
    """Return *told* with so many percent of its characters written anew, in one place or in two."""
    letters, places = list(told), 1 if percent <= 5 else 2
    run = max(1, len(told) * percent // 100 // places)
    for place in range(places):
        first, last = place * len(told) // places, (place + 1) * len(told) // places - run
        start = rng.randint(first, max(first, last))
        letters[start : start + run] = rng.choices(_LETTERS, k=run)
    return "".join(letters)


def _build(database: Database, texts: list[str]) -> None:
    """Put the measures down, twenty to a finding, and let the index learn of each finding."""
    with database.writing() as conn:
        found_city(conn)
    made = range(1, len(texts) // PER_FINDING + 1)
    for start in range(0, len(made), _AT_ONCE):
        some = made[start : start + _AT_ONCE]
        with database.writing() as conn:
            _put(conn, some, texts)
            for finding in some:
                sketches.refresh(conn, 1_000_000 + finding, 2)
    if database.dialect == "postgresql":
        with database.writing() as conn:
            conn.execute(text("ANALYZE"))


def _put(conn: Connection, some: range, texts: list[str]) -> None:
    ids = [1_000_000 + finding for finding in some]
    rows = [_measure(id, seq, texts) for id in ids for seq in range(PER_FINDING)]
    conn.execute(insert(cases), [{"id": id, "kind": "finding"} | CASE for id in ids])
    conn.execute(insert(findings), [a_finding(id) for id in ids])
    conn.execute(insert(measures), rows)


def _measure(finding: int, seq: int, texts: list[str]) -> dict[str, Any]:
    at = (finding - 1_000_001) * PER_FINDING + seq
    return {"id": at + 1, "finding_id": finding, "seq": seq + 1, "text": texts[at], "kind": "FIX"}


def _ask(database: Database, kind: str, texts: list[str]) -> Iterator[Line]:
    rng = random.Random(SEED + 1)
    for percent in EDITS:
        sources = [rng.randrange(len(texts)) for _ in range(ASKED)]
        asked = [(source, edited(rng, texts[source], percent)) for source in sources]
        taken, found = [], 0
        with database.reading() as conn:
            for source, told in asked:
                began = time.perf_counter()
                near = sketches.near(conn, Sketch("measure", 0, text=told), least=LEAST)
                taken.append(time.perf_counter() - began)
                found += any(other.owner_id == source + 1 for other in near)
        brute = [_compared(told, texts) for _, told in asked[:BESIDE]]
        recall = found / ASKED
        what = f"a copy with {percent} % edits among {len(texts):,} / rapidfuzz"
        note = f"recall {recall:.3f}{'' if recall >= 0.95 else ' MISSED (>= 0.95)'}"
        yield Line(SECTION, what, kind, statistics.median(taken), statistics.median(brute), least=50, note=note)


def _compared(told: str, texts: list[str]) -> float:
    began = time.perf_counter()
    process.extract(told, texts, scorer=fuzz.ratio, limit=5, score_cutoff=70)
    return time.perf_counter() - began


def _size(database: Database, url: str) -> str:
    """Return how large the index is, with the texts and the findings on SQLite."""
    if database.dialect == "postgresql":
        with database.reading() as conn:
            query = "SELECT pg_total_relation_size('bands'), pg_total_relation_size('sketches')"
            narrow, drawn = conn.execute(text(query)).one()
        return f"bands {narrow / 1e6:.0f} MB, sketches {drawn / 1e6:.0f} MB"
    return f"whole file {os.path.getsize(url.removeprefix('sqlite:///')) / 1e6:.0f} MB"
