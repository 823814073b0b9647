"""参数: a number of the policy gets a new value from a day on; what was in force before stays on record."""

from collections.abc import Mapping

from sqlalchemy import func, select

from cases.events import Event
from cases.refusals import FormIncomplete
from config.policy import NUMBERS
from persistence.tables import settings
from tasks.acts import act
from tasks.case import OfficeCase
from tasks.form import Form
from tasks.work import Work

# What may not be set away, whoever wants to: (least, most); others are from 1 to 10,000.
LIMITS: Mapping[str, tuple[int, int]] = {
    "look_back.least_inspectors": (2, 20),
    "comment.least_characters": (5, 500),
    "password.least_characters": (8, 60),
    "password.history": (0, 24),
    "lockout.failures": (3, 20),
    "lockout.minutes": (1, 1_440),
    "session.idle_minutes": (5, 480),
    "session.hours": (1, 24),
    "extensions.most": (0, 10),
    "upload.megabytes": (1, 500),
    "letters.titles": (0, 1),
}


@act(on="office", needs=("name", "value", "valid_from"), task=False, permission="edit_settings")
def set_number(work: Work, case: OfficeCase, form: Form) -> None:
    """Set a number from today or a later day on."""
    name, first = form.choice("name", *NUMBERS), form.needed_day("valid_from")
    value = form.number("value")
    assert value is not None
    least, most = limits(name)
    if not least <= value <= most:
        raise FormIncomplete({"value": "too_small" if value < least else "too_large"})
    if first < work.today:
        raise FormIncomplete({"valid_from": "same_day_or_later"})

    version = work.conn.scalar(select(func.max(settings.c.version)).where(settings.c.name == name)) or 0
    work.add(
        settings, name=name, version=version + 1, valid_from=first, body=value,
        set_by=work.actor.person_id, set_at=work.at,
    )  # fmt: skip
    work.record(case, Event("NumberSet", {"name": name, "value": value, "from": str(first)}))


def limits(name: str) -> tuple[int, int]:
    """Return between which values *name* may be set."""
    return LIMITS.get(name, (1, 10_000))
