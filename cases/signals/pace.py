"""疑点·时间: too late, too fast, all at once, or written afterwards.

Source: DOMAIN.md 3.4; parameters stand in the decision table ``signal_parameters``.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Final

from cases.evidence import Purpose
from cases.evidence_facts import FactKind, document_date
from cases.likeness import bare
from cases.moments import SHANGHAI, shanghai_date
from cases.signals.snapshot import Exhibit, Found, Issued, Numbers, Outcome, Quote, Signal, Snapshot, UnitPace, Unsure
from cases.wording import nature_of

_NOT_ITS_FAULT: Final = re.compile(r"诉讼|仲裁|起诉|法院|判决|不可抗力|洪灾|疫情|司法")
_WRITTEN_ON_A_COMPUTER: Final = (".docx", ".doc", ".wps", ".xlsx", ".xls", ".et", ".pptx", ".pdf")
"""A scan is always younger than its paper; a file that was typed, and has a text, is not."""

_REGISTERED_WITHIN: Final = 7  # days between the day on a document and its registration
_DAY: Final = timedelta(days=1)
_SITTING: Final = timedelta(hours=10)  # one working day


def _backdated(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-08 倒签、突击生成: typed long after the day it bears, many made in the last days, or numbers out of order."""
    typed = [exhibit for exhibit in seen.exhibits if _is_typed(exhibit)]
    later = [
        (exhibit, *days)
        for exhibit in typed
        if (days := _typed_after(exhibit, numbers.get("days_later", 30)))
        and not any(entry.copied_on for entry in _registrations(seen, exhibit, days[0]))
    ]
    unregistered = [exhibit for exhibit, stated, _ in later if not _registrations(seen, exhibit, stated)]
    disorder = _numbers_out_of_order(seen.exhibits)
    rushed = _made_in_the_last_days(seen, typed, numbers)
    if not later and not disorder and not rushed:
        return None
    quotes = [Quote(f"{stated} → {made}", exhibit.filename) for exhibit, stated, made in later]
    quotes += [Quote(f"{a} / {b}", place) for a, b, place in disorder]
    quotes += [Quote(f"{made:%Y-%m-%d %H:%M}", exhibit.filename) for exhibit, made in rushed]
    facts: dict[str, str | int] = {
        "later": len(later),
        "disorder": len(disorder),
        "rushed": len(rushed),
        "files": "、".join(
            f"《{name}》" for name in dict.fromkeys(e.filename for e in (*(x[0] for x in later), *typed))
        ),
    }
    same = [*sorted(e.sha256 for e, _, _ in later), *sorted(map(str, disorder)), *sorted(e.sha256 for e, _ in rushed)]
    return Found(facts, same, tuple(quotes), None if unregistered or disorder else "MEDIUM")


def _is_typed(exhibit: Exhibit) -> bool:
    return (
        not exhibit.exempt
        and bool(exhibit.text)
        and exhibit.purpose != Purpose.BASELINE
        and exhibit.filename.lower().endswith(_WRITTEN_ON_A_COMPUTER)
    )


def _registrations(seen: Snapshot, exhibit: Exhibit, stated: date) -> list[Issued]:
    """Return the lines of the book of documents sent that have it at about the day that it bears.

    Then the paper is as old as it says and only its copy is young; that it was copied should stand there too.
    """
    numbers = [fact for fact in exhibit.facts or () if fact.kind is FactKind.DOC_NO]
    named = {number for fact in numbers for number in (fact.value, fact.written)}
    heading = bare(f"{exhibit.filename}{(exhibit.text or '')[:200]}")
    return [
        entry
        for entry in seen.issued_documents
        if (entry.number in named if numbers else bare(entry.title) in heading)
        and abs((entry.on - stated).days) <= _REGISTERED_WITHIN
    ]


def _typed_after(exhibit: Exhibit, most: int) -> tuple[date, date] | None:
    """Return the day that a document bears and the day that its file was begun, when they are too far apart."""
    stated, made = _stated(exhibit), _moments(exhibit, FactKind.FILE_CREATED)
    if stated is None or not made or (shanghai_date(made[0]) - stated).days <= most:
        return None
    return stated, shanghai_date(made[0])


def _stated(exhibit: Exhibit) -> date | None:
    fact = document_date(exhibit.facts or ())
    return date.fromisoformat(fact.value) if fact else exhibit.effective_on


def _moments(exhibit: Exhibit, kind: FactKind) -> list[datetime]:
    values = [fact.value for fact in exhibit.facts or () if fact.kind is kind]
    moments = [datetime.fromisoformat(value) for value in values]
    return [moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI) for moment in moments]


def _made_in_the_last_days(
    seen: Snapshot, typed: Iterable[Exhibit], numbers: Numbers
) -> list[tuple[Exhibit, datetime]]:
    """Return the files that were begun right before the deadline or the next visit, when they are most of the dossier.

    What is written up and dated at the end is late, but honest: one of them has to bear a much older day, or all were
    made at one sitting and bear the days of several.
    """
    made = [(exhibit, moments[0]) for exhibit in typed if (moments := _moments(exhibit, FactKind.FILE_CREATED))]
    if len(made) < numbers.get("least_files", 4):
        return []
    within = timedelta(hours=numbers.get("within_hours", 72))
    for before in (*seen.entries, *((seen.due_on,) if seen.due_on else ())):
        late = [
            (exhibit, moment)
            for exhibit, moment in made
            if timedelta() <= datetime(before.year, before.month, before.day, tzinfo=moment.tzinfo) + _DAY - moment
            and datetime(before.year, before.month, before.day, tzinfo=moment.tzinfo) - moment <= within
        ]
        suspect = any(_bears_an_older_day(exhibit, moment) for exhibit, moment in late) or _at_one_sitting(late)
        if 100 * len(late) >= numbers.get("share_percent", 50) * len(made) and suspect:
            return late
    return []


def _at_one_sitting(made: list[tuple[Exhibit, datetime]]) -> bool:
    moments = [moment for _, moment in made]
    days = {stated for exhibit, _ in made if (stated := _stated(exhibit))}
    return len(made) >= 4 and len(days) >= 2 and max(moments) - min(moments) <= _SITTING


def _bears_an_older_day(exhibit: Exhibit, made: datetime) -> bool:
    stated = _stated(exhibit)
    return stated is not None and (shanghai_date(made) - stated).days >= 7


def _numbers_out_of_order(exhibits: Iterable[Exhibit]) -> list[tuple[str, str, str]]:
    """Return the pairs of 发文字号 of one organ and year whose later number bears the earlier day."""
    series: dict[tuple[str, str], dict[int, tuple[date, str, str]]] = {}
    for exhibit in exhibits:
        numbered = next((fact for fact in exhibit.facts or () if fact.kind is FactKind.DOC_NO), None)
        stated = _stated(exhibit)
        if numbered and stated:
            organ, year, sequence = numbered.value.split("|")
            series.setdefault((organ, year), {})[int(sequence)] = (stated, numbered.written, exhibit.filename)
    wrong = []
    for found in series.values():
        for (_, first), (_, second) in pairwise(sorted(found.items())):
            if second[0] < first[0]:
                wrong.append((f"{first[1]} {first[0]}", f"{second[1]} {second[0]}", second[2]))
    return wrong


def _stale(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-16 久拖不决、反复延期: extended again and again, long overdue, silent for long, done once time was refused."""
    signs = [seen.last_progress_on, *(shanghai_date(e.uploaded_at) for e in seen.exhibits if e.uploaded_at)]
    last = max((day for day in signs if day), default=seen.issued_on)
    silent = (seen.today - last).days if last and not seen.submitted else 0
    window = (seen.due_on - seen.issued_on).days if seen.due_on and seen.issued_on else 0
    longest = max(numbers.get("silent_days", 30), window * numbers.get("silent_percent", 25) // 100)
    overdue, extensions = _days_late(seen), _extensions(seen, numbers)
    reasons = {
        "extensions": extensions >= numbers.get("extensions", 2),
        "overdue": overdue > numbers.get("days_overdue", 30),
        "silent": silent > longest,
        "refused": _done_once_refused(seen, numbers.get("refused_days", 1)),
    }
    if not any(reasons.values()):
        return None
    given = [name for name, holds in reasons.items() if holds]
    facts: dict[str, str | int] = {"extensions": extensions, "overdue": max(overdue, 0), "silent": silent}
    return Found(facts | {"why": "、".join(given)}, [*given, seen.due_on])


def _days_late(seen: Snapshot) -> int:
    """Return how many days after its due date the finding was submitted, or is not submitted yet."""
    if seen.due_on is None or (seen.overdue_since is None and not seen.submitted_at):
        return 0
    return ((shanghai_date(seen.submitted_at) if seen.submitted_at else seen.today) - seen.due_on).days


def _extensions(seen: Snapshot, numbers: Numbers) -> int:
    """Return how often more time was given, but for what the unit could not help."""
    if not seen.extended or not numbers.get("exempt_litigation", 1):
        return seen.extensions
    return sum(asked.verdict == "approved" and not _NOT_ITS_FAULT.search(asked.reason) for asked in seen.extended)


def _done_once_refused(seen: Snapshot, days: int) -> bool:
    refused = [asked.decided_at for asked in seen.extended if asked.verdict == "refused" and asked.decided_at]
    return seen.submitted_at is not None and any(
        timedelta() <= seen.submitted_at - at <= timedelta(days=days) for at in refused
    )


def _too_fast(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-17 用时过短: said to be done sooner than such a thing can be done, or in a fraction of the time planned."""
    if seen.submitted_at is None or (seen.kind == "IMMEDIATE" and numbers.get("exempt_immediate", 1)):
        return None
    begun = seen.plan_approved_on
    if begun is None:
        return Unsure(("plan_approved_on",))
    days = (shanghai_date(seen.submitted_at) - begun).days
    nature = nature_of(seen.category, seen.text)
    least = numbers.get(f"{nature}_days", 0)
    window = (seen.due_on - begun).days if seen.due_on else 0
    hasty = days < least or 100 * days < numbers.get("window_percent", 10) * window
    if days < 0 or not hasty:
        return None
    facts: dict[str, str | int] = {"days": days, "least": least, "window": window}
    return Found(facts, [str(begun), str(shanghai_date(seen.submitted_at))])


def _rush(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-18 批量、突击销号: most findings of a unit done within a day, or all evidence in the last days.

    Where most of them had shown progress before, a meeting closed what was done: honest batch closure.
    """
    if seen.submitted_at is None:
        return None
    together = _done_together(seen, seen.submitted_at, numbers)
    uploads = _uploaded_last(seen, numbers)
    if not together and not uploads:
        return None
    facts: dict[str, str | int] = {
        "together": together,
        "findings": seen.pace.findings if seen.pace else 0,
        "uploads": uploads,
    }
    return Found(facts, ["together" if together else "", "uploads" if uploads else "", seen.submitted_at])


def _done_together(seen: Snapshot, done_at: datetime, numbers: Numbers) -> int:
    pace = seen.pace
    if pace is None or pace.findings < numbers.get("least_findings", 5):
        return 0
    together = max(sum(start <= at <= start + _DAY for at in pace.submitted_at) for start in _starts(pace, done_at))
    prepared = 100 * pace.with_progress >= numbers.get("exempt_progress_percent", 80) * len(pace.submitted_at)
    return together if 100 * together >= numbers.get("batch_percent", 60) * pace.findings and not prepared else 0


def _starts(pace: UnitPace, done_at: datetime) -> list[datetime]:
    return [done_at - _DAY, *(at for at in pace.submitted_at if done_at - _DAY <= at <= done_at)]


def _uploaded_last(seen: Snapshot, numbers: Numbers) -> int:
    """Return how many files came in the last days before the deadline, when they are nearly all of a silent case."""
    uploads = [exhibit.uploaded_at for exhibit in seen.exhibits if exhibit.uploaded_at]
    if seen.due_on is None or not uploads or seen.kind == "IMMEDIATE":
        return 0
    end = datetime(seen.due_on.year, seen.due_on.month, seen.due_on.day, 16, tzinfo=uploads[0].tzinfo)
    last = sum(timedelta() <= end - at <= timedelta(hours=numbers.get("rush_hours", 72)) for at in uploads)
    told = any(entry.at < end - timedelta(hours=numbers.get("rush_hours", 72)) for entry in seen.progress)
    return last if not told and 100 * last >= numbers.get("rush_percent", 80) * len(uploads) else 0


SIGNALS: Final = (
    Signal("PR-08", "BACKDATED_OR_LAST_MINUTE", _backdated, version=2),
    Signal("PR-16", "STALE_OR_SERIAL_EXTENSION", _stale, version=3),
    Signal("PR-17", "TOO_FAST", _too_fast),
    Signal("PR-18", "BATCH_OR_RUSH_CLOSURE", _rush, version=2),
)
