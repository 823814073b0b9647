"""Word documents as offices write them: what Word prints is read, what it took away or hides is not."""

import io
import os
import subprocess
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from documents import refusals
from documents.door import read_file
from documents.limited import in_child
from documents.papers.pdf import soffice

NAMES = (
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:v="urn:schemas-microsoft-com:vml"'
)


def saved(document: Any) -> bytes:
    into = io.BytesIO()
    document.save(into)
    return into.getvalue()


def notice(*paragraphs: str) -> Any:
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    return document


def add(document: Any, xml: str) -> None:
    """Put a paragraph or table given as XML at the end of *document*."""
    document.element.body.insert(len(document.element.body) - 1, parse_xml(xml))


def titles(document: Any, name: str = "通报.docx") -> list[str]:
    return [finding.title for finding in read_file(name, saved(document)).findings]


def test_what_a_tracked_change_put_in_is_read_and_what_it_took_away_is_not() -> None:
    document = notice("一、聚焦群众身边腐败问题方面")
    add(
        document,
        f"""<w:p {nsdecls("w")}><w:r><w:t>1.关于</w:t></w:r>
        <w:ins w:id="1" w:author="甲"><w:r><w:t>违规发放补贴</w:t></w:r></w:ins>
        <w:del w:id="2" w:author="甲"><w:r><w:delText>公车私用</w:delText></w:r></w:del>
        <w:moveFrom w:id="3" w:author="甲"><w:r><w:t>公款吃喝</w:t></w:r></w:moveFrom>
        <w:r><w:rPr><w:vanish/></w:rPr><w:t>（内部批注）</w:t></w:r>
        <w:r><w:t>的问题</w:t></w:r></w:p>""",
    )

    assert titles(document) == ["违规发放补贴"]


def test_a_text_box_is_read_once_behind_its_paragraph() -> None:
    document = notice("一、聚焦群众身边腐败问题方面")
    box = "<w:txbxContent><w:p><w:r><w:t>1.关于会议记录雷同的问题</w:t></w:r></w:p></w:txbxContent>"
    add(
        document,
        f"""<w:p {nsdecls("w")} {NAMES}><w:r><mc:AlternateContent>
        <mc:Choice Requires="wps"><w:drawing><wps:txbx>{box}</wps:txbx></w:drawing></mc:Choice>
        <mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict></mc:Fallback>
        </mc:AlternateContent></w:r></w:p>""",
    )

    assert titles(document) == ["会议记录雷同"]


def test_the_unit_may_stand_in_the_header_of_the_pages() -> None:
    document = notice("一、聚焦群众身边腐败问题方面", "1.关于会议记录雷同的问题")
    document.sections[0].header.paragraphs[0].text = "县水务局党组关于巡察整改情况的通报"

    assert read_file("通报.docx", saved(document)).unit == "县水务局党组"


def table(document: Any, *rows: tuple[str, ...]) -> Any:
    made = document.add_table(rows=len(rows), cols=len(rows[0]))
    for row, texts in zip(made.rows, rows, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    return made


def test_a_ledger_over_several_pages_goes_on_in_the_next_table() -> None:
    document = notice("县水务局整改台账")
    table(document, ("序号", "存在问题", "整改措施"), ("1", "会议记录雷同", "补记"))
    document.add_paragraph("第 2 页")
    table(document, ("2", "补贴超标", "清退"))
    table(document, ("填表说明", "略"))

    assert titles(document) == ["会议记录雷同", "补贴超标"]


def test_numbers_that_word_counts_in_a_column_are_the_numbers() -> None:
    document = docx.Document()
    made = table(document, ("序号", "存在问题", "整改措施"), ("", "会议记录雷同", "补记"), ("", "补贴超标", "清退"))
    for row in made.rows[1:]:
        row.cells[0].paragraphs[0].style = document.styles["List Number"]

    findings = read_file("台账.docx", saved(document)).findings

    assert [finding.seq for finding in findings] == [1, 2]


def test_a_row_that_a_tracked_change_deleted_is_gone() -> None:
    document = docx.Document()
    made = table(document, ("序号", "存在问题", "整改措施"), ("1", "会议记录雷同", "补记"), ("2", "补贴超标", "清退"))
    made.rows[2]._tr.get_or_add_trPr().append(parse_xml(f'<w:del {nsdecls("w")} w:id="1" w:author="甲"/>'))

    assert titles(document) == ["会议记录雷同"]


def test_a_list_that_begins_anew_counts_from_its_own_start() -> None:
    document = docx.Document()
    numbering = document.part.numbering_part.element
    numbering.insert(
        0,
        parse_xml(f"""<w:abstractNum {nsdecls("w")} w:abstractNumId="90"><w:lvl w:ilvl="0">
        <w:start w:val="1"/><w:numFmt w:val="chineseCountingThousand"/><w:lvlText w:val="（%1）"/></w:lvl>
        </w:abstractNum>"""),
    )
    for identity, override in (
        ("91", ""),
        ("92", '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>'),
    ):
        numbering.append(
            parse_xml(f'<w:num {nsdecls("w")} w:numId="{identity}"><w:abstractNumId w:val="90"/>{override}</w:num>')
        )
    for identity, text in (("91", "甲"), ("91", "乙"), ("92", "丙")):
        add(
            document,
            f"""<w:p {nsdecls("w")}><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="{identity}"/></w:numPr></w:pPr>
            <w:r><w:t>关于{text}的问题</w:t></w:r></w:p>""",
        )

    texts = [block["text"] for block in in_child("docx", saved(document))["blocks"]]
    assert texts == ["（一）关于甲的问题", "（二）关于乙的问题", "（一）关于丙的问题"]


@pytest.mark.skipif(soffice() is None, reason="LibreOffice is not installed here")
@pytest.mark.parametrize("suffix", [".doc", ".wps"])
def test_a_document_of_an_older_program_is_converted_and_read(tmp_path: Path, suffix: str) -> None:
    (tmp_path / "new.docx").write_bytes(saved(notice("一、聚焦群众身边腐败问题方面", "1.关于会议记录雷同的问题")))
    subprocess.run(
        [str(soffice()), f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless",
         "--convert-to", "doc", "--outdir", str(tmp_path), str(tmp_path / "new.docx")],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip

    intake = read_file(f"通报{suffix}", (tmp_path / "new.doc").read_bytes())

    assert [finding.title for finding in intake.findings] == ["会议记录雷同"]


def test_without_libreoffice_an_older_document_is_refused_and_told_how_to_save(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "WordDocument".encode("utf-16-le")

    with pytest.raises(refusals.OldDocument):
        read_file("通报.doc", old)
