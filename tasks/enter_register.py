"""登记: a row of a register is entered, about a finding, an issue list, a unit, or the whole office."""

from cases.events import Event
from tasks.acts import act
from tasks.case import AnyCase
from tasks.form import Form
from tasks.registering import judge_one, keep, register_named
from tasks.work import Work


@act(on="anywhere", needs=("register",), task=False)
def enter_register(work: Work, case: AnyCase, form: Form) -> None:
    """Enter a row: the fields of the register stand beside its name; *unit* says which unit it is about."""
    register = register_named(form.text("register"))
    row = judge_one(work, case, register, form)
    (entry,) = keep(work, register, [row])
    work.answer |= {"entry": str(entry)}
    facts = {"register": register.name, "entry": str(entry), "fields": dict(row.values)}
    work.record(row.owner.case, Event("RegisterEntered", facts))
