"""Notices, audit reports and feedback documents: findings under their headings, and the numbers they state."""

import io
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from cases.finding import Kind
from documents import refusals
from documents.door import read_file
from documents.feedback import read_feedback, stated_numbers

SHARED = Path(__file__).parents[3] / "shared" / "data"
FACTS = SHARED / "expected_facts.jsonl"


def facts() -> list[Any]:
    if not FACTS.is_file():
        return [pytest.param({}, marks=pytest.mark.skip(reason="the shared notices are not here"))]
    return [json.loads(line) for line in FACTS.read_text("utf-8").splitlines() if line.strip()]


@pytest.mark.parametrize("fact", facts())
def test_a_notice_says_what_is_known_of_it(fact: dict[str, Any]) -> None:
    intake = read_feedback(fact["file"], (SHARED / "notices" / fact["file"]).read_bytes())

    if "no" in fact:
        finding = intake.findings[fact["no"] - 1]
        assert (finding.seq, finding.title) == (fact["no"], fact["title"])
        assert (finding.status or None, bool(finding.result)) == (fact["status"], fact["result_evidence"])
        if fact.get("type") == "立行立改":
            assert finding.kind is Kind.IMMEDIATE
            assert "kind_from_status" in {flagged.why.code for flagged in intake.flagged}
    else:
        expected = {key: Decimal(str(value)) for key, value in fact.items() if key != "file"}
        assert {key: intake.stated.get(key) for key in expected} == expected
        assert not [note for note in intake.notes if note.why.code == "sums_disagree"]


@pytest.mark.skipif(not FACTS.is_file(), reason="the shared notices are not here")
def test_every_notice_names_its_unit_and_day_where_it_says_them() -> None:
    def said(name: str) -> tuple[str | None, date | None]:
        intake = read_feedback(name, (SHARED / "notices" / name).read_bytes())
        return intake.unit, intake.feedback_on

    assert said("04_wuhan_jiangxia_sasac_group.txt") == ("武汉市江夏国有资产经营管理集团党委", date(2025, 2, 25))
    assert said("02_shanting_xuzhuang_town.txt") == ("徐庄镇党委", date(2023, 3, 14))
    assert said("01_kunming_district_round2.txt") == (None, date(2022, 1, 27))


def test_a_feedback_document_gives_its_problems_and_not_its_advice() -> None:
    text = """县委第二巡察组关于巡察县水务局党组的反馈意见
县水务局党组：
2025年2月25日，县委第二巡察组向县水务局党组反馈了巡察情况。
一、总体评价
（一）党组能够履行职责。
二、发现的主要问题
（一）聚焦党的理论路线方针政策贯彻落实方面
1.学习贯彻不深入。中心组学习流于形式。
2.水利项目推进缓慢。三个项目未按期完工。
（二）聚焦基层党组织建设方面
1.党内政治生活不严肃。会议记录雷同。
三、意见建议
（一）加强学习。
（二）完善制度，解决突出问题。
"""

    intake = read_file("反馈意见.txt", text.encode("gb18030"))

    assert [(finding.aspect, finding.title, finding.detail) for finding in intake.findings] == [
        ("聚焦党的理论路线方针政策贯彻落实方面", "学习贯彻不深入", "中心组学习流于形式。"),
        ("聚焦党的理论路线方针政策贯彻落实方面", "水利项目推进缓慢", "三个项目未按期完工。"),
        ("聚焦基层党组织建设方面", "党内政治生活不严肃", "会议记录雷同。"),
    ]
    assert intake.feedback_on == date(2025, 2, 25)


@pytest.mark.parametrize(
    ("first", "unit"),
    [
        ("一、关于学习不深入的问题", None),
        ("根据县委统一部署，县委巡察组开展了巡察，现就巡察反馈问题通报如下。", None),
        ("关于2024年度财政收支审计查出问题整改情况的报告", None),
        ("县水务局党组关于巡察整改进展情况的通报", "县水务局党组"),
        ("县水务局党组：", "县水务局党组"),
    ],
)
def test_only_a_body_is_taken_for_the_unit(first: str, unit: str | None) -> None:
    intake = read_file("反馈.txt", f"{first}\n1.关于会议记录雷同的问题\n整改情况：已补记。\n".encode())

    assert intake.unit == unit


def test_problems_in_running_text_are_taken_out_and_each_is_asked() -> None:
    text = "反馈会上，组长指出，一是党的领导方面：会议制度不落实；学习走过场。二是党的建设方面：发展党员不规范。"

    intake = read_file("反馈.txt", text.encode())

    assert [(finding.aspect, finding.title) for finding in intake.findings] == [
        ("党的领导方面", "会议制度不落实"),
        ("党的领导方面", "学习走过场"),
        ("党的建设方面", "发展党员不规范"),
    ]
    assert [flagged.why.code for flagged in intake.flagged] == ["from_prose"] * 3


def test_problems_that_are_counted_off_behind_a_colon_are_taken_out() -> None:
    text = "检查发现以下问题：一是台账不全；二是票据不合规。针对以上问题，一是要加强学习；二是要落实责任。"

    intake = read_file("反馈.txt", text.encode())

    assert [finding.title for finding in intake.findings] == ["台账不全", "票据不合规"]


def test_sums_that_do_not_come_out_are_said() -> None:
    intake = read_feedback(
        "通报.txt", "反馈问题10个,完成整改7个,未完成5个,总体完成率80%。反馈日期:2025年1月2日。".encode()
    )

    assert [note.why.said() for note in intake.notes if note.why.code == "sums_disagree"] == [
        "文件中的数字对不上：7 + 5 ≠ 10。",
        "文件中的数字对不上：7 / 10 ≠ 80%。",
    ]


def test_money_is_stated_in_ten_thousands_whatever_its_unit() -> None:
    assert stated_numbers("清退违规资金1.2亿元,挽回经济损失5000元") == {
        "refund_wan": Decimal(12000),
        "loss_recovered_wan": Decimal("0.5"),
    }


def saved(document: Any) -> bytes:
    into = io.BytesIO()
    document.save(into)
    return into.getvalue()


def test_a_word_document_with_numbers_that_word_prints_is_read_under_them() -> None:
    document = docx.Document()
    document.add_paragraph("县水务局党组关于巡察整改进展情况的通报")
    document.add_paragraph("反馈日期：2025年2月25日")
    document.add_paragraph("一、聚焦群众身边腐败问题方面")
    for title in ("关于违规发放补贴的问题", "关于公车私用的问题"):
        paragraph = document.add_paragraph(title)
        numbered(paragraph)
        document.add_paragraph("整改情况：一是清退补贴4500元。二是修订制度。")

    intake = read_file("通报.docx", saved(document))

    assert (intake.unit, intake.feedback_on) == ("县水务局党组", date(2025, 2, 25))
    assert [(finding.title, len(finding.measures)) for finding in intake.findings] == [
        ("违规发放补贴", 2),
        ("公车私用", 2),
    ]
    assert {finding.aspect for finding in intake.findings} == {"聚焦群众身边腐败问题方面"}
    assert intake.findings[0].result == "一是清退补贴4500元。"


def numbered(paragraph: Any) -> None:
    """Let Word print 1. 2. 3. before *paragraph*; its text stays without."""
    properties = paragraph._p.get_or_add_pPr()
    number = OxmlElement("w:numPr")
    for tag, value in (("w:ilvl", "0"), ("w:numId", decimal_list(paragraph))):
        element = OxmlElement(tag)
        element.set(qn("w:val"), value)
        number.append(element)
    properties.append(number)


def decimal_list(paragraph: Any) -> str:
    """The first list of the template that counts in decimals."""
    numbering = paragraph.part.numbering_part.element
    decimals = {
        abstract.get(qn("w:abstractNumId"))
        for abstract in numbering.iter(qn("w:abstractNum"))
        if abstract.find(qn("w:lvl")).find(qn("w:numFmt")).get(qn("w:val")) == "decimal"
    }
    return next(
        str(each.get(qn("w:numId")))
        for each in numbering.iter(qn("w:num"))
        if each.find(qn("w:abstractNumId")).get(qn("w:val")) in decimals
    )


def test_a_word_document_that_carries_a_ledger_is_read_as_a_ledger() -> None:
    document = docx.Document()
    document.add_paragraph("县水务局党组关于巡察整改方案的报告")
    table = document.add_table(rows=4, cols=4)
    rows = (
        ("反馈方面", "反馈问题", "整改措施", "整改时限"),
        ("作风方面", "会议多", "1.减会 2.合并", "2025年6月底前"),
        ("", "文件多", "减文", "长期坚持"),
        ("纪律方面", "考勤松", "查岗", "2025.3.31"),
    )
    for row, texts in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    table.cell(1, 0).merge(table.cell(2, 0))

    intake = read_file("方案.docx", saved(document))

    assert intake.unit == "县水务局党组"
    assert [(f.aspect, f.title, len(f.measures), f.due_on, f.kind) for f in intake.findings] == [
        ("作风方面", "会议多", 2, date(2025, 6, 30), Kind.PHASED),
        ("作风方面", "文件多", 1, None, Kind.CONTINUOUS),
        ("纪律方面", "考勤松", 1, date(2025, 3, 31), Kind.PHASED),
    ]


def test_a_text_about_something_else_is_refused() -> None:
    with pytest.raises(refusals.NoFindingFound):
        read_file("诗.txt", "床前明月光\n疑是地上霜".encode())


def test_a_text_file_that_is_a_table_is_read_as_a_ledger() -> None:
    (finding,) = read_file("台账.txt", "序号\t问题\t整改时限\n1\t甲\t2025年6月底前\n".encode("gb18030")).findings

    assert (finding.title, finding.due_on) == ("甲", date(2025, 6, 30))
