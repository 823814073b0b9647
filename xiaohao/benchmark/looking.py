"""A loaded world is looked at: files are read, sketches made, and the signals asked as of each finding's moment.

It is what worker and nightly run do in the product: the same reader, index, snapshots, rules and shipped parameters.
"""

import os
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from bpmn.release import shipped
from cases.signals import look
from cases.signals.snapshot import Answer
from documents.evidence.reading import READER_VERSION, Read, read_evidence
from persistence import sketches
from persistence.database import Database
from persistence.evidence_facts import LONG_AGO
from persistence.snapshots import list_snapshot_of, reference_of, snapshot_of
from persistence.tables import evidence_facts, evidence_texts
from tasks.rule_tables import tables_in
from xiaohao.bench_format import World
from xiaohao.benchmark.loading import Loaded, Loading

Progress = Callable[[str, int, int], None]  # what is being done, how many are, of how many
_AT_ONCE = 500


def look_at(world: World, directory: Path, folder: Path, progress: Progress) -> dict[str, Answer]:
    """Load *world* into a database under *folder* and return what the signals say of each finding and list."""
    database = Database(f"sqlite:///{folder / 'benchmark.db'}")
    database.migrate()
    try:
        with database.writing() as conn:
            loaded = Loading(world, directory).into(conn)
        _read_files(database, directory, loaded, progress)
        return _ask(database, world, loaded, progress)
    finally:
        database.dispose()


# --- files ------------------------------------------------------------------------------------------------------------


def _read_files(database: Database, directory: Path, loaded: Loaded, progress: Progress) -> None:
    first = {sha256: file for file, sha256 in reversed(loaded.files.items())}
    wanted = sorted((sha256, str(directory / "files" / file)) for sha256, file in first.items())
    with ProcessPoolExecutor(os.cpu_count() or 1) as pool:
        readings = pool.map(_read, (path for _, path in wanted), chunksize=16)
        for done, portion in enumerate(_portions(zip(wanted, readings, strict=True))):
            with database.writing() as conn:
                texts = [_text_row(sha256, read) for (sha256, _), read in portion]
                facts = [row for (sha256, _), read in portion for row in _fact_rows(sha256, read)]
                conn.execute(insert(evidence_texts), texts)
                if facts:
                    conn.execute(insert(evidence_facts), facts)
            progress("read", min((done + 1) * _AT_ONCE, len(wanted)), len(wanted))


def _read(path: str) -> Read:
    return read_evidence(Path(path).name, Path(path).read_bytes(), trusted=True)


def _portions(rows: Any) -> Iterator[list[Any]]:
    portion: list[Any] = []
    for row in rows:
        portion.append(row)
        if len(portion) == _AT_ONCE:
            yield portion
            portion = []
    if portion:
        yield portion


def _text_row(sha256: str, read: Read) -> dict[str, Any]:
    return {
        "sha256": sha256, "state": read.state, "reader_version": READER_VERSION, "tries": 0, "claimed_until": LONG_AGO,
        "pages": read.pages, "text": zlib.compress(read.text.encode()) if read.text else None, "reason": read.reason,
    }  # fmt: skip


def _fact_rows(sha256: str, read: Read) -> Iterator[dict[str, Any]]:
    for seq, fact in enumerate(read.facts):
        yield {
            "sha256": sha256, "seq": seq, "kind": fact.kind, "value": fact.value, "written": fact.written,
            "place": fact.place[:200], "start": fact.start, "end": fact.end,
        }  # fmt: skip


# --- signals ----------------------------------------------------------------------------------------------------------


def _ask(database: Database, world: World, loaded: Loaded, progress: Progress) -> dict[str, Answer]:
    units = {each.number: each.unit for each in world.lists}
    for portion in _portions(world.findings):
        with database.writing() as conn:
            for finding in portion:
                sketches.refresh(conn, loaded.findings[finding.number], loaded.units[units[finding.list]])
    table, answers = tables_in(shipped()).parameters, dict[str, Answer]()
    latest = max(finding.as_of for finding in world.findings)
    with database.reading() as conn:
        reference = reference_of(conn, latest)
        for done, finding in enumerate(world.findings, 1):
            seen = snapshot_of(conn, loaded.findings[finding.number], finding.as_of, reference)
            answers[finding.number] = look(seen, table)
            if done % _AT_ONCE == 0 or done == len(world.findings):
                progress("looked", done, len(world.findings))
        for each in world.lists:
            as_of = max((f.as_of for f in world.findings if f.list == each.number), default=latest)
            answers[each.number] = look(list_snapshot_of(conn, loaded.lists[each.number], as_of), table)
    return answers
