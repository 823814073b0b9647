"""拆分问题: what was written as one finding is several."""

from typing import Any

from sqlalchemy import Table, select

from cases.corrections import Correction
from cases.refusals import FormIncomplete
from persistence.tables import evidence, measures
from tasks.acts import act
from tasks.case import FindingCase
from tasks.correcting.asking import ask
from tasks.form import Form
from tasks.work import Work

MOST_PARTS = 5


@act(on="finding", needs=("parts", "comment"), task=False)
def split_finding(work: Work, case: FindingCase, form: Form) -> None:
    """Ask that the finding end in favour of parts with numbers of their own.

    ``parts``, ``amounts``: «number text»; ``measure_parts``, ``evidence_parts``: «id number». A measure that is not
    assigned goes to every part, evidence that is not assigned stays with the old finding alone.
    """
    titles = _numbered(form, "parts")
    if not 2 <= len(titles) <= MOST_PARTS:
        raise FormIncomplete({"parts": "too_few" if len(titles) < 2 else "too_many"})
    amounts = _numbered(form, "amounts")
    assigned_measures = _assigned(work, case, form, "measure_parts", measures)
    assigned_evidence = _assigned(work, case, form, "evidence_parts", evidence)
    shared = [key for key in _own(work, case, measures) if key not in assigned_measures]
    parts: list[dict[str, Any]] = []
    for number, title in titles.items():
        amount = Form({"amounts": amounts.get(number)}).money("amounts")
        parts.append(
            {
                "title": title,
                "amount_yuan": None if amount is None else str(amount),
                "measures": [*shared, *(key for key, part in assigned_measures.items() if part == number)],
                "evidence": [key for key, part in assigned_evidence.items() if part == number],
            }
        )
    ask(work, case, [Correction.SPLIT], {"parts": parts}, form.text("comment"))


def _numbered(form: Form, field: str) -> dict[str, str]:
    """Return number -> text of a list of «number text»."""
    pairs = (line.strip().partition(" ") for line in form.texts(field))
    return {number: text.strip() for number, _, text in pairs if text.strip()}


def _assigned(work: Work, case: FindingCase, form: Form, field: str, table: Table) -> dict[int, str]:
    """Return id -> number of the part. Raises FormIncomplete for what is not the finding's or no part."""
    own, parts = set(_own(work, case, table)), _numbered(form, "parts")
    assigned = {int(key): part for key, part in _numbered(form, field).items() if key.isdecimal()}
    if not set(assigned) <= own or not set(assigned.values()) <= set(parts):
        raise FormIncomplete({field: "not_a_choice"})
    return assigned


def _own(work: Work, case: FindingCase, table: Table) -> list[int]:
    return list(work.conn.scalars(select(table.c.id).where(table.c.finding_id == case.id).order_by(table.c.id)))
