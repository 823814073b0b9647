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
    _line(paper, "本表一式两份，责任单位、巡察办各存一份。", FANG, 9, before=4)
    return paper


def plan() -> Any:
    """整改方案: what a unit's committee adopts and its first responsible person signs."""
    paper = _titled("{{ unit }}", "巡察反馈问题整改方案")
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
    paper = _titled("{{ unit }}", "关于巡察整改进展情况的报告")
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
    return paper


def verification_report() -> Any:
    """核查报告: what was checked against which criterion, which evidence counts, and what follows from it."""
    paper = _titled("{{ unit }}", "巡察整改问题核查报告")
    _line(paper, "{{ number }}", KAI, 16, centred=True, after=10)
    _heading(paper, "一、核查对象")
    _text(paper, "{{ round_name }}反馈问题：{{ title }}（{{ kind }}，整改时限{{ due_on }}）。")
    _text(paper, "{{ detail }}")
    _text(paper, "责任领导：{{ leader }}；责任人：{{ handler }}；涉及金额：{{ amount }}；追回清退：{{ recovered }}。")
    _heading(paper, "二、整改情况")
    _text(paper, "责任单位于{{ submitted_on }}提交整改结果。{{ completion }}")
    _text(paper, "{{ each }}", loop="measures")
    _heading(paper, "三、对照认定标准逐项核查")
    _text(paper, "{{ each }}", loop="conclusions")
    _heading(paper, "四、佐证材料采信情况")
    _text(paper, "{{ each }}", loop="adopted")
    _heading(paper, "五、核查意见")
    _opinions_signed(paper, "verifications")
    _signature(paper, "核查人（签字）：", "核查单位（盖章）", "{{ today }}")
    return paper


def look_back_report() -> Any:
    """回头看报告: 再检查, 再了解 and 再通报 of one finding."""
    paper = _titled("{{ unit }}", "巡察整改“回头看”报告")
    _line(paper, "{{ number }}", KAI, 16, centred=True, after=10)
    _heading(paper, "一、基本情况")
    _text(paper, "{{ round_name }}反馈问题：{{ title }}（{{ kind }}）。{{ completion }}")
    _heading(paper, "二、再检查")
    _opinions_signed(paper, "look_backs")
    _heading(paper, "三、销号后再检查")
    _opinions_signed(paper, "later_visits")
    _heading(paper, "四、再了解")
    _text(paper, "{{ each }}", loop="new_facts")
    _heading(paper, "五、再通报")
    _text(paper, "{{ each }}", loop="taken_back")
    _signature(paper, "检查人（签字，不少于两人）：", "{{ office }}", "{{ today }}")
    return paper


def reminder() -> Any:
    """提醒函: what falls due soon, with the days that are left."""
    paper = _letter("巡察整改提醒函", "{{ unit }}：")
    _text(paper, "{{ round_name }}于{{ feedback_on }}向你单位反馈意见。截至{{ as_of }}，"
                 "问题清单{{ number }}尚有{{ count }}个问题临近整改时限，具体如下：")  # fmt: skip
    _due_table(paper, "剩余天数")
    _text(
        paper, "请对照整改方案逐项推进，在时限届满前提交整改结果和佐证材料；确需延期的，请在届满前书面申请。", before=10
    )
    return _sent_by(paper)


def supervision() -> Any:
    """督办函: what is overdue, since how many days, and until when it is to be answered."""
    paper = _letter("巡察整改督办函", "{{ unit }}并{{ chief }}：")
    _text(paper, "{{ round_name }}于{{ feedback_on }}向你单位反馈意见。截至{{ as_of }}，"
                 "问题清单{{ number }}有{{ count }}个问题超过整改时限仍未完成，具体如下：")  # fmt: skip
    _due_table(paper, "逾期天数")
    _text(paper, "现予督办。请你单位党组织专题研究，逐项说明未完成原因，明确新的措施、责任人和完成时间，"
                 "自收到本函之日起5个工作日内书面反馈{{ office }}。"
                 "整改期间不因督办而免除逾期责任。", before=10)  # fmt: skip
    _text(paper, "联系人：　　　　　　　　联系电话：")
    return _sent_by(paper)


def interview() -> Any:
    """约谈通知: who is asked to come, why, and what to bring; with a receipt to cut off."""
    paper = _letter("约谈通知", "{{ unit }}{{ chief }}：")
    _text(paper, "{{ round_name }}反馈意见后，截至{{ as_of }}，你单位问题清单{{ number }}交办问题{{ total }}个，"
                 "完成（已销号）{{ done }}个，逾期{{ overdue }}个。经研究，决定对你进行约谈。")  # fmt: skip
    table = _table(paper, widths=(32, 124), points=14)
    for name, text in (
        ("约 谈 人", "{{ superior }}"),
        ("时　　间", "　　　年　　月　　日　　时　　分"),
        ("地　　点", ""),
    ):
        _pairs(table, name, text)
    _text(paper, "约谈事由：", before=10)
    _due_table(paper, "逾期天数")
    _text(paper, "请准备：1.逾期问题逐项情况说明；2.未完成原因和责任；3.下一步措施、责任人和完成时间。"
                 "约谈后15个工作日内提交整改落实情况报告。", before=10)  # fmt: skip
    _sent_by(paper)
    for text, font in (("…" * 42, FANG), ("回　　执", HEI)):
        _line(paper, text, font, 16 if font == HEI else 10.5, centred=True).paragraph_format.keep_with_next = True
    _text(paper, "约谈通知（{{ number }}）已收到，本人将按时参加。")
    _signature(paper, "被约谈人（签字）：", "{{ unit }}", "{{ today }}")
    return paper


def circular() -> Any:
    """通报: one unit's rectification, made known to others; what is criticised is named with its finding."""
    paper = _letter("关于{{ unit }}巡察整改情况的通报", "各被巡察党组织：")
    _text(paper, "{{ round_name }}于{{ feedback_on }}向{{ unit }}反馈意见，交办问题{{ total }}个。"
                 "截至{{ as_of }}，完成（已销号）{{ done }}个，基本完成{{ basic }}个，未完成{{ undone }}个，"
                 "逾期{{ overdue }}个。")  # fmt: skip
    _text(paper, "{{ each }}", loop="formulas")
    _heading(paper, "一、逾期未完成的问题")
    _due_table(paper, "逾期天数")
    _heading(paper, "二、处理意见", before=10)
    _text(paper, "　")
    _heading(paper, "三、工作要求")
    _text(
        paper,
        "各单位要引以为戒，对照问题清单自查自纠，按期整改、如实报告。发现纸面整改、虚假整改的，依规依纪追究责任。",
    )
    _sent_by(paper)
    _line(paper, "发送范围：　　　　　　　　　　　　密级：内部", FANG, 14, before=10)
    return paper


def monthly_circular() -> Any:
    """月度通报: every unit with numerators and denominators, and who is behind."""
    paper = _letter("关于{{ month }}巡察整改情况的通报", "各被巡察党组织：")
    _text(paper, "{{ scope }}共交办问题{{ total }}个。截至{{ as_of }}，完成（已销号）{{ done }}个，"
                 "基本完成{{ basic }}个，未完成{{ undone }}个，逾期{{ overdue }}个。")  # fmt: skip
    _text(paper, "{{ each }}", loop="formulas")
    _heading(paper, "一、各单位整改情况")
    _units_table(paper, "序号", "place")
    _heading(paper, "二、有逾期问题的单位", before=10)
    _text(paper, "{{ each }}", loop="behind")
    _heading(paper, "三、工作要求")
    _text(paper, "有逾期问题的单位要逐项说明原因，明确完成时间；临近时限的问题要倒排工期，按时提交整改结果。")
    return _sent_by(paper)


def quarterly_airing() -> Any:
    """季度晾晒: the units in the order of their rates; equal rates share a place."""
    paper = _letter("{{ quarter }}巡察整改晾晒表", "")
    _text(paper, "统计范围：{{ scope }}；数据截至{{ as_of }}。按完成率由高到低排列，完成率相同的并列。")
    _units_table(paper, "名次", "rank")
    _text(paper, "{{ each }}", loop="formulas", before=10)
    return _sent_by(paper)


def minutes() -> Any:
    """会议纪要: who was there, how each voted, what was decided on each finding."""
    paper = _titled("巡察工作领导小组会议纪要", "{{ number }}")
    _text(paper, "时间：{{ held_on }}　　地点：{{ place }}")
    _text(paper, "主持人：{{ chair }}（末位表态）")
    _text(paper, "到会：{{ present }}　　缺席：{{ absent }}")
    _heading(paper, "一、表决情况")
    _text(paper, "{{ each.name }}：{{ each.opinion }}。{{ each.reason }}", loop="votes")
    _heading(paper, "二、审议事项", before=10)
    table = _table(paper, widths=(34, 46, 26, 28, 22), points=10.5)
    _row(table, "问题编号", "问题", "单位", "票数", "结果", heading=True)
    _row(table, "{%tr for each in lines %}")
    _row(table, *(f"{{{{ each.{name} }}}}" for name in ("number", "title", "unit", "votes", "result")))
    _row(table, "{%tr endfor %}")
    _heading(paper, "三、决议", before=10)
    _text(paper, "{{ resolution }}")
    _signature(paper, "主持人（签字）：", "{{ chair }}", "{{ today }}")
    return paper


def sampling_appendix() -> Any:
    """抽样核查附录: how it was drawn, so that anybody can draw it again, and what was found."""
    paper = _titled("抽样核查附录", "{{ number }}")
    _text(paper, "{{ purpose }}（{{ unit }}，{{ drawn_on }}抽取）。")
    _heading(paper, "一、抽取依据")
    _text(paper, "抽样框：{{ frame }}，SHA-256为{{ frame_sha256 }}。")
    _text(paper, "种子：{{ seed }}。方法：{{ method }}，按“种子|编号”的SHA-256从小到大抽取，任何人可据此重新抽取。")
    _heading(paper, "二、核查情况", before=10)
    table = _table(paper, widths=(20, 34, 46, 26, 30), points=10.5)
    _row(table, "分层", "问题编号", "问题", "单位", "核查结果", heading=True)
    _row(table, "{%tr for each in lines %}")
    _row(table, *(f"{{{{ each.{name} }}}}" for name in ("stratum", "number", "title", "unit", "result")))
    _row(table, "{%tr endfor %}")
    _heading(paper, "三、结果", before=10)
    _text(paper, "{{ each }}", loop="sentences")
    _text(paper, "{{ conclusion }}")
    return paper


MADE = {
    "sign_off_sheet": sign_off_sheet,
    "verification_report": verification_report,
    "look_back_report": look_back_report,
    "plan": plan,
    "progress_report": progress_report,
    "reminder": reminder,
    "supervision": supervision,
    "interview": interview,
    "circular": circular,
    "monthly_circular": monthly_circular,
    "quarterly_airing": quarterly_airing,
    "minutes": minutes,
    "sampling_appendix": sampling_appendix,
}


# --- pieces ---------------------------------------------------------------------------------------------------------


def _titled(*lines: str) -> Any:
    """Return a document under its title, which may take several lines."""
    paper = _document()
    for place, line in enumerate(lines, 1):
        _line(paper, line, SONG, 22, centred=True, after=18 if place == len(lines) else 0)
    return paper


def _letter(title: str, addressed: str) -> Any:
    paper = _titled(title)
    if addressed:
        _spaced(_line(paper, addressed, FANG, 16))
    return paper


def _sent_by(paper: Any) -> Any:
    """Close with the office and the day, right."""
    _signature(paper, "", "{{ office }}", "{{ today }}")
    return paper


def _opinions_signed(paper: Any, of: str) -> None:
    """Paragraphs: each opinion with who gave it and when, or that there is none."""
    _text(paper, "{{ each.text }}（{{ each.who }}，{{ each.on }}）", loop=of)
    paper.add_paragraph(f"{{%p if not {of} %}}")
    _text(paper, "无。")
    paper.add_paragraph("{%p endif %}")


def _due_table(paper: Any, counted: str) -> None:
    """The findings that a letter is about; *counted* heads the column of days."""
    table = _table(paper, widths=(12, 34, 60, 28, 22), points=10.5)
    _row(table, "序号", "问题编号", "问题", "整改时限", counted, heading=True)
    _row(table, "{%tr for each in lines %}")
    _row(table, "{{ each.place }}", "{{ each.number }}", "{{ each.title }}", "{{ each.due }}", "{{ each.days }}")
    _row(table, "{%tr endfor %}")


def _units_table(paper: Any, heading: str, place: str) -> None:
    table = _table(paper, widths=(12, 36, 16, 14, 14, 32, 32), points=10.5)
    _row(table, heading, "单位", "应整改", "完成", "逾期", "完成率", "按期率", heading=True)
    _row(table, "{%tr for each in lines %}")
    _row(table, f"{{{{ each.{place} }}}}", "{{ each.unit }}", "{{ each.total }}", "{{ each.done }}",
         "{{ each.overdue }}", "{{ each.completion }}", "{{ each.on_time }}")  # fmt: skip
    _row(table, "{%tr endfor %}")


def _document(*, text_points: float = 16, margins: tuple[int, int, int, int] = (37, 26, 35, 28)) -> Any:
    """Return an empty A4 document; *margins* in millimetres: top, right, bottom, left."""
    paper = Document()
    section = paper.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.right_margin, section.bottom_margin, section.left_margin = map(Mm, margins)
    normal = paper.styles["Normal"]
    normal.font.size = Pt(text_points)
    _typeface(normal, FANG)
    _write(section.footer.paragraphs[0], "注：{{ checkpoint }}。", FANG, 8)  # on every page: each can be checked
    foot = section.footer.add_paragraph()
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _page_number(foot)
    return paper


def _typeface(styled: Any, font: str) -> None:
    """Latin and Chinese characters have fonts of their own in Word; set both."""
    styled.font.name = font
    styled.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)


def _page_number(paragraph: Any) -> None:
    for before, counted in (("第 ", "PAGE"), (" 页　共 ", "NUMPAGES")):
        paragraph.add_run(before)
        field = OxmlElement("w:fldSimple")
        field.set(qn("w:instr"), counted)
        paragraph._p.append(field)
    paragraph.add_run(" 页")


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


def _text(paper: Any, text: str, *, loop: str = "", before: float = 0) -> None:
    """Add a paragraph, or one for each text of *loop*."""
    if loop:
        paper.add_paragraph(f"{{%p for each in {loop} %}}")
    paragraph = _line(paper, text, FANG, 16, before=before)
    paragraph.paragraph_format.first_line_indent = Pt(32)
    _spaced(paragraph)
    if loop:
        paper.add_paragraph("{%p endfor %}")


def _spaced(paragraph: Any) -> None:
    paragraph.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    paragraph.paragraph_format.line_spacing = Pt(28)


def _signature(paper: Any, signer: str, unit: str, day: str) -> None:
    """Add lines to sign on; the text before them goes with them, so that no page bears signatures alone."""
    before = next(each for each in reversed(paper.paragraphs) if not each.text.startswith("{%p"))
    before.paragraph_format.keep_with_next = True
    for text in filter(None, (signer, unit, day)):
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

    def add_row(self, *, least_mm: int = 9, kept: bool = True) -> list[Any]:
        """Return the cells of a new row of at least that height; *kept* on one page, unless its text may be long."""
        row = self.table.add_row()
        row.height = Mm(least_mm)
        if kept:
            row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
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
    cells = table.add_row(kept=False)
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
