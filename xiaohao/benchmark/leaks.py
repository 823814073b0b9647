"""Does a labelled world know its own future? Nothing in it may be dated after the moment when the signals look."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time

from cases.moments import SHANGHAI
from xiaohao.bench_format import Complaint, Payment, Registration, World

_FUTURE = frozenset(
    {"due_on", "first_due_on", "until", "from_due_on", "bars_until", "report_due_on"}
)  # plans, not events


def too_late(world: World) -> Iterator[str]:
    """Yield every record dated after the *as_of* of its finding, or of the latest finding of its list or unit."""
    by_list: dict[str, datetime] = {}
    units = {each.number: each.unit for each in world.lists}
    by_unit: dict[str, datetime] = {}
    for finding in world.findings:
        yield from (f"{finding.number}: {where} {when}" for where, when in moments(finding) if when > finding.as_of)
        by_list[finding.list] = max(by_list.get(finding.list, finding.as_of), finding.as_of)
        unit = units[finding.list]
        by_unit[unit] = max(by_unit.get(unit, finding.as_of), finding.as_of)
    last = max(by_unit.values())
    for each in world.lists:
        limit = by_list.get(each.number, last)
        yield from (f"{each.number}: {where} {when}" for where, when in moments(each) if when > limit)
    beside: tuple[Payment | Complaint | Registration, ...] = (*world.payments, *world.complaints, *world.registrations)
    for record in beside:
        limit = by_unit.get(record.unit or "", last)
        yield from (
            f"{type(record).__name__} of {record.unit}: {where} {when}"
            for where, when in moments(record)
            if when > limit
        )
    people = {post.code: post.unit for post in world.posts}
    for appointed in world.appointments:
        if appointed.at > by_unit.get(people.get(appointed.person, ""), last):
            yield f"Appointment of {appointed.person}: {appointed.at}"


def moments(record: object, where: str = "") -> Iterator[tuple[str, datetime]]:
    """Yield every moment and day in *record* with its place, except plans for later."""
    if isinstance(record, datetime):
        yield where, record
    elif isinstance(record, date):
        yield where, datetime.combine(record, time(), SHANGHAI)
    elif isinstance(record, tuple):
        for item in record:
            yield from moments(item, where)
    elif is_dataclass(record):
        for field in fields(record):
            if field.name not in _FUTURE:
                yield from moments(getattr(record, field.name), f"{where}.{field.name}")
