"""Excel papers: ledger, lists and figures, each under its title and over its signatures."""

from collections.abc import Callable, Iterable, Sequence

from cases.figures import Quantity, plain
from config.messages import say
from documents.papers.text_sheets import TextBook
from documents.papers.values import FigureValues, LedgerLine, ListValues, day_in_words, numbered

_COLUMNS = (  # heading and width in characters
    ("序号", 5), ("问题编号", 15), ("反馈方面", 10), ("问题类别", 10),
    ("反馈问题", 24), ("具体问题", 30), ("涉及金额(万元)", 10), ("涉及人数", 7),
    ("整改类型", 9), ("整改目标", 20), ("整改措施", 34), ("责任领导", 12),
    ("牵头单位", 14), ("责任单位", 14), ("责任人", 12), ("联系电话", 13),
    ("整改开始时间", 11), ("整改时限", 11), ("整改进展情况", 30), ("整改状态", 9),
    ("完成时间", 11), ("整改成效", 30), ("追回/清退金额(万元)", 11), ("处理人数及方式", 16),
    ("建章立制名称及文号", 20), ("佐证材料名称及编号", 26), ("未完成原因", 18), ("下一步措施", 18),
    ("延期情况", 16), ("审核意见", 24), ("销号情况", 18), ("备注", 12),
)  # fmt: skip
HEADINGS = tuple(heading for heading, _ in _COLUMNS)
WIDTHS = tuple(width for _, width in _COLUMNS)
_ROOM = "　" * 8
SIGNATURES = f"填表人：{_ROOM}审核人：{_ROOM}党组织主要负责人（签字）：{_ROOM}填报日期：{day_in_words(None)}"


def ledger_sheet(values: ListValues) -> bytes:
    """Return the 整改台账 of a list; our own import reads it back."""
    paper = TextBook()
    sheet = paper.sheet("整改台账", WIDTHS, frozen=3, fixed_columns=2)
    sheet.title(f"{values.unit}巡察整改台账")
    sheet.note(_scope(values))
    sheet.headings(HEADINGS)
    for line in values.lines:
        sheet.row(line.texts())
    sheet.note(SIGNATURES)
    sheet.note(f"注：{values.checkpoint}")
    return paper.bytes()


Rows = Callable[[Iterable[LedgerLine]], Iterable[Sequence[str]]]


def three_lists(values: ListValues) -> bytes:
    """Return 问题清单, 任务清单 and 责任清单 of a list, a sheet each."""
    return _lists(values, _THREE)


def five_lists(values: ListValues) -> bytes:
    """Return the three lists, 整改成效清单 and 整改档案清单."""
    return _lists(values, (*_THREE, *_TWO_MORE))


def _lists(values: ListValues, wanted: Sequence[tuple[str, Sequence[int], Sequence[str], Rows]]) -> bytes:
    paper = TextBook()
    for name, widths, headings, rows in wanted:
        sheet = paper.sheet(name, widths, frozen=3, fixed_columns=2)
        sheet.title(f"{values.unit}巡察整改{name}")
        sheet.note(_scope(values))
        sheet.headings(headings)
        for row in rows(values.lines):
            sheet.row(row)
        sheet.note(SIGNATURES)
        sheet.note(f"注：{values.checkpoint}")
    return paper.bytes()


_OF_PROBLEMS = (
    "序号",
    "问题编号",
    "反馈方面",
    "问题类别",
    "反馈问题",
    "具体问题",
    "涉及金额(万元)",
    "涉及人数",
    "整改类型",
)
_OF_TASKS = ("序号", "问题编号", "反馈问题", "任务", "整改措施", "整改目标", "牵头单位", "整改时限")
_OF_DUTIES = ("序号", "问题编号", "反馈问题", "责任领导", "牵头单位", "责任单位", "责任人", "联系电话", "整改时限")

_OF_RESULTS = (
    "序号",
    "问题编号",
    "反馈问题",
    "整改成效",
    "追回/清退金额(万元)",
    "处理人数及方式",
    "建章立制",
    "整改状态",
)
_OF_FILES = ("序号", "问题编号", "反馈问题", "档号", "佐证材料名称", "页次", "销号情况")


def _problem_rows(lines: Iterable[LedgerLine]) -> Iterable[Sequence[str]]:
    for line in lines:
        yield (line.seq, line.number, line.aspect, line.category, line.title, line.detail, line.amount, line.headcount,
               line.kind)  # fmt: skip


def _task_rows(lines: Iterable[LedgerLine]) -> Iterable[Sequence[str]]:
    """One row per measure; a finding without one stands there with an empty task, so that it is seen."""
    for line in lines:
        for place, measure in enumerate(line.measures or ("",), 1):
            name = str(place) if measure else ""
            yield line.seq, line.number, line.title, name, measure, line.target, line.lead_org, line.due


def _duty_rows(lines: Iterable[LedgerLine]) -> Iterable[Sequence[str]]:
    for line in lines:
        yield (line.seq, line.number, line.title, line.responsible_leader, line.lead_org, line.responsible_org,
               line.responsible_person, line.phone, line.due)  # fmt: skip


def _result_rows(lines: Iterable[LedgerLine]) -> Iterable[Sequence[str]]:
    for line in lines:
        yield (line.seq, line.number, line.title, line.result, line.recovered, line.person_actions,
               numbered(line.regulations), line.status)  # fmt: skip


def _file_rows(lines: Iterable[LedgerLine]) -> Iterable[Sequence[str]]:
    """One row per file; a finding without one stands there with an empty name, so that it is seen."""
    for line in lines:
        for place, name in enumerate(line.evidence_refs or ("",), 1):
            mark = f"{line.number}-{place:02}" if name else ""
            yield line.seq, line.number, line.title, mark, name, "", line.sign_off


_THREE: Sequence[tuple[str, Sequence[int], Sequence[str], Rows]] = (
    ("问题清单", (6, 16, 14, 14, 36, 48, 12, 9, 11), _OF_PROBLEMS, _problem_rows),
    ("任务清单", (6, 16, 36, 8, 52, 32, 18, 14), _OF_TASKS, _task_rows),
    ("责任清单", (6, 16, 40, 16, 22, 22, 16, 16, 14), _OF_DUTIES, _duty_rows),
)
_TWO_MORE: Sequence[tuple[str, Sequence[int], Sequence[str], Rows]] = (
    ("整改成效清单", (6, 16, 36, 48, 14, 22, 28, 14), _OF_RESULTS, _result_rows),
    ("整改档案清单", (6, 16, 40, 20, 48, 10, 22), _OF_FILES, _file_rows),
)
_COUNTED = tuple(one for one in Quantity if one is not Quantity.EVER_DONE)


def figures_sheet(values: FigureValues) -> bytes:
    """Return the 统计表: quantities, rates, and under the table every formula in words and with its numbers."""
    language = values.language
    paper = TextBook()
    widths = (28, *[12] * len(_COUNTED), *[14] * len(values.formulas))
    sheet = paper.sheet(say(language, "paper.figures"), widths, frozen=3, fixed_columns=1)
    sheet.title(values.title)
    sheet.note(say(language, "paper.figures_scope", scope=values.scope, day=values.as_of.isoformat()))
    named = [say(language, f"quantity.{one}") for one in _COUNTED]
    sheet.headings((values.grouped_by, *named, *(one.title(language) for one in values.formulas)))
    for label, tally in [
        *((line.label, line.tally) for line in values.lines),
        (say(language, "paper.sum"), values.whole),
    ]:
        counts = [plain(tally.of(one)) for one in _COUNTED]
        sheet.row((label, *counts, *(one.rate(tally).text for one in values.formulas)), centred=True)
    for one in values.formulas:
        sheet.note(f"{one.sentence(language)}　{one.worked(values.whole, language)}")
    sheet.note(say(language, "paper.historic_apart", count=values.whole.historic))
    if language == "zh":
        sheet.note(SIGNATURES)
    return paper.bytes()


def _scope(values: ListValues) -> str:
    """Return the lines over the headings; intake finds the unit and the day of feedback at the start of theirs."""
    feedback = f"反馈日期：{day_in_words(values.feedback_on)}\n" if values.feedback_on else ""
    listed = f"清单编号：{values.number}　　轮次：{values.round_name}　　数据截至：{day_in_words(values.as_of)}"
    return f"单位：{values.unit}\n{feedback}{listed}"
