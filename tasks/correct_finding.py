"""更正问题: words, amounts, kind, due day or responsibility of a finding were wrong."""

from decimal import Decimal
from typing import Any

from cases.corrections import Correction
from cases.finding import Kind
from tasks.acts import act
from tasks.case import FindingCase
from tasks.correcting.asking import ask
from tasks.correcting.contents import FIELDS, only_changed
from tasks.form import Form
from tasks.responsible_posts import ROLE_OF_FIELD, post_for
from tasks.work import Work


@act(on="finding", needs=("comment",), task=False)
def correct_finding(work: Work, case: FindingCase, form: Form) -> None:
    """Ask that the given fields be corrected; those not given stay. Raises NothingToCorrect, CorrectionRefused."""
    changed = only_changed(work, case, _values(work, case, form))
    what = [one for one in Correction if one in {FIELDS[name] for name in changed}]
    ask(work, case, what, changed, form.text("comment"))


def _values(work: Work, case: FindingCase, form: Form) -> dict[str, Any]:
    values: dict[str, Any] = {
        name: form.text(name) for name in ("title", "detail", "target", "category") if name in form
    }
    if "amount_yuan" in form:
        values["amount_yuan"] = form.money("amount_yuan") or Decimal(0)
    if "headcount" in form:
        values["headcount"] = form.number("headcount")
    if "kind" in form:
        values["kind"] = form.choice("kind", *Kind)
    if "due_on" in form:
        values["due_on"] = form.needed_day("due_on")
    for field in ROLE_OF_FIELD:
        if field in form:
            values[f"{field}_post_id"] = post_for(work, case.finding.unit_path, field, form)
    return values
