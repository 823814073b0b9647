"""Proved rows are written by acts alone: no statement of the source writes a proved table past `persistence.rows`.

A statement that is handed to ``work.write_later`` or ``writing.execute`` is seen by the sums; every other one on a
proved table stands below, with the reason why it may. What a test city wrote blindly shows when it closes
(`tests.support.city.City.untold`).
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from persistence.declared import PROVED
from persistence.tables import metadata
from tests.architecture.checkout import ROOT, files, rooms

WRITERS = {"insert", "update", "delete"}
SEEN = {"write_later", "writing.execute"}
FURNISHED = "lays the ground of a house before its sums begin: begin() states them"
RESTORED = "puts rows back as an archive holds them, with the events that state them"
UNCOVERED = "touches columns that no digest covers"
LEFT_OUT = "touches rows that are declared left out"
GENERAL = "builds the statements that Work and Writing execute"

MAY: dict[tuple[str, str, str], str] = {
    ("tasks/work.py", "_insertion", "table"): GENERAL,
    ("tasks/work.py", "_change", "table"): GENERAL,
    (
        "persistence/insertion.py",
        "insert_new",
        "table",
    ): "builds what its callers hand on; each of them is looked at",
    ("persistence/outbox.py", "owe", "outbox"): "tells the act's Writing which rows were new",
    ("persistence/outbox.py", "", "outbox"): UNCOVERED,
    ("persistence/outbox.py", "release_stale", "outbox"): UNCOVERED,
    ("persistence/outbox.py", "mark_read", "outbox"): UNCOVERED,
    ("tasks/deliver.py", "thaw", "rows"): UNCOVERED,
    ("tasks/patrols/letters.py", "_set", "rows"): UNCOVERED,
    ("tasks/deliver.py", "thaw", "settings"): LEFT_OUT,
    ("persistence/case_store.py", "", "cases"): UNCOVERED,
    ("tasks/between_cases.py", "_count", "messages"): UNCOVERED,
    ("tasks/evidence_facts.py", "_read", "messages"): LEFT_OUT,
    ("tasks/sign_in.py", "sign_in", "accounts"): UNCOVERED,
    ("tasks/sign_in.py", "_count_failure", "accounts"): UNCOVERED,
    ("tasks/sign_in.py", "set_language", "people"): UNCOVERED,
    ("tasks/begin.py", "_lay_the_ground", "cases"): FURNISHED,
    ("tasks/begin.py", "_lay_the_ground", "settings"): FURNISHED,
    ("tasks/releases.py", "keep_release", "releases"): FURNISHED,
    ("tasks/releases.py", "keep_release", "release_files"): FURNISHED,
    ("xiaohao/archive.py", "_fill", "table"): RESTORED,
    ("xiaohao/archive.py", "_clear_seeded", "table"): RESTORED,
    ("xiaohao/archive.py", "_freeze", "settings"): LEFT_OUT,
    ("xiaohao/benchmark/loading.py", "write", "table"): "fills a house that is measured and thrown away",
}


class Sites(ast.NodeVisitor):
    """Collects the places of a module that write a proved table, or one whose name does not tell."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str, int]] = []  # function, table, line
        self._functions: list[str] = []
        self._seen = 0

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._functions.append(node.name)
        self.generic_visit(node)
        self._functions.pop()

    def visit_Call(self, node: ast.Call) -> None:
        name = ast.unparse(node.func)
        table = written(node)
        if table and not self._seen and (table in PROVED or table not in metadata.tables):
            self.found.append((self._functions[-1] if self._functions else "", table, node.lineno))
        is_seen = any(name.endswith(way) for way in SEEN)
        self._seen += is_seen
        self.generic_visit(node)
        self._seen -= is_seen


def written(node: ast.Call) -> str:
    """Return the name of the table that a call builds a statement for, empty for any other call."""
    called = node.func.id if isinstance(node.func, ast.Name) else ""
    if called == "insert_new" and len(node.args) > 1:
        return _name(node.args[1])
    if called in WRITERS and len(node.args) == 1:
        return _name(node.args[0])
    if isinstance(node.func, ast.Attribute) and node.func.attr in WRITERS and not node.args:
        return _name(node.func.value) if _name(node.func.value) in metadata.tables else ""  # table.update()
    return ""


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else "?"


def blind(source: str) -> list[tuple[str, str, int]]:
    """Return function, table and line of the statements of *source* that no sum sees."""
    sites = Sites()
    sites.visit(ast.parse(source))
    handed_on = set(_handed_on(source))
    return [site for site in sites.found if (site[0], site[2]) not in handed_on]


def _handed_on(source: str) -> Iterator[tuple[str, int]]:
    """Yield function and line of statements that get a name first and are then handed to the sums by it."""
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef):
            continue
        named = {
            target.id: range(each.lineno, (each.end_lineno or each.lineno) + 1)
            for each in ast.walk(function)
            if isinstance(each, ast.Assign)
            for target in each.targets
            if isinstance(target, ast.Name)
        }
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and any(ast.unparse(call.func).endswith(way) for way in SEEN):
                for part in ast.walk(call):
                    if isinstance(part, ast.Name) and part.id in named:
                        yield from ((function.name, line) for line in named[part.id])


def modules() -> list[Path]:
    """Return the modules of our rooms, without those after which `tasks.proving` lets the sums begin anew.

    These are the migrations, and the demonstration that furnishes an empty house.
    """
    kept = [path for path in files() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in rooms()]
    return [path for path in kept if "migrations" not in path.parts and path.name != "demonstration.py"]


def test_no_statement_writes_a_proved_table_past_the_sums() -> None:
    found = {
        (str(path.relative_to(ROOT)), function, table): line
        for path in modules()
        for function, table, line in blind(path.read_text("utf-8"))
    }

    unknown = {place: line for place, line in found.items() if place not in MAY}
    assert unknown == {}, "write the row through Work, or say in MAY why no sum has to see it"
    assert set(MAY) - set(found) == set(), "what no module does any more needs no reason"


@pytest.mark.parametrize(
    "source",
    [
        "def f(conn):\n    conn.execute(update(findings).values(title=''))",
        "def f(conn):\n    conn.execute(delete(tables.reviews).where(x))",
        "def f(conn):\n    change = insert(tenures)\n    conn.execute(change, row)",
        "put = insert(accounts)",
        "def f(conn):\n    conn.execute(evidence.update().values(x=1))",
        "def f(conn, rows):\n    conn.execute(insert_new(conn, notices, 'id'), rows)",
        "def f(conn, some):\n    conn.execute(delete(some))",
    ],
)
def test_a_blind_statement_is_seen_however_it_is_written(source: str) -> None:
    assert blind(source)


@pytest.mark.parametrize(
    "source",
    [
        "def f(work):\n    work.write_later(update(findings).where(x).values(title=''))",
        "def f(work):\n    gone = delete(drafts)\n    conn.execute(gone)",
        "def f(work):\n    change = update(notices).where(x)\n    work.write_later(change.values(a=1))",
        "def f(known):\n    known.update({1})",
    ],
)
def test_a_statement_that_the_sums_see_is_let_pass(source: str) -> None:
    assert not blind(source)
