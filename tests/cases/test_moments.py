import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.moments import end_of_day, on_paper, shanghai_date, start_of_day

PRINT_A_DAY = """
from datetime import UTC, date, datetime
from cases.moments import end_of_day, on_paper, shanghai_date
moment = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)
print(shanghai_date(moment), on_paper(moment, "zh"), end_of_day(date(2026, 11, 22)).isoformat())
"""


@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Pacific/Kiritimati", "Asia/Shanghai"])
def test_days_are_shanghai_days_whatever_the_zone_of_the_server(zone: str) -> None:
    answer = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", PRINT_A_DAY],
        env=os.environ | {"TZ": zone},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )

    assert answer.stdout.strip() == "2026-11-23 2026年11月23日 00:30 2026-11-22T15:59:59.999999+00:00"


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="names no zone"):
        shanghai_date(datetime(2026, 11, 22, 12, 0))


def test_a_moment_reads_in_english_too() -> None:
    assert on_paper(datetime(2026, 11, 22, 16, 30, tzinfo=UTC), "en") == "23 November 2026, 00:30"


@given(st.dates(date(1950, 1, 1), date(2100, 1, 1)))
def test_a_day_begins_and_ends_on_itself(day: date) -> None:
    assert shanghai_date(start_of_day(day)) == shanghai_date(end_of_day(day)) == day
    assert end_of_day(day) + timedelta(microseconds=1) == start_of_day(day + timedelta(days=1))
