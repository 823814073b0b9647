"""The pages of intake: what is asked and answered in the preview, what is marked, who reads what was written."""

import html
import re
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from persistence.tables import findings
from tests.web.city import City, fresh_city
from tests.web.visitor import Visitor

UNIT = "徐庄镇党委"
LEDGER = """序号,问题,整改措施,责任领导,责任人,整改时限,涉及金额(万元),整改状态
1,会议费××超预算,清退超支部分,分管副书记,整改办主任,二季度,约3,已完成
2,租金长期未收,追缴租金,分管副书记,整改办主任,长期坚持,,已销号
3,公车管理不严,=HYPERLINK(1),分管副书记,整改办主任,2026年2月30日,,整改中
"""


@pytest.fixture
def city(tmp_path: Path) -> City:
    return fresh_city(tmp_path)


def send(visitor: Visitor, path: str, **data: str) -> httpx.Response:
    return visitor.post(path, {"unit": UNIT} | data, files={"file": ("台账.csv", LEDGER.encode())})


def shown(page: httpx.Response) -> dict[str, str]:
    """Return what the fields of a preview hold, as a browser would send them back."""
    text = html.unescape(page.text)
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', text))
    chosen = re.findall(r'name="(field_\d+)">(.*?)</select>', text, re.DOTALL)
    return hidden | {name: next(iter(re.findall(r'value="(\w*)" selected', options)), "") for name, options in chosen}


def asked(page: httpx.Response, field: str) -> str:
    """Return the number of the answer to what is asked about *field*."""
    return next(name.removeprefix("ask_") for name, place in shown(page).items() if f"|{field}|" in place)


def kept(city: City) -> list[str]:
    with city.office.read() as conn:
        return list(conn.scalars(select(findings.c.number).where(findings.c.unit_id == 12).order_by(findings.c.number)))


def test_the_preview_asks_marks_and_gives_the_rejected_rows_away(city: City) -> None:
    page = send(Visitor(city, "office1"), "/import/preview")

    assert page.status_code == 200, page.text
    assert '<mark title="占位文字">××</mark>' in page.text
    assert {asked(page, "due"), asked(page, "amount")} <= set(re.findall(r'name="answer_(\d+)"', page.text))
    assert "1 个自报“已完成”" in page.text
    assert "1 个写明“已销号”" in page.text
    assert 'href="data:text/csv;charset=utf-8;base64,' in page.text
    assert "2026年2月30日" in page.text


def test_answers_are_taken_over_and_a_wrong_one_stays_in_its_field(city: City) -> None:
    office = Visitor(city, "office1")
    first = send(office, "/import/preview")
    due = f"answer_{asked(first, 'due')}"

    wrong = send(office, "/import", **shown(first) | {due: "六月底"})
    right = send(office, "/import", **shown(first) | {due: "2026-06-30"})

    assert wrong.status_code == 422
    assert 'value="六月底"' in wrong.text
    assert "打开问题清单" in right.text
    written = office.get(f"/findings/{kept(city)[0]}").text
    assert "二季度" in written
    assert "2026-06-30" in written
    assert "导入时确认" in written
    assert "台账自报已完成，未经核验" in written


def test_columns_are_read_as_last_time_until_somebody_forgets_it(city: City) -> None:
    office = Visitor(city, "office1")
    first = send(office, "/import/preview")
    fields = shown(first)
    (liable,) = [name.removeprefix("heading_") for name, heading in fields.items() if heading == "责任人"]
    send(office, "/import", **fields | {f"field_{liable}": "remark"})

    again = send(office, "/import/preview")
    afresh = send(office, "/import/preview", **shown(again) | {"afresh": "yes"})

    assert "沿用" in again.text
    assert shown(again)[f"field_{liable}"] == "remark"
    assert "沿用" not in afresh.text
    assert shown(afresh)[f"field_{liable}"] == "responsible_person"


def test_texts_are_settled_on_the_page_of_the_list(city: City) -> None:
    office = Visitor(city, "office1")
    done = send(office, "/import", **shown(send(office, "/import/preview")))
    number = re.findall(r"/lists/([\w-]+)", done.text)[0]
    page = office.get(f"/lists/{number}")
    assert "历史销号" in page.text
    form = page.text[page.text.index('id="mapping"') :]
    texts = re.findall(r'name="(of_\d+)" value="([^"]*)"', form)
    proposed = dict(re.findall(r'name="means_(\d+)"[^>]*>.*?value="(\d+)" selected', form))
    means = {f"means_{place}": post for place, post in proposed.items()}

    nothing = office.post(f"/lists/{number}/responsibility", dict(texts))
    answer = office.post(f"/lists/{number}/responsibility", dict(texts) | means, headers={"hx-request": "true"})

    assert nothing.status_code == 422
    assert answer.headers["hx-redirect"] == f"/lists/{number}?mapped=2"  # history too keeps who was responsible
    with city.office.read() as conn:
        row = conn.execute(select(findings).where(findings.c.number == kept(city)[0])).one()
    assert row.leader_post_id
    assert row.handler_post_id


def test_the_sheet_of_what_was_left_open_runs_no_formula_and_is_not_for_the_unit(city: City) -> None:
    office = Visitor(city, "office1")
    content = LEDGER.replace("2026年2月30日", "=1+1").encode()
    first = office.post("/import/preview", {"unit": UNIT}, files={"file": ("台账.csv", content)})
    done = office.post("/import", {"unit": UNIT} | shown(first), files={"file": ("台账.csv", content)})
    number = re.findall(r"/lists/([\w-]+)", done.text)[0]

    sheet = office.get(f"/lists/{number}/intake.csv")

    assert sheet.text.startswith("\ufeff结果,工作表,行")
    assert "'=1+1" in sheet.text
    assert Visitor(city, "u12handler").get(f"/lists/{number}/intake.csv").status_code == 404
    assert Visitor(city, "auditor1").get(f"/lists/{number}/intake.csv").status_code == 404


def test_a_list_is_opened_and_filled_by_hand(city: City) -> None:
    team = Visitor(city, "team1")
    opened = team.post("/import/by-hand", {"unit": UNIT, "key": "k"})
    page = team.get(opened.headers["location"])
    assert "/acts/add_finding" in page.text
    path = f"{opened.headers['location']}/acts/add_finding"

    refused = team.act(path, team.get(path), title="食堂采购未招标", kind="PHASED", due_on="某日")
    done = team.act(path, team.get(path), title="食堂采购未招标", kind="PHASED", measures="重新招标")

    assert refused.status_code == 422
    assert done.status_code == 303
    assert "食堂采购未招标" in team.get(opened.headers["location"]).text
    assert len(kept(city)) == 1
