"""The ladder that an office starts with: every row may be changed, and the days after the due day follow no known rule.

One row is one reason to stand on a rung, so a rung may have several rows. *after_days* belongs to the trigger: days
after the due day (before it when negative), days without progress, returns, per cent of the unit's findings that are
overdue, working days since a suspicion could be decided (``suspicion_undecided``: the inspectors' own delay, told to
the inspecting side alone, its last row again and again). ``decision`` rows are never reached by themselves.

A row counted in working days speaks on that working day, one counted in calendar days, and every other reason, on the
first working day from its day on: the ladder is silent on free days (`cases.ladder`).
"""

from collections.abc import Mapping


def _row(
    code: str,
    rank: int,
    trigger: str,
    after_days: int,
    unit: str,
    addressees: str,
    *,
    decided_by: str = "system",
    reply_working_days: int | None = None,
    repeat_after_days: int | None = None,
) -> Mapping[str, str | int | None]:
    return {
        "code": code,
        "rank": rank,
        "trigger": trigger,
        "after_days": after_days,
        "unit": unit,
        "addressees": addressees,
        "decided_by": decided_by,
        "reply_working_days": reply_working_days,
        "repeat_after_days": repeat_after_days,
    }


_UNIT = "chief, responsible_leader"
_BODY = "chief, superior_leader, leading_group"
_DECIDERS = "superior_leader, leading_group"
_LATE = "suspicion_undecided"

ROWS = (
    _row("remind", 0, "deadline", -20, "working_days", "handler"),
    _row("remind", 0, "no_progress", 14, "days", "handler"),
    _row("urge", 1, "deadline", -10, "working_days", "handler, responsible_leader", reply_working_days=3),
    _row("supervise_letter", 2, "deadline", 1, "working_days", _UNIT, reply_working_days=5),
    _row("supervise_letter", 2, "returned", 2, "times", _UNIT, reply_working_days=5),
    _row("key_supervision", 3, "deadline", 15, "working_days", _BODY, reply_working_days=10),
    _row("key_supervision", 3, "key_finding", 5, "working_days", _BODY, reply_working_days=10),
    _row("key_supervision", 3, "concentrated", 30, "percent", _BODY, reply_working_days=10),
    _row("deadline_order", 4, "deadline", 20, "working_days", _BODY, reply_working_days=10),
    _row("interview", 5, "deadline", 30, "working_days", "superior_leader", decided_by="human", reply_working_days=15),
    _row("criticism", 6, "decision", 0, "days", _DECIDERS, decided_by="human", reply_working_days=30),
    _row("expose", 7, "decision", 0, "days", "discipline_commission, leading_group", decided_by="human"),
    _row(
        "accountability", 8, "decision", 0, "days", "discipline_commission, organisation_department", decided_by="human"
    ),
    _row("verification_reminder", 1, _LATE, 5, "working_days", "verification_leader"),
    _row("verification_urging", 2, _LATE, 10, "working_days", "inspection_office_head"),
    _row("verification_report", 3, _LATE, 15, "working_days", "leading_group", repeat_after_days=5),
)
