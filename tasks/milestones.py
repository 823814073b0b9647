"""阶段节点: the dated steps of a finding that is kept up for good, as people write them, one a line."""

import re
from datetime import date

from sqlalchemy import delete

from cases.refusals import FormIncomplete
from cases.written_dates import read_date
from persistence.tables import milestones
from tasks.form import Form
from tasks.work import Work

_LINE = re.compile(r"(\S*\d\S*?(?:日|前|底|末|(?<=\d)(?=[\s　]|$)))[\s　:：,，]*(.*)")


def read_milestones(form: Form) -> tuple[tuple[date, str], ...]:
    """Return (day, text) of each line «YYYY-MM-DD text» of the field ``milestones``, earliest first.

    Raises FormIncomplete for a line without a day that is certain, or without a text.
    """
    return tuple(sorted(map(_step, form.lines("milestones"))))


def keep_milestones(work: Work, finding_id: int, steps: tuple[tuple[date, str], ...]) -> None:
    """Put *steps* in the place of those that the finding has."""
    work.write_later(delete(milestones).where(milestones.c.finding_id == finding_id))
    for seq, (due_on, text) in enumerate(steps, 1):
        work.add(milestones, finding_id=finding_id, seq=seq, text=text, due_on=due_on)


def _step(line: str) -> tuple[date, str]:
    found = _LINE.match(line)
    day = read_date(found[1]) if found else None
    if found is None or day is None or day.on is None or day.doubt is not None:
        raise FormIncomplete({"milestones": "not_a_date"})
    return day.on, found[2].strip() or found[1]
