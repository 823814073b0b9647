"""责任对应: texts of a ledger are mapped to posts, units and days, all findings with the same text in one go."""

from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import select, update

from cases.events import Event
from cases.finding import Finding, State
from cases.refusals import FormIncomplete
from persistence.tables import findings
from tasks.acts import act
from tasks.aliases import POST_FIELDS, UNIT_FIELDS, keep_aliases
from tasks.case import ListCase
from tasks.form import Form
from tasks.unmapped import column_of, posts_within, text_of, units_within
from tasks.work import Work

FIELDS = (*POST_FIELDS, "chief", *UNIT_FIELDS, "due_on")


class Choice(NamedTuple):
    """What a text of the ledger means: *value* is the id of a post or a unit, or a day."""

    field: str
    value: str
    text: str


@act(on="issue_list", task=False, permission="map_posts")
def map_responsibility(work: Work, case: ListCase, form: Form) -> None:
    """Settle every registered finding of the list that says one of the texts; *choices*: «field value text»."""
    form.need("choices")
    chosen = [_choice(line) for line in form.texts("choices")]
    meant = {choice: _meant(work, case, choice) for choice in chosen}
    registered = work.conn.execute(
        select(findings).where(findings.c.list_id == case.id, findings.c.state == State.REGISTERED)
    ).mappings()

    settled = 0
    for row in registered.all():
        own = {column_of(choice.field): meant[choice] for choice in chosen if _is_open(row, choice)}
        if own:
            _settle(work, int(row["id"]), own)
            settled += 1
    keep_aliases(
        work,
        case.issue_list.unit_id,
        [(c.field, c.text, int(c.value)) for c in chosen if c.field in (*POST_FIELDS, *UNIT_FIELDS)],
    )
    work.answer |= {"settled": settled}
    work.record(case, Event("ResponsibilityMapped", {"choices": [" ".join(choice) for choice in chosen]}))


def _choice(line: str) -> Choice:
    field, _, rest = line.partition(" ")
    value, _, text = rest.partition(" ")
    if field not in FIELDS:
        raise FormIncomplete({"choices": "not_a_choice"})
    return Choice(field, value, text)


def _meant(work: Work, case: ListCase, choice: Choice) -> Any:
    """Return the post or unit, which must be one of the inspected unit, or the day."""
    if choice.field == "due_on":
        return Form({"choices": choice.value}).needed_day("choices")
    path = case.issue_list.unit_path
    known = (
        units_within(work.conn, path) if choice.field in UNIT_FIELDS else posts_within(work.conn, path, choice.field)
    )
    if choice.value not in {str(one.id) for one in known}:
        raise FormIncomplete({"choices": "not_a_choice"})
    return int(choice.value)


def _is_open(row: Any, choice: Choice) -> bool:
    """Whether a finding says the text and nobody has decided yet what it means."""
    return row[column_of(choice.field)] is None and text_of(row, choice.field) == choice.text


def _settle(work: Work, finding_id: int, own: dict[str, Any]) -> None:
    case = work.finding(finding_id)
    of_row = {name: value for name, value in own.items() if name not in _OF_THE_CASE}
    if of_row:
        work.write_later(update(findings).where(findings.c.id == finding_id).values(of_row))
    case.finding = replace(case.finding, **{name: value for name, value in own.items() if name in _OF_THE_CASE})
    work.record(case, Event("FindingSettled", {name: str(value) for name, value in own.items()}))


_OF_THE_CASE = frozenset(Finding.__dataclass_fields__)  # the rest is kept in the row alone
