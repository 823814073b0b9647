"""Word papers: a template of ``templates/`` with the values of one list or one finding in it.

What people wrote is text wherever it lands: it is escaped, and a place-holder inside it is never looked at again.
"""

import io
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from docxtpl import DocxTemplate
from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from cases.figures import formula
from documents.papers.values import (
    LedgerLine,
    ListValues,
    Opinion,
    SignOffValues,
    day_in_words,
    numbered,
    printable,
)

TEMPLATES = Path(__file__).parent / "templates"
_PRINTED = ("done_only", "done_or_basic", "on_time", "money")


def sign_off_sheet(values: SignOffValues) -> bytes:
    """Return the 销号审批表 of a finding; what is not decided yet leaves room for a hand."""
    facts = asdict(values)
    sheet_numbers = [one.seal for one in values.decisions if one.seal]
    dated = {name: day_in_words(facts[name]) for name in ("feedback_on", "due_on", "signed_off_on")}
    opinions = {
        name: [_opinion(one) for one in getattr(values, name)]
        for name in ("unit_opinions", "verifications", "look_backs", "decisions")
    }
    lists = {name: _items(facts[name]) for name in ("criteria", "measures", "evidence")}
    return _render("sign_off_sheet", facts | dated | opinions | lists | {"sheet_number": "、".join(sheet_numbers)})


def plan(values: ListValues) -> bytes:
    """Return the 整改方案 of a list."""
    return _render(
        "plan",
        {
            **_head(values),
            "count": len(values.lines),
            "chief": values.chief or "党组织主要负责人",
            "plan_summary": _paragraphs(values.plan_summary),
            "lines": [
                {
                    "seq": line.seq,
                    "title": line.title,
                    "measures": numbered(line.measures),
                    "responsible_leader": line.responsible_leader,
                    "due": line.due,
                }
                for line in values.lines
            ],
            "adopted_on": day_in_words(values.plan_adopted_on),
        },
    )


def progress_report(values: ListValues) -> bytes:
    """Return the 整改进展情况报告 of a list."""
    tally = values.tally
    printed = [formula(name) for name in _PRINTED]
    return _render(
        "progress_report",
        {
            **_head(values),
            **{name: getattr(tally, name) for name in ("total", "done", "basic", "undone", "overdue")},
            "as_of": day_in_words(values.as_of),
            "formulas": [
                f"{one.sentence('zh')}。{one.worked(tally, 'zh')}。"
                for one in printed
                if one.rate(tally).percent is not None
            ],
            "report_summary": _paragraphs(values.report_summary),
            "items": [text for place, line in enumerate(values.lines, 1) for text in _item(place, line)],
            "unfinished": _unfinished(values),
            "today": day_in_words(None),
            "checkpoint": values.checkpoint,
        },
    )


def _head(values: ListValues) -> dict[str, Any]:
    return {
        "number": values.number,
        "unit": values.unit,
        "office": values.office,
        "round_name": values.round_name,
        "feedback_on": day_in_words(values.feedback_on),
    }


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


def _render(name: str, facts: Mapping[str, Any]) -> bytes:
    template = DocxTemplate(TEMPLATES / f"{name}.docx")
    words = SandboxedEnvironment(autoescape=True, undefined=StrictUndefined)
    template.render(_clean(facts), words, autoescape=True)
    file = io.BytesIO()
    template.save(file)
    return file.getvalue()


def _clean(value: Any) -> Any:
    """Return *value* with every text in it printable."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {key: _clean(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(each) for each in value]
    return value
