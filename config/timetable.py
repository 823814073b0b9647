"""When patrols run by themselves: cron of five fields, read in Asia/Shanghai, the same for Prefect and for our clock.

Days of the week by name (mon): APScheduler counts them from Monday, Prefect from Sunday.
"""

import os
from collections.abc import Mapping

ZONE = "Asia/Shanghai"
VARIABLE = "XIAOHAO_TIMETABLE"

TIMETABLE: Mapping[str, str] = {
    "deadlines": "30 7 * * *",  # before offices open
    "signals": "0 2 * * *",
    "campaigns": "0 8 * * mon",  # each unit is proposed once in half a year
    "letters": "15 * * * *",
    "audit": "45 * * * *",
}


class TimetableWrong(ValueError):
    """The timetable of the environment cannot be read; the message says what is wrong with it."""


def timetable_of(environment: Mapping[str, str] = os.environ) -> Mapping[str, str]:
    """Return the timetable of a place: the usual one, under what ``XIAOHAO_TIMETABLE`` says.

    It reads ``audit=*/10 * * * *; letters=5 * * * *``. Raises TimetableWrong.
    """
    own: dict[str, str] = {}
    for line in filter(str.strip, environment.get(VARIABLE, "").split(";")):
        name, _, cron = (part.strip() for part in line.partition("="))
        if name not in TIMETABLE:
            raise TimetableWrong(f"{VARIABLE}: {name or line} is none of {', '.join(TIMETABLE)}")
        if len(cron.split()) != 5:
            raise TimetableWrong(f"{VARIABLE}: {name}: {cron!r} is no cron of five fields")
        if cron.split()[4].strip("*").isdecimal():
            raise TimetableWrong(f"{VARIABLE}: {name}: write days of the week by name, such as mon")
        own[name] = " ".join(cron.split())
    return {**TIMETABLE, **own}
