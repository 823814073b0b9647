"""Papers and figures on the pages: what may be taken away, by whom, and numbers that open exactly what they count."""

import html
import io
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from docx import Document
from openpyxl import load_workbook

from cases.finding import Kind
from documents.papers.pdf import soffice
from persistence.tables import findings
from tests.web.city import City, found_city, fresh_city
from tests.web.visitor import Visitor, bring_to_sign_off

PAPERS = ("ledger.xlsx", "three_lists.xlsx", "plan.docx", "progress_report.docx", "figures.xlsx")


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    made = fresh_city(tmp_path)
    yield made
    made.office.database.dispose()


def counted(page: str) -> dict[str, tuple[str, str]]:
    """Return quantity -> (number, address) of the last row, the sum."""
    last = page[page.rindex("<tr><th scope") :]
    found = re.findall(r'<a href="([^"]+)">([^<]+)</a>', last)
    pairs = ((html.unescape(address), number) for address, number in found)
    return {re.findall(r"what=(\w+)", address)[0]: (number, address) for address, number in pairs}


def test_every_paper_of_a_list_and_a_finding_is_sent_as_a_file(city: City) -> None:
    number = city.issue()[0]
    visitor = Visitor(city, "office1")

    for paper in PAPERS:
        answer = visitor.get(f"/lists/{city.list_number}/papers/{paper}")
        assert answer.status_code == 200, paper
        assert "attachment" in answer.headers["content-disposition"]
        assert answer.headers["cache-control"] == "no-store"
        opened = load_workbook if paper.endswith("xlsx") else Document
        assert opened(io.BytesIO(answer.content))
    sheet = visitor.get(f"/findings/{number}/papers/sign_off_sheet.docx")
    assert "销号审批表" in unquote(sheet.headers["content-disposition"])
    assert Document(io.BytesIO(sheet.content))


def test_the_pages_lead_to_the_papers(city: City) -> None:
    number = city.issue()[0]
    visitor = Visitor(city, "office1")

    on_list, on_finding = visitor.get(f"/lists/{city.list_number}").text, visitor.get(f"/findings/{number}").text

    for paper in PAPERS:
        assert f'href="/lists/{city.list_number}/papers/{paper}"' in on_list
    assert f'href="/findings/{number}/papers/sign_off_sheet.docx"' in on_finding
    assert 'href="/figures"' in on_finding


def test_papers_that_one_may_not_see_read_like_papers_that_do_not_exist(city: City) -> None:
    number = city.issue()[0]
    stranger, own = Visitor(city, "u12chief"), Visitor(city, "u11chief")

    for paper in PAPERS:
        assert stranger.get(f"/lists/{city.list_number}/papers/{paper}").status_code == 404
        assert own.get(f"/lists/{city.list_number}/papers/{paper}").status_code == 200
    assert stranger.get(f"/findings/{number}/papers/sign_off_sheet.docx").status_code == 404
    for wrong in ("ledger.docx", "nothing.xlsx", "ledger.exe"):
        assert own.get(f"/lists/{city.list_number}/papers/{wrong}").status_code == 404
    assert Visitor(city).get(f"/lists/{city.list_number}/papers/ledger.xlsx").status_code == 303


def test_a_confidential_finding_stays_out_of_papers_and_figures(city: City) -> None:
    number = city.issue()[0]
    city.change(findings.update().where(findings.c.number == number).values(confidentiality=2, title="涉密的问题"))
    visitor = Visitor(city, "office1")

    ledger = load_workbook(io.BytesIO(visitor.get(f"/lists/{city.list_number}/papers/ledger.xlsx").content))

    assert "涉密的问题" not in str([[cell.value for cell in row] for row in ledger.active or ()])
    assert counted(visitor.get("/figures").text)["total"][0] == "2"
    assert "涉密的问题" not in visitor.get("/figures/findings?what=total").text


def test_every_number_opens_the_findings_that_it_counts(city: City) -> None:
    number = city.issue((Kind.IMMEDIATE,))[0]
    bring_to_sign_off(city, number, city.id_of(number))
    city.sign_off(number)
    visitor = Visitor(city, "office1")

    page = visitor.get("/figures?by=kind")

    whole = counted(page.text)
    assert (whole["total"][0], whole["done"][0]) == ("3", "1")
    assert "1 ÷ 3 × 100% = 33.33%" in page.text
    assert "完成率 = 完成数（已销号） ÷ 应整改数 × 100%" in page.text
    for quantity in ("total", "done", "undone", "on_time", "overdue", "historic"):
        rows = visitor.get(whole[quantity][1]).text
        assert rows.count('class="number"') == int(whole[quantity][0]), quantity
    for address, shown in re.findall(r'<td class="right figure"><a href="([^"]+what=total[^"]*)">(\d+)</a>', page.text):
        assert visitor.get(html.unescape(address)).text.count('class="number"') == int(shown)


@pytest.mark.parametrize("by", ["round", "list", "unit", "category", "kind", "leader"])
def test_each_grouping_narrows_to_its_own_group(city: City, by: str) -> None:
    city.issue()
    visitor = Visitor(city, "office1")

    page = visitor.get(f"/figures?by={by}").text

    first = re.findall(r'<td class="right figure"><a href="([^"]+what=total[^"]*)">(\d+)</a>', page)[0]
    assert visitor.get(html.unescape(first[0])).text.count('class="number"') == int(first[1])
    assert visitor.get(f"/figures.xlsx?by={by}").status_code == 200


def test_figures_of_an_earlier_day_and_of_nonsense(city: City) -> None:
    city.issue()
    visitor = Visitor(city, "office1")

    assert counted(visitor.get("/figures?as_of=2020-01-01").text)["total"][0] == "0"
    nonsense = "/figures?as_of=31.2.2026&round=x&unit=99999999999999999999&kind=NO&by=no&formula=no&leader=-1"
    assert counted(visitor.get(nonsense).text)["total"][0] == "3"
    assert visitor.get("/figures/findings?what=everything").status_code == 404


def test_the_completion_that_was_chosen_is_the_one_that_is_printed(city: City) -> None:
    city.issue()
    visitor = Visitor(city, "office1")

    page = visitor.get("/figures?formula=done_cut").text

    assert "其余舍去" in page
    assert "0 ÷ 3 × 100% = 0%" in page


@pytest.mark.skipif(soffice() is None, reason="libreoffice-writer and libreoffice-calc are not installed")
def test_a_paper_comes_as_pdf_where_libreoffice_is_installed(city: City) -> None:
    answer = Visitor(city, "office1").get(f"/findings/{city.issue()[0]}/papers/sign_off_sheet.pdf")

    assert answer.content.startswith(b"%PDF")


def test_without_libreoffice_the_page_says_what_is_missing(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = Visitor(city, "office1")
    monkeypatch.setenv("PATH", "")

    answer = visitor.get(f"/findings/{city.issue()[0]}/papers/sign_off_sheet.pdf")

    assert answer.status_code < 500
    assert "libreoffice-writer" in answer.text


def test_figures_answer_on_every_database(database_url: str, tmp_path: Path) -> None:
    city = found_city(database_url, tmp_path)
    city.issue()
    visitor = Visitor(city, "office1")

    for by in ("round", "list", "unit", "category", "kind", "leader"):
        assert counted(visitor.get(f"/figures?by={by}").text)["total"][0] == "3"
    assert visitor.get(f"/lists/{city.list_number}/papers/ledger.xlsx").status_code == 200
    city.office.database.dispose()
