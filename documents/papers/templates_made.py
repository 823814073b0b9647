"""Makes the Word templates under ``templates/``: ``python -m documents.papers.templates_made``.

They are ordinary Word files with place-holders of docxtpl ({{ number }}, {%p for … %}, {%tr for … %}); an office may
edit them by hand. Page and fonts follow GB/T 9704: 小标宋 for the title, 黑体 and 楷体 for headings, 仿宋 for the text,
28 points from line to line, 37 mm above and 28 mm left.
"""

from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

FOLDER = Path(__file__).parent / "templates"
SONG, HEI, KAI, FANG = "方正小标宋简体", "黑体", "楷体", "仿宋"


def main() -> None:
    """Write every template."""
    FOLDER.mkdir(exist_ok=True)
    for name, make in MADE.items():
        make().save(str(FOLDER / f"{name}.docx"))


def sign_off_sheet() -> Any:
    """销号审批表: one finding on one page, opinions with name and day."""
    paper = _document(text_points=11, margins=(22, 20, 18, 20))
    _line(paper, "巡察整改问题销号审批表", SONG, 22, centred=True, after=10)
    table = _table(paper, widths=(27, 58, 27, 58), points=11)
    _pairs(table, "被巡察\n党组织", "{{ unit }}", "问题编号", "{{ number }}")
    _pairs(table, "巡察轮次", "{{ round_name }}", "反馈日期", "{{ feedback_on }}")
    _pairs(table, "整改类型", "{{ kind }}", "整改时限", "{{ due_on }}")
    _pairs(table, "责任领导", "{{ leader }}", "责 任 人", "{{ handler }}")
    _pairs(table, "涉及金额", "{{ amount }}", "追回清退", "{{ recovered }}")
    _wide(table, "反馈问题", "{{ title }}", "{%p if detail %}", "{{ detail }}", "{%p endif %}")
    _wide(table, "整改目标\n和认定标准", "{%p for each in criteria %}", "{{ each }}", "{%p endfor %}")
    _wide(table, "整改措施及\n完成情况", "{%p for each in measures %}", "{{ each }}", "{%p endfor %}",
          "{%p if completion %}", "{{ completion }}", "{%p endif %}")  # fmt: skip
    _wide(table, "佐证材料\n目    录", "{%p for each in evidence %}", "{{ each }}", "{%p endfor %}")
    _opinions(table, "责任单位\n意    见", "unit_opinions")
    _opinions(table, "核查意见", "verifications")
    _opinions(table, "回 头 看\n情    况", "look_backs")
    _opinions(table, "领导小组\n审批意见", "decisions")
    _pairs(table, "销号日期", "{{ signed_off_on }}", "审批单号", "{{ sheet_number }}")
    _line(paper, "注：{{ checkpoint }}。本表一式两份，责任单位、巡察办各存一份。", FANG, 9, before=4)
    return paper


def plan() -> Any:
    """整改方案: what a unit's committee adopts and its first responsible person signs."""
    paper = _document()
    _line(paper, "{{ unit }}", SONG, 22, centred=True)
    _line(paper, "巡察反馈问题整改方案", SONG, 22, centred=True, after=18)
    _text(paper, "根据{{ round_name }}反馈意见（反馈日期：{{ feedback_on }}），"
                 "对照问题清单{{ number }}所列{{ count }}个问题，制定本方案。")  # fmt: skip
    _heading(paper, "一、总体要求")
    _text(
        paper,
        "对反馈问题全部认领、逐项整改，每个问题明确目标、措施、责任和时限；整改完成后提交核查和回头看，经审批方可销号。",
    )
    _text(paper, "{{ each }}", loop="plan_summary")
    _heading(paper, "二、组织领导")
    _text(
        paper, "{{ chief }}为整改第一责任人，对整改工作负总责；班子成员按照分工承担分管领域的整改责任，逐项责任见附表。"
    )
    _heading(paper, "三、整改任务")
    table = _table(paper, widths=(10, 40, 56, 25, 25), points=10.5)
    _row(table, "序号", "问题", "整改措施", "责任领导", "整改时限", heading=True)
    _row(table, "{%tr for each in lines %}")
    _row(table, "{{ each.seq }}", "{{ each.title }}", "{{ each.measures }}", "{{ each.responsible_leader }}",
         "{{ each.due }}")  # fmt: skip
    _row(table, "{%tr endfor %}")
    _heading(paper, "四、工作保障", before=10)
    _text(paper, "整改期间按期报告进展；需要延期的，在时限届满前书面申请。发现虚假整改、纸面整改的，依规追究责任。")
    _text(paper, "附件：1.问题清单　2.任务清单　3.责任清单")
    _signature(paper, "党组织主要负责人（签字）：", "{{ unit }}", "{{ adopted_on }}")
    return paper


def progress_report() -> Any:
    """整改进展情况报告: numbers with their formulas, finding by finding, signed with the pledge of truth."""
    paper = _document()
    _line(paper, "{{ unit }}", SONG, 22, centred=True)
    _line(paper, "关于巡察整改进展情况的报告", SONG, 22, centred=True, after=18)
    _line(paper, "{{ office }}：", FANG, 16)
    _heading(paper, "一、总体情况")
    _text(paper, "{{ round_name }}于{{ feedback_on }}反馈意见，问题清单{{ number }}交办问题{{ total }}个。"
                 "截至{{ as_of }}，完成（已销号）{{ done }}个，基本完成{{ basic }}个，"
                 "未完成{{ undone }}个；逾期{{ overdue }}个。")  # fmt: skip
    _text(paper, "{{ each }}", loop="formulas")
    _text(paper, "{{ each }}", loop="report_summary")
    _heading(paper, "二、逐项整改情况")
    _text(paper, "{{ each }}", loop="items")
    _heading(paper, "三、未完成问题及下一步措施")
    _text(paper, "{{ each }}", loop="unfinished")
    _heading(paper, "四、签字背书")
    _text(paper, "本人对报告内容逐项核实，所列完成情况和佐证材料真实、准确，如有不实，愿承担相应责任。")
    _signature(paper, "党组织主要负责人（签字）：", "{{ unit }}", "{{ today }}")
    _line(paper, "注：{{ checkpoint }}。", FANG, 10.5, before=12)
    return paper


MADE = {"sign_off_sheet": sign_off_sheet, "plan": plan, "progress_report": progress_report}


# --- pieces ---------------------------------------------------------------------------------------------------------


def _document(*, text_points: float = 16, margins: tuple[int, int, int, int] = (37, 26, 35, 28)) -> Any:
    """Return an empty A4 document; *margins* in millimetres: top, right, bottom, left."""
    paper = Document()
    section = paper.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.right_margin, section.bottom_margin, section.left_margin = map(Mm, margins)
    normal = paper.styles["Normal"]
    normal.font.size = Pt(text_points)
    _typeface(normal, FANG)
    foot = section.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _page_number(foot)
    return paper


def _typeface(styled: Any, font: str) -> None:
    """Latin and Chinese characters have fonts of their own in Word; set both."""
    styled.font.name = font
    styled.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)


def _page_number(paragraph: Any) -> None:
    paragraph.add_run("— ")
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    paragraph._p.append(field)
    paragraph.add_run(" —")


def _write(paragraph: Any, text: str, font: str, points: float) -> Any:
    run = paragraph.add_run(text)
    run.font.size = Pt(points)
    run.font.name = font
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)
    return paragraph


def _line(paper: Any, text: str, font: str, points: float, *, centred: bool = False, before: float = 0, after: float = 0
          ) -> Any:  # fmt: skip
    paragraph = _write(paper.add_paragraph(), text, font, points)
    paragraph.paragraph_format.space_before, paragraph.paragraph_format.space_after = Pt(before), Pt(after)
    if centred:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    return paragraph


def _heading(paper: Any, text: str, *, before: float = 0) -> None:
    paragraph = _line(paper, text, HEI, 16, before=before)
    paragraph.paragraph_format.first_line_indent = Pt(32)
    paragraph.paragraph_format.keep_with_next = True
    _spaced(paragraph)


def _text(paper: Any, text: str, *, loop: str = "") -> None:
    """Add a paragraph, or one for each text of *loop*."""
    if loop:
        paper.add_paragraph(f"{{%p for each in {loop} %}}")
    paragraph = _line(paper, text, FANG, 16)
    paragraph.paragraph_format.first_line_indent = Pt(32)
    _spaced(paragraph)
    if loop:
        paper.add_paragraph("{%p endfor %}")


def _spaced(paragraph: Any) -> None:
    paragraph.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    paragraph.paragraph_format.line_spacing = Pt(28)


def _signature(paper: Any, signer: str, unit: str, day: str) -> None:
    for text in (signer, unit, day):
        paragraph = _line(paper, text, FANG, 16, before=10)
        paragraph.paragraph_format.right_indent = Pt(128 if text == signer else 32)  # room to sign
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        paragraph.paragraph_format.keep_with_next = text != day


def _table(paper: Any, *, widths: tuple[int, ...], points: float) -> "_Table":
    table = paper.add_table(rows=0, cols=len(widths))
    table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
    return _Table(table, widths, points)


class _Table:
    """A table with fixed widths (millimetres) and one size of letters."""

    def __init__(self, table: Any, widths: tuple[int, ...], points: float) -> None:
        self.table, self.widths, self.points = table, widths, points

    def add_row(self, *, least_mm: int = 9) -> list[Any]:
        """Return the cells of a new row of at least that height, which stays on one page."""
        row = self.table.add_row()
        row.height = Mm(least_mm)
        kept = OxmlElement("w:cantSplit")
        row._tr.get_or_add_trPr().append(kept)
        for cell, width in zip(row.cells, self.widths, strict=True):
            cell.width = Mm(width)
        return list(row.cells)


def _fill(table: _Table, cell: Any, *texts: str, font: str = FANG, centred: bool = False) -> None:
    for place, text in enumerate(texts):
        paragraph = cell.paragraphs[0] if place == 0 else cell.add_paragraph()
        _write(paragraph, text, font, table.points)
        paragraph.paragraph_format.space_after = Pt(0)
        if centred:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _pairs(table: _Table, *texts: str) -> None:
    for place, (cell, text) in enumerate(zip(table.add_row(), texts, strict=True)):
        _fill(table, cell, text, font=FANG if place % 2 else HEI, centred=not place % 2)
        cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER


def _wide(table: _Table, name: str, *texts: str) -> None:
    cells = table.add_row()
    _fill(table, cells[0], name, font=HEI, centred=True)
    cells[0].vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
    wide = cells[1].merge(cells[-1])
    _fill(table, wide, *texts)
    wide.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER


def _opinions(table: _Table, name: str, of: str) -> None:
    """A cell with every opinion, signed and dated; without one, room for a hand."""
    cells = table.add_row(least_mm=22)
    _fill(table, cells[0], name, font=HEI, centred=True)
    cells[0].vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
    wide = cells[1].merge(cells[-1])
    _fill(
        table, wide,
        f"{{%p for each in {of} %}}", "{{ each.text }}", "{{ each.who }}　　{{ each.on }}", "{%p endfor %}",
        f"{{%p if not {of} %}}", "", "", "签字（盖章）：　　　　　　　　　年　　月　　日", "{%p endif %}",
    )  # fmt: skip
    wide.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.BOTTOM
    for paragraph in wide.paragraphs:
        if "each.who" in paragraph.text or "签字" in paragraph.text:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _row(table: _Table, *texts: str, heading: bool = False) -> None:
    cells = table.add_row()
    for cell, text in zip(cells, texts, strict=False):
        _fill(table, cell, text, font=HEI if heading else FANG, centred=heading)
    if heading:
        repeated = OxmlElement("w:tblHeader")
        table.table.rows[-1]._tr.get_or_add_trPr().append(repeated)


if __name__ == "__main__":
    main()
