"""疑点·整单: how a unit as a whole reports and leads its rectification; these speak of an issue list.

Source: DOMAIN.md 3.4; parameters stand in the decision table ``signal_parameters``.
"""

from typing import Final

from cases.signals.snapshot import Counted, Found, ListSnapshot, Numbers, Outcome, Quote, Reported, Signal, Unsure


def _satisfaction_gap(seen: ListSnapshot, numbers: Numbers) -> Outcome:
    """PR-33 满意度背离: nearly everything is done and people are not content, or hardly anybody answered."""
    if seen.surveys is None:
        return Unsure(("surveys",))
    done = seen.findings > 0 and 100 * seen.done >= numbers.get("completion_percent", 95) * seen.findings
    wrong = [
        survey
        for survey in seen.surveys
        if (done and survey.satisfied_percent < numbers.get("satisfaction_percent", 80))
        or 100 * survey.answered < numbers.get("response_percent", 30) * survey.asked
    ]
    if not wrong:
        return None
    last = wrong[-1]
    facts: dict[str, str | int] = {
        "done": seen.done,
        "findings": seen.findings,
        "satisfied": last.satisfied_percent,
        "answered": last.answered,
        "asked": last.asked,
    }
    quotes = tuple(Quote(f"{s.satisfied_percent}% {s.answered}/{s.asked}", str(s.on)) for s in wrong)
    return Found(facts, sorted(survey.id for survey in wrong), quotes)


def _chief_absent(seen: ListSnapshot, numbers: Numbers) -> Outcome:
    """PR-34 第一责任人缺位: the chief owns no finding, came to no meeting, or did not sign what he must sign."""
    reasons: list[str] = []
    if seen.chief_owns is not None and seen.chief_owns < numbers.get("least_owned", 1):
        reasons.append("owns_none")
    if seen.meetings and (seen.chief_attended or 0) < numbers.get("least_attended", 1):
        reasons.append("attended_none")
    reasons += [f"unsigned_{paper}" for paper, signed in (seen.chief_signed or {}).items() if not signed]
    if not reasons:
        unknown = seen.chief_owns is None and seen.meetings is None and seen.chief_signed is None
        return Unsure(("chief",)) if unknown else None
    facts: dict[str, str | int] = {"why": "、".join(reasons), "meetings": seen.meetings or 0}
    return Found(facts, reasons)


def _rate_inflation(seen: ListSnapshot, numbers: Numbers) -> Outcome:
    """PR-36 完成率口径美化: the rate is not what the items give, counts what is not finished, or its base shrank."""
    if not seen.reported:
        return None
    counted = {count.on: count for count in seen.counted}
    wrong: list[tuple[str, Reported]] = []
    most = 0
    for report in sorted(seen.reported, key=lambda report: report.on):
        wrong += [(why, report) for why in _reasons(report, counted.get(report.on), numbers)]
        if report.total < most:
            wrong.append(("shrank", report))
        most = max(most, report.total)
    if not wrong:
        return None
    facts: dict[str, str | int] = {"count": len(wrong), "why": "、".join(dict.fromkeys(why for why, _ in wrong))}
    quotes = tuple(
        Quote(f"{report.done}/{report.total} {_percent(report.rate)}".strip(), str(report.on)) for _, report in wrong
    )
    return Found(facts, sorted((why, report.id) for why, report in wrong), quotes)


def _reasons(report: Reported, count: Counted | None, numbers: Numbers) -> list[str]:
    reasons = []
    if report.rate is not None and not _rate_fits(report, numbers.get("tolerance_hundredths", 1)):
        reasons.append("rate")
    if count is not None and report.done > count.done:
        softened = count.done + count.basically_done + count.continuous
        reasons.append("counted_as_done" if report.done <= softened else "done")
    if count is not None and report.total < count.total:
        reasons.append("left_out")
    return reasons


def _rate_fits(report: Reported, tolerance: int) -> bool:
    """Whether the named rate is done of total, rounded or cut to no, one or two decimals."""
    if report.total <= 0 or report.rate is None:
        return report.rate in (None, 0)
    exact = 10_000 * report.done / report.total
    return any(
        abs(report.rate - candidate) <= tolerance
        for step in (1, 10, 100)
        for candidate in (exact // step * step, round(exact / step) * step)
    )


def _percent(rate: int | None) -> str:
    return "" if rate is None else f"{rate / 100:.2f}%"


SIGNALS: Final = (
    Signal("PR-33", "SATISFACTION_GAP", list_rule=_satisfaction_gap),
    Signal("PR-34", "CHIEF_ABSENT", list_rule=_chief_absent),
    Signal("PR-36", "RATE_INFLATION", list_rule=_rate_inflation),
)
