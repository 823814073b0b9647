"""The names of each Word paper with what stands for them: texts, numbers, lists of texts, lists of rows.

Every list is there in every paper, so that a template knows its names whether or not there is something to print.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import date
from typing import Any

from cases.figures import Formula, Quantity, Tally, formula, plain
from documents.papers.values import (
    FigureLine,
    FigureValues,
    FindingValues,
    LedgerLine,
    ListValues,
    Opinion,
    day_in_words,
    numbered,
)

Facts = dict[str, Any]
REMINDED_DAYS = 20  # before the due day: rung 0 of the ladder
NOTHING = ("无。",)
_NO_ROW = {"place": "", "number": "无", "title": "", "due": "", "days": ""}
_COUNTS = ("total", "done", "basic", "undone", "overdue")


def finding_facts(values: FindingValues) -> Facts:
    """Return the names of 销号审批表, 核查报告 and 回头看报告."""
    facts = asdict(values)
    dated = {name: day_in_words(facts[name]) for name in ("feedback_on", "due_on", "signed_off_on", "submitted_on")}
    opinions = {
        name: [_opinion(one) for one in getattr(values, name)]
        for name in ("unit_opinions", "verifications", "look_backs", "later_visits", "decisions")
    }
    lists = {name: _items(facts[name]) for name in ("criteria", "measures", "evidence")}
    said = {name: _items(facts[name]) or [*NOTHING] for name in ("conclusions", "adopted", "new_facts", "taken_back")}
    sheets = "、".join(one.seal for one in values.decisions if one.seal)
    return facts | dated | opinions | lists | said | {"sheet_number": sheets, "today": day_in_words(None)}


def plan_facts(values: ListValues) -> Facts:
    """Return the names of 整改方案."""
    rows = [
        {
            "seq": line.seq, "title": line.title, "measures": numbered(line.measures),
            "responsible_leader": line.responsible_leader, "due": line.due,
        }
        for line in values.lines
    ]  # fmt: skip
    summary, adopted_on = _paragraphs(values.plan_summary), day_in_words(values.plan_adopted_on)
    return _head(values) | {
        "count": len(rows), "plan_summary": summary, "lines": rows, "adopted_on": adopted_on,
    }  # fmt: skip


def report_facts(values: ListValues) -> Facts:
    """Return the names of 整改进展情况报告."""
    return _head(values) | {
        "report_summary": _paragraphs(values.report_summary),
        "items": [text for place, line in enumerate(values.lines, 1) for text in _item(place, line)],
        "unfinished": _unfinished(values),
    }


def due_facts(values: ListValues) -> Facts:
    """Return the names of 提醒函: what falls due within ``REMINDED_DAYS``, with the days that are left."""
    return _letter_facts(values, lambda left: 0 <= left <= REMINDED_DAYS, lambda left: left)


def overdue_facts(values: ListValues) -> Facts:
    """Return the names of 督办函, 约谈通知 and 通报: what is past its due day, with the days since."""
    return _letter_facts(values, lambda left: left < 0, lambda left: -left)


def circular_facts(values: FigureValues) -> Facts:
    """Return the names of 月度通报 and 季度晾晒."""
    ordered = sorted(values.lines, key=lambda line: _by_completion(line.tally))
    rows: list[Facts] = []
    for place, line in enumerate(ordered, 1):
        shared = bool(rows) and _by_completion(ordered[place - 2].tally)[0] == _by_completion(line.tally)[0]
        rows.append(_unit_row(line, place, rows[-1]["rank"] if shared else place))
    return _counts(values.whole, values.formulas) | {
        "scope": values.scope,
        "month": f"{values.as_of.year}年{values.as_of.month}月",
        "quarter": f"{values.as_of.year}年第{'一二三四'[(values.as_of.month - 1) // 3]}季度",
        "as_of": day_in_words(values.as_of),
        "office": values.office,
        "today": day_in_words(None),
        "lines": rows,
        "behind": [f"{row['unit']}：逾期{row['overdue']}个。" for row in rows if row["overdue"] != "0"] or [*NOTHING],
        "checkpoint": values.checkpoint,
    }


# --- pieces ---------------------------------------------------------------------------------------------------------


def _head(values: ListValues) -> Facts:
    """What every paper of a list may name."""
    return _counts(values.tally, values.formulas) | {
        "number": values.number,
        "unit": values.unit,
        "office": values.office,
        "round_name": values.round_name,
        "feedback_on": day_in_words(values.feedback_on),
        "as_of": day_in_words(values.as_of),
        "today": day_in_words(None),
        "chief": values.chief or "党组织主要负责人",
        "superior": values.superior or "上级分管（联系）领导",
        "checkpoint": values.checkpoint,
    }


def _counts(tally: Tally, formulas: Iterable[Formula]) -> Facts:
    worked = [
        f"{one.sentence('zh')}。{one.worked(tally, 'zh')}。" for one in formulas if one.rate(tally).percent is not None
    ]
    return {name: getattr(tally, name) for name in _COUNTS} | {"formulas": worked}


def _letter_facts(values: ListValues, wanted: Callable[[int], bool], shown: Callable[[int], int]) -> Facts:
    due = [(line, left) for line in values.lines if (left := _days_left(line, values.as_of)) is not None]
    rows = [
        {"place": str(place), "number": line.number, "title": line.title, "due": line.due, "days": str(shown(left))}
        for place, (line, left) in enumerate(((line, left) for line, left in due if wanted(left)), 1)
    ]
    return _head(values) | {"count": len(rows), "lines": rows or [_NO_ROW]}


def _days_left(line: LedgerLine, today: date) -> int | None:
    """Return the days up to the due day, below zero behind it; None for what is signed off or has no day."""
    if line.sign_off:
        return None
    try:
        return (date.fromisoformat(line.due) - today).days
    except ValueError:
        return None


def _by_completion(tally: Tally) -> tuple[float, int]:
    rate = formula("done_only").rate(tally).percent
    return -float(rate) if rate is not None else 1.0, tally.overdue


def _unit_row(line: FigureLine, place: int, rank: int) -> Facts:
    counts = {str(one): plain(line.tally.of(one)) for one in (Quantity.TOTAL, Quantity.DONE, Quantity.OVERDUE)}
    rates = {"completion": _rate("done_only", line.tally), "on_time": _rate("on_time", line.tally)}
    return {"place": str(place), "rank": rank, "unit": line.label or "未填写"} | counts | rates


def _rate(name: str, tally: Tally) -> str:
    """Return a rate with what it is made of."""
    rate = formula(name).rate(tally)
    return f"{rate.text}（{plain(rate.numerator)}/{plain(rate.denominator)}）"


def _item(place: int, line: LedgerLine) -> list[str]:
    """Return the paragraphs of one finding: problem, measures, what was done, evidence, where it stands."""
    parts = [f"{place}.{line.title}（{line.number}，{line.status}）"]
    if line.measures:
        parts.append(_ended("整改措施：" + "；".join(each.rstrip("。；;") for each in line.measures)))
    done = line.result or line.progress
    parts.append(f"完成情况：{_ended(done)}" if done else "完成情况：尚未报告。")
    if line.recovered:
        parts.append(f"追回、清退资金：{line.recovered}万元。")
    if line.evidence_refs:
        parts.append("佐证材料：" + "、".join(line.evidence_refs) + "。")
    if line.sign_off:
        parts.append(f"销号情况：{line.sign_off}。")
    return parts


def _unfinished(values: ListValues) -> list[str]:
    found = [line for line in values.lines if not line.sign_off]
    if not found:
        return ["交办问题已全部销号。"]
    return [
        f"{place}.{line.title}（{line.number}）：{line.status}，时限{line.due or '未定'}。"
        + (f"未完成原因：{_ended(line.unfinished_reason)}" if line.unfinished_reason else "")
        + (f"下一步措施：{_ended(line.next_steps)}" if line.next_steps else "")
        for place, line in enumerate(found, 1)
    ]


def _ended(text: str) -> str:
    """Return *text* with one full stop at its end."""
    return text.rstrip("。；;，, \n") + "。"


def _opinion(opinion: Opinion) -> dict[str, str]:
    return {"text": opinion.text, "who": opinion.who, "on": day_in_words(opinion.on)}


def _items(texts: tuple[str, ...]) -> list[str]:
    return [f"{place}. {text}" for place, text in enumerate(texts, 1)]


def _paragraphs(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
