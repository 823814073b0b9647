"""Papers and figures on the pages: what may be taken away, by whom, and numbers that open exactly what they count."""

import html
import io
import json
import re
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest
from docx import Document
from openpyxl import load_workbook

from cases.finding import Kind
from documents.papers.pdf import soffice
from persistence.log import seal_log
from persistence.proof_check import holds
from persistence.tables import findings
from tests.documents.hostile_templates import saying, template
from tests.documents.test_papers import text_of
from tests.support import city as cities
from tests.support.waiting import PATIENCE
from tests.web.city import City, fresh_city, with_pages
from tests.web.visitor import Visitor, bring_to_sign_off
from web.papers import SHEETS as LISTS

PAPERS = (
    "ledger.xlsx", "three_lists.xlsx", "five_lists.xlsx", "figures.xlsx", "plan.docx", "progress_report.docx",
    "reminder.docx", "supervision.docx", "interview.docx", "circular.docx",
)  # fmt: skip
OF_A_FINDING = ("sign_off_sheet", "verification_report", "look_back_report")


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
        answer = fetched(visitor, f"/lists/{city.list_number}/papers/{paper}")
        assert answer.status_code == 200, paper
        assert "attachment" in answer.headers["content-disposition"]
        assert answer.headers["cache-control"] == "no-store"
        opened = load_workbook if paper.endswith("xlsx") else Document
        assert opened(io.BytesIO(answer.content))
    sheet = fetched(visitor, f"/findings/{number}/papers/sign_off_sheet.docx")
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
        assert own.get(f"/lists/{city.list_number}/papers/{paper}").status_code in (200, 303)
    assert stranger.get(f"/findings/{number}/papers/sign_off_sheet.docx").status_code == 404
    for wrong in ("ledger.docx", "nothing.xlsx", "ledger.exe"):
        assert own.get(f"/lists/{city.list_number}/papers/{wrong}").status_code == 404
    assert Visitor(city).get(f"/lists/{city.list_number}/papers/ledger.xlsx").status_code == 303


def test_a_confidential_finding_stays_out_of_papers_and_figures(city: City) -> None:
    number = city.issue()[0]
    city.change(findings.update().where(findings.c.number == number).values(confidentiality=2, title="涉密的问题"))
    visitor = Visitor(city, "office1")

    ledger = load_workbook(io.BytesIO(fetched(visitor, f"/lists/{city.list_number}/papers/ledger.xlsx").content))

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
    assert fetched(visitor, f"/figures.xlsx?by={by}").status_code == 200


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


def fetched(visitor: Visitor, path: str, *, seconds: float = PATIENCE) -> httpx.Response:
    """Return the file at *path*, waited for on the page that counts where it takes longer."""
    answer = visitor.get(path)
    if answer.status_code != 303:
        return answer
    place = answer.headers["location"]
    ends = time.monotonic() + seconds
    while f'href="{place}/file"' not in (page := visitor.get(place).text) and "notice-overdue" not in page:
        assert time.monotonic() < ends, page
        time.sleep(0.2)
    return visitor.get(f"{place}/file")


@pytest.mark.skipif(soffice() is None, reason="libreoffice-writer and libreoffice-calc are not installed")
def test_a_paper_comes_as_pdf_where_libreoffice_is_installed(city: City) -> None:
    answer = fetched(Visitor(city, "office1"), f"/findings/{city.issue()[0]}/papers/sign_off_sheet.pdf")

    assert answer.content.startswith(b"%PDF")


def test_without_libreoffice_the_page_says_what_is_missing(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = Visitor(city, "office1")
    monkeypatch.setenv("PATH", "")

    answer = fetched(visitor, f"/findings/{city.issue()[0]}/papers/sign_off_sheet.pdf")

    assert answer.status_code < 500
    assert "libreoffice-writer" in answer.text


def test_a_paper_that_takes_long_is_made_beside_the_request_and_counted(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = city.issue()[0]
    monkeypatch.setattr("web.exports.PATIENCE", 0)
    goes_on = threading.Event()
    sheet = LISTS["ledger"]
    monkeypatch.setitem(LISTS, "ledger", lambda values: goes_on.wait(PATIENCE) and sheet(values))
    visitor = Visitor(city, "office1")

    place = visitor.get(f"/lists/{city.list_number}/papers.zip").headers["location"]
    deadline = time.monotonic() + PATIENCE
    while 'max="13"' not in (page := visitor.get(place).text):  # 10 papers of the list, 3 findings
        assert time.monotonic() < deadline, page
    assert 'value="0"' in page
    assert visitor.get(f"{place}/file").status_code == 404
    assert Visitor(city, "office2").get(place).status_code == 404  # another browser knows the address, not the person
    goes_on.set()
    file = fetched_from(visitor, place)

    with zipfile.ZipFile(io.BytesIO(file)) as package:
        names = package.namelist()
        listed = package.read("目录.txt").decode("utf-8-sig")
    assert len(names) == 10 + 3 * 3 + 1
    assert f"销号审批表/销号审批表{number}.docx" in names
    assert all(name in listed for name in names if name != "目录.txt")


def fetched_from(visitor: Visitor, place: str) -> bytes:
    deadline = time.monotonic() + PATIENCE
    while (answer := visitor.get(f"{place}/file")).status_code == 404:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return answer.content


def test_the_dossier_of_a_finding_holds_its_papers_record_evidence_and_proof(city: City) -> None:
    number = city.issue((Kind.IMMEDIATE,))[0]
    bring_to_sign_off(city, number, city.id_of(number))
    with city.office.database.writing() as conn:
        seal_log(conn, city.office.keyring, city.office.now())

    with zipfile.ZipFile(
        io.BytesIO(fetched(Visitor(city, "office1"), f"/findings/{number}/dossier.zip").content)
    ) as package:
        names = package.namelist()
        proof = json.loads(package.read("记录/proof.json"))
        told = json.loads(package.read("记录/dossier.json"))
        listed = package.read("目录.txt").decode("utf-8-sig")

    assert holds(proof, proof["checkpoint"]["root"])
    assert told["number"] == number
    assert {"文书/销号审批表.docx", "文书/核查报告.docx", "文书/回头看报告.docx", "记录/过程.txt"} <= set(names)
    assert [name for name in names if name.startswith("佐证材料/")]
    assert proof["checkpoint"]["root"] in listed


def test_the_unit_gets_a_dossier_without_what_it_may_not_know(city: City) -> None:
    number = city.issue((Kind.IMMEDIATE,))[0]

    with zipfile.ZipFile(
        io.BytesIO(fetched(Visitor(city, "u11chief"), f"/findings/{number}/dossier.zip").content)
    ) as package:
        names = package.namelist()
    assert "记录/proof.json" not in names
    assert Visitor(city, "u12chief").get(f"/findings/{number}/dossier.zip").status_code == 404
    assert Visitor(city, "sysadmin1").get(f"/findings/{number}/dossier.zip").status_code == 404


def test_a_month_and_a_quarter_are_told_with_numerators_and_denominators(city: City) -> None:
    city.issue()
    visitor = Visitor(city, "office1")

    for paper in ("monthly_circular", "quarterly_airing"):
        text = text_of(fetched(visitor, f"/figures/{paper}.docx").content)
        assert "0.00%（0/3）" in text
        assert "完成率 = 完成数（已销号） ÷ 应整改数" in text
    assert visitor.get("/figures/sign_off_sheet.docx").status_code == 404


def test_a_template_is_uploaded_tried_with_a_finding_and_released_by_another_person(city: City) -> None:
    number = city.issue()[0]
    first, second = Visitor(city, "office1"), Visitor(city, "sysadmin1")
    own = template(saying("本单位自拟 {{ title }}"), paper="sign_off_sheet")

    refused = first.post(
        "/templates/sign_off_sheet",
        {"act": "draft_template"},
        files={"file": ("a.docx", template(saying("{{ unit.__class__ }}"), paper="sign_off_sheet"))},
    )
    kept = first.post("/templates/sign_off_sheet", {"act": "draft_template"}, files={"file": ("a.docx", own)})
    tried = fetched(first, f"/templates/sign_off_sheet/1/preview.docx?number={number}")
    day = str(city.today)
    released = second.post("/templates/sign_off_sheet", {"act": "release_template", "version": "1", "valid_from": day})
    made = fetched(first, f"/findings/{number}/papers/sign_off_sheet.docx")

    assert refused.status_code == 422
    assert ".__class__" in refused.text
    assert (kept.status_code, released.status_code) == (303, 303)
    for paper in (tried, made):
        assert f"本单位自拟 {city.finding(number).title}" in text_of(paper.content)
    assert second.get(f"/templates/sign_off_sheet/1/preview.docx?number={number}").status_code == 404
    assert Visitor(city, "u11chief").get("/templates").status_code == 404
    assert second.get("/templates").status_code == 200


def test_figures_answer_on_every_database(city_at: Callable[[str], cities.City]) -> None:
    city = with_pages(city_at("registered"))
    city.issue()
    visitor = Visitor(city, "office1")

    for by in ("round", "list", "unit", "category", "kind", "leader"):
        assert counted(visitor.get(f"/figures?by={by}").text)["total"][0] == "3"
    assert fetched(visitor, f"/lists/{city.list_number}/papers/ledger.xlsx").status_code == 200
    city.office.database.dispose()
