"""When patrols run by themselves: cron of five fields, read in Asia/Shanghai, the same for Prefect and for our clock.

Days of the week by name (mon): APScheduler counts them from Monday, Prefect from Sunday.
"""

from collections.abc import Mapping

ZONE = "Asia/Shanghai"

TIMETABLE: Mapping[str, str] = {
    "deadlines": "30 7 * * *",  # before offices open
    "signals": "0 2 * * *",
    "campaigns": "0 8 * * mon",  # each unit is proposed once in half a year
    "letters": "15 * * * *",
    "audit": "45 * * * *",
}
