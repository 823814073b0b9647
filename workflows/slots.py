"""The slots of the timetable: which was the last, and the key under which it is run once, whoever wakes it."""

from datetime import datetime, timedelta
from functools import lru_cache

from apscheduler.triggers.cron import CronTrigger

from cases.moments import SHANGHAI
from config.timetable import ZONE

LONGEST_GAP = timedelta(days=8)  # between two slots of any timetable


def period_of(slot: datetime) -> str:
    """Return the key under which a slot of the timetable is run once, whoever wakes it."""
    return slot.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M")


def last_slot(cron: str, now: datetime) -> datetime:
    """Return the latest moment of *cron* that is not after *now*. Raises ValueError."""
    trigger = _trigger(cron)
    for gap in (timedelta(hours=2), LONGEST_GAP):
        slot: datetime | None = None
        following: datetime | None = trigger.get_next_fire_time(None, now - gap)
        while following is not None and following <= now:
            slot = following
            following = trigger.get_next_fire_time(slot, slot + timedelta(seconds=1))
        if slot is not None:
            return slot
    raise ValueError(f"{cron}: no slot within {LONGEST_GAP}")


@lru_cache(maxsize=32)
def _trigger(cron: str) -> CronTrigger:
    return CronTrigger.from_crontab(cron, timezone=ZONE)
