"""Who keeps the timetable, in words and as a document: the same on console, page, `doctor` and `/readyz`."""

from typing import TYPE_CHECKING, Any

from cases.moments import on_paper
from config.messages import say
from persistence import timekeeping
from persistence.timekeeping import Keeping

if TYPE_CHECKING:
    from tasks.office import Office


def keeping_of(office: "Office") -> Keeping:
    """Return who keeps the timetable now."""
    with office.read() as conn:
        return timekeeping.keeping(conn, office.now())


def in_words(language: str, found: Keeping) -> str:
    """Return who keeps the timetable, since when and why, as one line."""
    since = say(language, "timekeeping.since", when=on_paper(found.since, language)) if found.since else ""
    keeper = say(language, f"timekeeping.keeper_{found.keeper}", since=since)
    return say(language, "timekeeping.line", keeper=keeper, why=why_in_words(language, found))


def why_in_words(language: str, found: Keeping) -> str:
    """Return why it is so, as one sentence."""
    facts = dict(found.facts)
    named = [say(language, f"patrol.{name}") for name in facts.pop("patrols", facts.pop("patrol", "")).split()]
    if "slot" in facts:
        facts["slot"] = facts["slot"].replace("T", " ")
    return say(
        language, f"timekeeping.{found.why}",
        scheduled=found.scheduled, patrols=say(language, "timekeeping.and").join(named), **facts,
    )  # fmt: skip


def as_document(office: "Office", language: str) -> dict[str, Any]:
    """Return keeper, since, why, coming runs, and the last slot of each patrol with who woke it."""
    with office.read() as conn:
        found = timekeeping.keeping(conn, office.now())
        last = timekeeping.last_slots(conn)
    return {
        "keeper": found.keeper,
        "since": found.since,
        "why": why_in_words(language, found),
        "code": found.why,
        "scheduled": found.scheduled,
        "last": [{"name": row.name, "slot": row.period, "woken_by": row.woken_by} for row in last],
    }
