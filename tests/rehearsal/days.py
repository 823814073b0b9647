"""Which days are worked, typed off by hand: the notice of the State Council for 2026, the days of the law after it.

The rehearsal must not ask the product's own calendar whether the product was right.
"""

from datetime import date, timedelta

ONE_DAY = timedelta(days=1)


def _days(text: str) -> frozenset[date]:
    """Read ``2026-02-15..23 2026-04-04``."""
    found: set[date] = set()
    for part in text.split():
        first, _, last = part.partition("..")
        day = date.fromisoformat(first)
        end = day.replace(day=int(last)) if last else day
        while day <= end:
            found.add(day)
            day += ONE_DAY
    return frozenset(found)


FREE = _days(
    "2025-01-01 2025-01-28..31 2025-02-01..04 2025-04-04..06 2025-05-01..05 2025-05-31 2025-06-01..02 2025-10-01..08 "
    "2026-01-01..03 2026-02-15..23 2026-04-04..06 2026-05-01..05 2026-06-19..21 2026-09-25..27 2026-10-01..07 "
    # nobody has published these yet: New Year, Spring Festival from its eve, Qingming, Labour, Dragon Boat, ...
    "2027-01-01 2027-02-05..08 2027-04-05 2027-05-01..02 2027-06-09 2027-09-15 2027-10-01..03 "
    "2028-01-01 2028-01-25..28 2028-04-04 2028-05-01..02 2028-05-28 2028-10-01..03"
)
WORKED = _days(
    "2025-01-26 2025-02-08 2025-04-27 2025-09-28 2025-10-11 "
    "2026-01-04 2026-02-14 2026-02-28 2026-05-09 2026-09-20 2026-10-10"
)
KNOWN = (date(2025, 1, 1), date(2028, 12, 31))


def is_worked(day: date) -> bool:
    """Whether people are at work on *day*."""
    assert KNOWN[0] <= day <= KNOWN[1], f"{day} is not typed off"
    return day in WORKED or (day.weekday() < 5 and day not in FREE)


def first_worked(day: date) -> date:
    """Return *day* or the first one after it that is worked."""
    while not is_worked(day):
        day += ONE_DAY
    return day


def worked_between(first: date, last: date) -> int:
    """Count the worked days after *first*, up to and with *last*."""
    count = 0
    while first < last:
        first += ONE_DAY
        count += is_worked(first)
    return count


def worked_after(day: date, count: int) -> date:
    """Return the *count*-th worked day after *day*."""
    while count:
        day += ONE_DAY
        count -= is_worked(day)
    return day


def worked_before(day: date, count: int) -> date:
    """Return the worked day from which *count* worked days remain, that of *day* among them."""
    while count or not is_worked(day):
        count -= is_worked(day)
        day -= ONE_DAY
    return day
