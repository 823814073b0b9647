"""移交问题: another unit is responsible for the finding."""

from cases.corrections import Correction
from cases.refusals import FormIncomplete
from persistence.tables import units
from tasks.acts import act
from tasks.case import FindingCase
from tasks.correcting.asking import ask
from tasks.form import Form
from tasks.responsible_posts import ROLE_OF_FIELD, first_post, post_for
from tasks.roster import row_of
from tasks.work import Work


@act(on="finding", needs=("unit", "comment"), task=False)
def transfer_finding(work: Work, case: FindingCase, form: Form) -> None:
    """Ask that ``unit`` take the finding over; posts that are not named are the first of their role there."""
    unit = row_of(work, units, form, "unit")
    is_over = unit.valid_until is not None and unit.valid_until < work.today
    if unit.id == case.finding.unit_id or is_over or not _is_overseen(work, unit.path):
        raise FormIncomplete({"unit": "not_a_choice"})
    body: dict[str, int | None] = {"unit": unit.id}
    for field in ROLE_OF_FIELD:
        given = field in form
        post = post_for(work, unit.path, field, form) if given else first_post(work, unit.path, field)
        if post is None:
            raise FormIncomplete({"unit": "no_post_to_take_it"})
        body[f"{field}_post_id"] = post
    ask(work, case, [Correction.TRANSFER], body, form.text("comment"))


def _is_overseen(work: Work, path: str) -> bool:
    """Whether whoever asks has rights at *path* too: nobody hands a finding to a place beyond them."""
    return any(path.startswith(grant.path) for grant in work.actor.grants)
