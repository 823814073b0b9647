"""任职: a person takes a post from a day on, as its holder or as deputy (代理)."""

from cases.events import Event
from cases.refusals import FormIncomplete
from persistence.tables import people, posts, tenures
from tasks.acts import act
from tasks.case import OfficeCase
from tasks.form import Form
from tasks.roster import require_excluding, require_other, row_of, span
from tasks.work import Work


@act(on="office", needs=("post", "person", "valid_from"), task=False, permission="edit_people")
def appoint(work: Work, case: OfficeCase, form: Form) -> None:
    """Give a post to a person. Raises AdministratorsExclude, OwnRights."""
    post, person = row_of(work, posts, form, "post"), row_of(work, people, form, "person")
    first, last = span(form)
    if person.left_on is not None:
        raise FormIncomplete({"person": "not_a_choice"})
    if post.valid_until is not None and post.valid_until < first:
        raise FormIncomplete({"post": "not_a_choice"})
    require_other(work, person.id)
    require_excluding(work, person.id, post.role, first, last)

    deputy = form.flag("deputy")
    held = {"post_id": post.id, "person_id": person.id, "deputy": deputy, "valid_from": first, "valid_until": last}
    work.add(tenures, **held)
    facts = {"person": person.name, "post": post.title, "role": post.role, "from": str(first), "until": str(last or "")}
    work.record(case, Event("PersonAppointed", facts | {"deputy": deputy}))
