"""人员: a person is one, by staff number, whatever posts and accounts he has."""

import re
from datetime import date

from sqlalchemy import select, update

from cases.events import Event
from cases.refusals import FormIncomplete
from config.messages import LANGUAGES
from persistence.tables import accounts, people, tenures
from tasks.acts import act
from tasks.case import OfficeCase
from tasks.form import Form
from tasks.handing_on import hand_on
from tasks.roster import give_back_tasks, require_other, row_of
from tasks.work import Work

# One plain address, as the letters take it; anything else would never be sent.
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,188}[A-Za-z0-9])?")


@act(on="office", needs=("staff_number", "name"), task=False, permission="edit_people")
def edit_person(work: Work, case: OfficeCase, form: Form) -> None:
    """Enter a person, or change the one named in *person*; whoever left loses posts and accounts on that day."""
    email, staff_number = form.text("email"), form.text("staff_number")
    if email and not ADDRESS.fullmatch(email):
        raise FormIncomplete({"email": "not_an_address"})
    known = row_of(work, people, form, "person") if "person" in form else None
    twin = work.conn.scalar(select(people.c.id).where(people.c.staff_number == staff_number))
    if twin is not None and (known is None or twin != known.id):
        raise FormIncomplete({"staff_number": "taken"})

    left_on = form.day("left_on")
    values = {
        "staff_number": staff_number[:40],
        "name": form.text("name")[:60],
        "email": email or None,
        "phone": form.text("phone")[:40] or None,
        "language": form.choice("language", *LANGUAGES) if "language" in form else "zh",
        "left_on": left_on,
    }
    if known is None:
        person_id = work.add(people, **values)
    else:
        person_id = known.id
        work.set(people, person_id, **values)
        if left_on is not None and known.left_on is None:
            require_other(work, person_id)
            hand_on(work, person_id, lambda seat: seat.person_id == person_id, left_on)
            _leave(work, person_id, left_on)
    work.answer |= {"person": str(person_id)}
    work.record(case, Event("PersonEdited", {**work.answer, "name": values["name"]}))


def _leave(work: Work, person_id: int, day: date) -> None:
    open_ended = tenures.c.valid_until.is_(None) | (tenures.c.valid_until > day)
    work.write_later(update(tenures).where(tenures.c.person_id == person_id, open_ended).values(valid_until=day))
    if day <= work.today:
        enabled = update(accounts).where(accounts.c.person_id == person_id, accounts.c.disabled_at.is_(None))
        work.write_later(enabled.values(disabled_at=work.at))
        give_back_tasks(work, person_id)
