"""The clock of the machine is set back and forth between patrols: nothing is told twice, nothing breaks."""

from collections import Counter
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import func, select

from cases.calendar import WorkingCalendar
from config.calendars import days_with
from persistence.tables import notices, outbox
from tests.faults.houses import House
from tests.faults.rounds import Found, Ground, Kind, Verdict

ONCE = (
    "notices",
    "outbox",
    "signal_hits",
    "suspicions",
    "event RungReached",
    "event MarkedOverdue",
    "event DeadlinePassed",
)
WEEKLY = "calendar_missing"
HOUSES_OWN_CLOCK = "tests.faults.children:live_at"


def attempt(ground: Ground, number: int, rng: Random) -> Found:
    """Go to a day, back some days, and to the same day again: the second time finds nothing left to tell."""
    house, verdict = ground.house(), Verdict()
    ahead = rng.choice([day for day in range(60) if _is_late_working_day(ground, day)])
    back = rng.randint(1, 20)
    moments = [ground.at(ahead, 8), _earlier(ground.at(ahead, 8), back), ground.at(ahead, 9)]
    when = f"day {ahead}, {back} days back, and again"
    if number % 2 == 0:  # as a rehearsal; else the clock on the wall of a serving house
        steps = [["patrol", "--at", at, "--json"] for at in moments]
    else:
        steps = [[HOUSES_OWN_CLOCK, at] for at in moments]
    counted: list[Counter[str]] = []
    for words in steps:
        ended = house.run(*words)
        verdict.expect(ended.status == 0, f"{when}: {words[0]}: {ended.said}")
        verdict.spoke(ended, when)
        house.let_time_pass()
        counted.append(_told(house))
        verdict.acknowledged += 1
    verdict.compare(counted[1], counted[0], f"{when}: while it was set back")
    verdict.compare(counted[2], counted[0], f"{when}: the same day again")
    verdict.examine(house, when)
    ground.done_with(house)
    return verdict.found()


def _is_late_working_day(ground: Ground, ahead: int) -> bool:
    """Whether the ladder tells on that day, and the twenty days before it lie in the same month.

    What is told once a month is rightly told for an earlier month, and what waited over free days on the day before.
    """
    day = datetime.fromisoformat(ground.at(ahead)).date()
    return day.day > 20 and WorkingCalendar(days_with({})).is_working_day(day)


def _earlier(at: str, days: int) -> str:
    return (datetime.fromisoformat(at) - timedelta(days=days)).isoformat()


def _told(house: House) -> Counter[str]:
    """Count what is told once and for all; a reminder of the office comes once a week, for an earlier week too."""
    census = house.census()
    weekly = house.ask(select(func.count()).where(notices.c.kind == "office"))[0][0]
    letters = house.ask(select(func.count()).where(outbox.c.letter == WEEKLY))[0][0]
    return Counter({name: census[name] for name in ONCE}) - Counter({"notices": weekly, "outbox": letters})


KIND = Kind("clock-set-back", "the clock set back and forth between patrols", attempt, 3)
