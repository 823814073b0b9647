"""Registers through the pages: entering, withdrawing, importing, and who may see what."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import openpyxl
import pytest
from sqlalchemy import select

from persistence.tables import findings, register_entries
from tests.web.city import City, fresh_city
from tests.web.visitor import Visitor

RECOVERY = {"register": "recovery", "at": "2026-03-02 10:30", "amount": "12000", "payer": "某公司", "account": "国库"}

PAYMENT = {"register": "payment", "at": "2026-03-01", "amount": "1", "payee": "x", "purpose": "x"}


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    made = fresh_city(tmp_path)
    yield made
    made.office.database.dispose()


def first(city: City) -> str:
    with city.office.read() as conn:
        return str(conn.scalar(select(findings.c.number).order_by(findings.c.number).limit(1)))


def attached(name: str, content: bytes) -> dict[str, tuple[str, bytes]]:
    return {"file": (name, content)}


def entries(city: City) -> list[dict[str, object]]:
    with city.office.read() as conn:
        return [dict(row) for row in conn.execute(select(register_entries)).mappings()]


def enter(visitor: Visitor, path: str, **given: str) -> httpx.Response:
    return visitor.post(path, {"act": "enter_register", **given})


def book(*rows: list[object]) -> bytes:
    made = openpyxl.Workbook()
    for row in rows:
        made.worksheets[0].append(row)
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


HEADINGS: list[object] = ["时间", "金额（元）", "缴款人", "账户", "凭证号", "经办"]


def test_a_row_is_entered_shown_and_withdrawn_with_its_reason(city: City) -> None:
    office, number = Visitor(city, "office1"), first(city)
    path = f"/findings/{number}/registers"
    assert enter(office, path, **RECOVERY).status_code == 200
    shown = office.get(path).text
    assert "12,000.00" in shown
    assert "国库" in shown
    (entry,) = entries(city)
    gone = office.post(path, {"act": "withdraw_entry", "entry": str(entry["id"]), "reason": "金额登记错误"})
    assert gone.status_code == 200
    assert "金额登记错误" in gone.text
    assert entries(city)[0]["withdrawn_because"] == "金额登记错误"


def test_a_form_that_is_wrong_comes_back_as_it_was_filled_in(city: City) -> None:
    answer = enter(Visitor(city, "office1"), f"/findings/{first(city)}/registers", **RECOVERY | {"amount": "很多"})
    assert answer.status_code == 422
    assert "请填写金额" in answer.text
    assert 'value="某公司"' in answer.text
    assert entries(city) == []


def test_a_workbook_is_looked_at_and_then_kept_whole(city: City) -> None:
    office, number = Visitor(city, "office1"), first(city)
    good = book(
        HEADINGS, ["2026-03-02 10:30", 12000, "甲", "国库", "1号", "x"], ["2026-03-02", "3,000", "乙", "国库", "", ""]
    )
    path = "/registers/recovery/import"
    seen = office.post(f"{path}/preview?finding={number}", files=attached("缴款.xlsx", good))
    assert seen.status_code == 200
    assert "导入 2 条" in seen.text
    assert "经办" in seen.text
    sha256 = re.search(r'name="sha256" value="(\w+)"', seen.text)
    assert sha256
    assert entries(city) == []
    kept = office.post(
        f"{path}?finding={number}", {"sha256": sha256[1], "key": "k1"}, files=attached("缴款.xlsx", good)
    )
    assert kept.status_code == 200, kept.text
    assert [row["fields"]["amount"] for row in entries(city)] == ["12000.00", "3000.00"]  # type: ignore[index]
    assert entries(city)[0]["source_sha256"] == sha256[1]
    again = office.post(
        f"{path}?finding={number}", {"sha256": sha256[1], "key": "k2"}, files=attached("缴款.xlsx", good)
    )
    assert "没有新的登记" in again.text
    assert len(entries(city)) == 2


def test_one_wrong_row_keeps_the_whole_workbook_out_and_its_place_is_named(city: City) -> None:
    office, number = Visitor(city, "office1"), first(city)
    bad = book(HEADINGS, ["2026-03-02", 12000, "甲", "国库", "", ""], ["昨天", -5, "乙", 6222021234567890123, "", ""])
    path = f"/registers/recovery/import?finding={number}"
    seen = office.post(path.replace("import", "import/preview"), files=attached("缴款.xlsx", bad))
    assert "Sheet 3" in seen.text
    assert "昨天" in seen.text
    assert "请填写日期" in seen.text
    assert "设为文本" in seen.text
    assert "导入 1 条" not in seen.text
    sha256 = re.search(r'name="sha256" value="(\w+)"', seen.text)
    assert sha256
    refused = office.post(path, {"sha256": sha256[1], "key": "k"}, files=attached("缴款.xlsx", bad))
    assert refused.status_code == 422
    assert entries(city) == []


def test_the_empty_workbook_is_understood_by_the_import(city: City) -> None:
    office = Visitor(city, "office1")
    sheet = office.get("/registers/payment/template")
    made = openpyxl.load_workbook(io.BytesIO(sheet.content))
    made.worksheets[0].append(["江夏国资集团", "2026-03-02 09:00", "5000", "甲公司", "往来款", "记3号"])
    file = io.BytesIO()
    made.save(file)
    seen = office.post("/registers/payment/import/preview", files=attached("支付流水.xlsx", file.getvalue()))
    assert seen.status_code == 200, seen.text
    assert "甲公司" in seen.text
    assert "导入 1 条" in seen.text


def test_the_unit_enters_its_refunds_and_not_what_speaks_for_its_honesty(city: City) -> None:
    unit, number = Visitor(city, "u11handler"), first(city)
    city.issue()
    path = f"/findings/{number}/registers"
    assert enter(unit, path, **RECOVERY).status_code == 200
    refused = enter(unit, path, register="particulars", on="2026-03-02", fund="fiscal")
    assert refused.status_code == 422
    assert len(entries(city)) == 1


def test_the_unit_reads_neither_complaints_nor_spot_checks(city: City) -> None:
    city.issue()
    office, unit, number = Visitor(city, "office1"), Visitor(city, "u11handler"), first(city)
    told = {"register": "spot_check", "on": "2026-03-02", "asked": "5", "mismatches": "2", "note": "两户没有领到"}
    assert enter(office, f"/findings/{number}/registers", **told).status_code == 200
    assert "两户没有领到" in office.get(f"/findings/{number}/registers").text
    assert "两户没有领到" not in unit.get(f"/findings/{number}/registers").text
    assert "RegisterEntered" not in unit.get(f"/findings/{number}").text
    complaint = {"register": "complaint", "unit": "11", "on": "2026-03-02", "source": "petition", "text": "还在发津贴"}
    assert enter(office, "/registers/complaint", **complaint).status_code == 303
    assert "还在发津贴" in office.get("/registers/complaint").text
    assert unit.get("/registers/complaint").status_code == 404


def test_what_holds_for_the_whole_office_is_entered_by_the_office_alone(city: City) -> None:
    office, unit = Visitor(city, "office1"), Visitor(city, "u11handler")
    account = {"register": "account", "on": "2026-03-01", "number": "17000101", "holder": "国库", "belongs": "treasury"}
    assert enter(office, "/registers/account", **account).status_code == 303
    assert "17000101" in office.get("/registers/account?q=17000101&since=2026-02-01").text
    assert "17000101" not in office.get("/registers/account?until=2026-02-01").text
    assert unit.get("/registers/account").status_code == 404
    assert enter(unit, "/registers/account", **account).status_code in (403, 404)
    (entry,) = entries(city)
    gone = {"act": "withdraw_entry", "entry": str(entry["id"]), "reason": "账号登记错误"}
    assert office.post("/registers/account", gone).status_code == 303
    assert entries(city)[0]["withdrawn_because"]


def test_a_register_is_turned_page_by_page(city: City) -> None:
    office = Visitor(city, "office1")
    rows = [["2026-03-02", n + 1, f"收款人{n:03}", "维修"] for n in range(60)]
    content = book(["时间", "金额（元）", "收款人", "用途"], *rows)
    path = "/registers/payment/import?unit=11"
    seen = office.post("/registers/payment/import/preview?unit=11", files=attached("支付.xlsx", content))
    sha256 = re.search(r'name="sha256" value="(\w+)"', seen.text)
    assert sha256
    office.post(path, {"sha256": sha256[1], "key": "k"}, files=attached("支付.xlsx", content))
    first_page = office.get("/registers/payment")
    following = re.search(r'href="(\?after=[^"]+)"', first_page.text)
    assert following
    second = office.get("/registers/payment" + following[1].replace("&amp;", "&"))
    on_both = [set(re.findall(r"收款人\d{3}", page.text)) for page in (first_page, second)]
    assert [len(names) for names in on_both] == [50, 10]
    assert not on_both[0] & on_both[1]


def test_the_unit_sees_its_own_payments_only(city: City) -> None:
    office, unit = Visitor(city, "office1"), Visitor(city, "u11handler")
    for unit_id, payee in (("11", "自己的收款人"), ("12", "别人的收款人")):
        row = {
            "register": "payment",
            "unit": unit_id,
            "at": "2026-03-01",
            "amount": "1",
            "payee": payee,
            "purpose": "x",
        }
        assert enter(office, "/registers/payment", **row).status_code == 303
    shown = unit.get("/registers/payment").text
    assert "自己的收款人" in shown
    assert "别人的收款人" not in shown
    assert enter(unit, "/registers/payment", **PAYMENT | {"unit": "12"}).status_code in (403, 422)
