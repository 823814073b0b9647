"""A closed set that is read from a row meets words that it does not know: left out or refused, never raised bare."""

import ast
from collections.abc import Iterator

from persistence.closed_words import CLOSED
from tests.architecture.checkout import ROOT

FOLDERS = ("cases", "persistence", "tasks", "bpmn", "notifications", "documents", "web", "workflows")
JUDGED_BEFORE = {  # a published table, a file, an address or a form: refused where it comes in
    "Approval(str(answer['approval']))", "By(given['by'])", "DecidedBy(str(row.get('decided_by', DecidedBy.SYSTEM)))",
    "EvidenceKind(proposed)", "FactKind(kind)", "HitPolicy(policy)", "Kind(kind)", "Kind(local)",
    "Kind(str(read.kind))", "Opinion(opinion)",
    "LadderUnit(str(row['unit']))", "ListSource(said)", "PeriodUnit(rule['look_back_wait_unit'])",
    "PeriodUnit(rule['rectify_unit'])", "Purpose(attachment.purpose)", "Quantity(name)", "Quantity(what)",
    "Role(leader)", "Rounding(rounding)", "Step(given['reached'])", "Trigger(str(row['trigger']))",
}  # fmt: skip


def trees() -> Iterator[ast.Module]:
    for folder in FOLDERS:
        for file in sorted((ROOT / folder).rglob("*.py")):
            yield ast.parse(file.read_text("utf-8"))


def closed_sets() -> set[str]:
    """Return the names of our enums of words."""
    return {
        node.name
        for tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        and any(isinstance(base, ast.Name) and base.id == "StrEnum" for base in node.bases)
    }


def calls() -> Iterator[ast.Call]:
    """Yield every call of a plain name with something else than a constant."""
    for node in (node for tree in trees() for node in ast.walk(tree)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield from [node] if any(not isinstance(one, ast.Constant) for one in node.args) else []


def test_a_word_of_a_row_is_read_as_known_or_required() -> None:
    """A member made by its enum itself raises ValueError for a strange word: a bare 500, or the end of a round.

    `cases.known_words.known` leaves the row out, `required` refuses with a sentence. Whoever makes a member of what
    cannot be strange (a form has judged it, ``form.choice``; a table was checked) says so above.
    """
    names = closed_sets()
    single = [one for one in calls() if isinstance(one.func, ast.Name) and one.func.id in names and len(one.args) == 1]
    made = {ast.unparse(one) for one in single}

    assert {one for one in made if "form.choice" not in one} == JUDGED_BEFORE


def test_every_set_that_is_read_from_a_row_has_its_column_named() -> None:
    """So that `doctor` and the patrols say where a strange word stands, and test_strange_words.py writes one there."""
    readers = ("known", "required")
    read = {ast.unparse(one.args[0]) for one in calls() if isinstance(one.func, ast.Name) and one.func.id in readers}

    assert read <= {closed.__name__ for closed in CLOSED.values()}
    assert len(read) > 8
