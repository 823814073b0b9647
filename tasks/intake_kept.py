"""What stays of a file beside its findings: each cell as it was written, with its place, and what was left open."""

from collections.abc import Mapping
from typing import Any

from cases.dirty_text import dirt_in
from documents.readings import Intake, ReadFinding
from tasks.answers import Answers


def written_beside(finding: ReadFinding, answers: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return one entry per cell: field, text, sheet, row, column, dirt as [kind, start, end], and what was answered."""
    cells: list[dict[str, Any]] = [
        {
            "field": field,
            "text": written.text,
            "sheet": written.sheet,
            "row": written.row,
            "column": written.column,
            "dirt": [[dirt.kind, dirt.start, dirt.end] for dirt in dirt_in(written.text)],
        }
        for field, written in finding.written.items()
    ]
    cells += [
        {"field": "", "text": text, "sheet": finding.sheet, "row": finding.row, "column": column, "dirt": []}
        for column, text in finding.others.items()
    ]
    return [cell | ({"answer": answers[cell["field"]]} if cell["field"] in answers else {}) for cell in cells]


def left_open(intake: Intake, answers: Answers) -> dict[str, Any]:
    """Return everything that *intake* says beside its findings; codes and facts of reasons are said when read."""
    return {
        "rejected": [
            {"sheet": r.sheet, "row": r.row, "column": r.column, "value": r.value, **_why(r.why)}
            for r in intake.rejected
        ],
        "flagged": [{"sheet": f.sheet, "row": f.row, "column": f.column, **_why(f.why)} for f in intake.flagged],
        "repeated": [{"sheet": d.sheet, "row": d.row, "of": d.of} for d in intake.duplicates],
        "notes": [{"sheet": n.sheet, "row": n.row, **_why(n.why)} for n in intake.notes],
        "answers": {str(place): text for place, text in answers.items()},
    }


def _why(why: Any) -> dict[str, Any]:
    return {"code": why.code, "facts": {name: str(value) for name, value in why.facts.items()}}
