"""Papers that an office can sign: everything is text, nothing that people wrote is ever executed, all of it opens."""

import csv
import io
import re
import tomllib
import zipfile
from datetime import date
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from openpyxl import load_workbook
from pypdf import PdfReader

from cases.figures import Tally, newest
from documents.intake import read_ledger
from documents.papers import sheets, words
from documents.papers.pdf import OfficeMissing, as_pdf, soffice
from documents.papers.templates_made import FOLDER, MADE
from documents.papers.values import FigureLine, FigureValues, FindingValues, LedgerLine, ListValues, Opinion

COLUMNS = Path(__file__).parents[3] / "shared" / "data" / "ledger_columns.csv"
EVIL = '=HYPERLINK("http://example.org","{{ 7*7 }}")<w:p>&{% raise %}\x00\x07\ud800'
AS_TEXT = '=HYPERLINK("http://example.org","{{ 7*7 }}")<w:p>&{% raise %}'
CHECKPOINT = f"数据截至2026年7月1日，过程记录封存至第120条，摘要（SHA-256）{'9f' * 32}"


def a_line(place: int = 1, **told: Any) -> LedgerLine:
    known: dict[str, Any] = dict.fromkeys(LedgerLine.__dataclass_fields__, "")
    known |= {
        "seq": str(place), "number": f"XC2026-001-{place:03}", "title": f"超标准发放津贴补贴{place}", "amount": "18.6",
        "detail": "涉及12人。", "kind": "立行立改", "measures": ("清退资金", "修订办法"), "regulations": (),
        "evidence_refs": ("缴款凭证.pdf",), "due": "2026-06-30", "status": "整改中", "responsible_org": "江夏国资集团",
    }  # fmt: skip
    return LedgerLine(**(known | told))


def a_list(*lines: LedgerLine) -> ListValues:
    return ListValues(
        number="XC2026-001", title="江夏国资集团巡察反馈问题清单", unit="江夏国资集团", office="市委巡察办",
        round_name="五届市委第六轮巡察", feedback_on=date(2026, 3, 2), as_of=date(2026, 7, 1), chief="党委书记",
        plan_adopted_on=date(2026, 3, 16), plan_summary="党委专题研究。", report_summary="召开专题会议4次。",
        lines=lines or (a_line(1), a_line(2)), tally=Tally(total=697, done=688, basic=4), checkpoint=CHECKPOINT,
    )  # fmt: skip


def a_sign_off(**told: Any) -> FindingValues:
    known: dict[str, Any] = {
        "number": "XC2026-001-001", "unit": "江夏国资集团", "office": "市委巡察办", "round_name": "五届市委第六轮巡察",
        "feedback_on": date(2026, 3, 2), "kind": "立行立改", "due_on": date(2026, 6, 30), "leader": "副总经理",
        "handler": "财务部主任", "amount": "18.6万元", "recovered": "18.6万元", "title": "超标准发放津贴补贴",
        "detail": "涉及12人。", "criteria": ("资金追回到位",), "measures": ("清退资金（已清退）",),
        "completion": "已清退", "evidence": ("缴款凭证.pdf（缴款凭证）",), "checkpoint": CHECKPOINT,
    }  # fmt: skip
    return FindingValues(**(known | told))


def figure_values(**told: Any) -> FigureValues:
    whole = Tally(total=697, done=688, basic=4, amount_yuan=Decimal("100.50"), historic=2)
    known: dict[str, Any] = {
        "title": "巡察整改情况统计表", "scope": "五届市委第六轮巡察", "as_of": date(2026, 7, 1), "grouped_by": "单位",
        "lines": (FigureLine("江夏国资集团", whole),), "whole": whole, "formulas": (newest()["done_only"],),
    }  # fmt: skip
    return FigureValues(**(known | told))


def text_of(paper: bytes) -> str:
    """Return all text of a Word paper, tables included, each cell once."""
    document = Document(io.BytesIO(paper))
    return "\n".join(
        "".join(t.text or "\n" for t in p.iter() if t.tag.endswith(("}t", "}br")))
        for p in document.element.body.iter()
        if p.tag.endswith("}p")
    )


def cells_of(paper: bytes) -> list[Any]:
    return [cell for sheet in load_workbook(io.BytesIO(paper)) for row in sheet.iter_rows() for cell in row]


def test_our_columns_are_those_of_the_agreed_ledger() -> None:
    if not COLUMNS.exists():
        pytest.skip("the agreed columns are not on this machine")
    with COLUMNS.open(encoding="utf-8-sig") as file:
        agreed = [row["header_zh"] for row in csv.DictReader(file)]

    assert list(sheets.HEADINGS) == agreed


def test_a_line_has_one_field_per_column_under_the_heading_that_intake_knows_best() -> None:
    known = tomllib.loads(files("config").joinpath("ledger_headings.toml").read_text("utf-8"))
    del known["amount_unit"]  # ours stands in the heading

    assert list(LedgerLine.__dataclass_fields__) == list(known)
    assert [re.sub(r"\(.*", "", heading) for heading in sheets.HEADINGS] == [best[0] for best in known.values()]


@pytest.mark.parametrize(
    "paper",
    [
        lambda line: sheets.ledger_sheet(a_list(line)),
        lambda line: sheets.three_lists(a_list(line)),
        lambda line: sheets.figures_sheet(figure_values(lines=(FigureLine(line.title, Tally()),))),
    ],
)
def test_every_cell_of_a_sheet_is_text_whatever_people_wrote(paper: Any) -> None:
    cells = [cell for cell in cells_of(paper(a_line(title=EVIL, measures=("+1", "-2"), phone="@x"))) if cell.value]

    assert {cell.data_type for cell in cells} == {"s"}
    written = [cell for cell in cells if str(cell.value).startswith("=")]
    assert written
    assert all(cell.value == AS_TEXT and cell.quotePrefix for cell in written)


def test_a_very_long_text_is_cut_where_excel_ends() -> None:
    longest = max(
        len(str(cell.value or "")) for cell in cells_of(sheets.ledger_sheet(a_list(a_line(detail="长" * 50_000))))
    )

    assert longest <= 32_767


def test_the_ledger_reads_back_as_it_was_and_without_its_signatures() -> None:
    lines = (a_line(1), a_line(2, kind="持续整改", amount="", due="2026年底前"), a_line(3, title=EVIL))

    intake = read_ledger("整改台账.xlsx", sheets.ledger_sheet(a_list(*lines)))

    assert (intake.unit, intake.feedback_on) == ("江夏国资集团", date(2026, 3, 2))
    assert [found.number for found in intake.findings] == [line.number for line in lines]
    assert [found.measures for found in intake.findings] == [line.measures for line in lines]
    assert [found.title for found in intake.findings] == [*(line.title for line in lines[:2]), AS_TEXT]
    assert intake.findings[0].amount_yuan == 186_000
    assert not intake.rejected
    assert not intake.duplicates


def test_the_ledger_says_up_to_where_the_log_was_sealed_and_freezes_its_headings() -> None:
    sheet = load_workbook(io.BytesIO(sheets.ledger_sheet(a_list()))).active
    assert sheet is not None

    assert sheet.freeze_panes == "C4"
    last = [str(row[0].value) for row in sheet.iter_rows(min_row=sheet.max_row - 1)]
    assert last[0].startswith("填表人：")
    assert last[1] == f"注：{CHECKPOINT}"


def test_the_figures_print_their_formula_with_its_numbers() -> None:
    texts = [str(cell.value) for cell in cells_of(sheets.figures_sheet(figure_values()))]

    assert any("完成率 = 完成数（已销号） ÷ 应整改数" in text and "688 ÷ 697 × 100% = 98.71%" in text for text in texts)
    assert "系统启用前已销号 2 个，未计入以上各数。" in texts
    english = [str(cell.value) for cell in cells_of(sheets.figures_sheet(figure_values(language="en")))]
    assert any("688 ÷ 697 × 100% = 98.71%" in text and "definition" in text for text in english)


@pytest.mark.parametrize(
    "paper",
    [
        lambda: words.make("plan", a_list(a_line(title=EVIL))),
        lambda: words.make("progress_report", a_list(a_line(title=EVIL))),
        lambda: words.make("sign_off_sheet", a_sign_off(title=EVIL)),
    ],
)
def test_a_place_holder_in_what_people_wrote_is_text_in_a_word_paper(paper: Any) -> None:
    assert AS_TEXT in text_of(paper())


def test_the_sign_off_sheet_shows_opinions_with_names_and_days_and_leaves_room_for_the_others() -> None:
    given = (Opinion("属实。已核对第3号凭证", "核查组", date(2026, 5, 25)),)
    signed = (Opinion("准予销号。", "组长", date(2026, 7, 1), "〔2026〕5号"),)

    text = text_of(words.make("sign_off_sheet", a_sign_off(verifications=given, decisions=signed)))

    assert "属实。已核对第3号凭证" in text
    assert "核查组　　2026年5月25日" in text
    assert "〔2026〕5号" in text
    assert text.count("签字（盖章）") == 2
    assert "{" not in text


def test_the_report_prints_formulas_and_what_is_not_finished() -> None:
    text = text_of(words.make("progress_report", a_list(a_line(1, sign_off="2026-07-01", status="已销号"), a_line(2))))

    assert "688 ÷ 697 × 100% = 98.71%" in text
    assert "1.超标准发放津贴补贴2（XC2026-001-002）：整改中" in text
    assert "1.超标准发放津贴补贴1（XC2026-001-001）：" not in text


@pytest.mark.parametrize("name", list(MADE))
def test_the_templates_in_the_house_are_those_that_the_code_makes(name: str) -> None:
    made = io.BytesIO()
    MADE[name]().save(made)

    def parts(content: bytes) -> dict[str, bytes]:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            return {part: packed.read(part) for part in packed.namelist() if part.startswith("word/")}

    assert parts((FOLDER / f"{name}.docx").read_bytes()) == parts(made.getvalue())


def test_without_libreoffice_a_pdf_is_refused_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    with pytest.raises(OfficeMissing):
        as_pdf(words.make("plan", a_list()), "docx")


@pytest.mark.skipif(soffice() is None, reason="libreoffice-writer and libreoffice-calc are not installed")
@pytest.mark.parametrize(
    ("form", "paper", "said", "pages"),
    [
        ("docx", lambda: words.make("sign_off_sheet", a_sign_off()), "XC2026-001-001", 1),
        ("docx", lambda: words.make("progress_report", a_list()), "98.71%", 2),
        ("xlsx", lambda: sheets.ledger_sheet(a_list(a_line(title=EVIL))), "HYPERLINK", 3),
    ],
)
def test_libreoffice_opens_it_and_prints_it_on_so_many_pages(form: str, paper: Any, said: str, pages: int) -> None:
    printed = PdfReader(io.BytesIO(as_pdf(paper(), form)))

    assert said in "".join(page.extract_text() for page in printed.pages)
    assert len(printed.pages) == pages
