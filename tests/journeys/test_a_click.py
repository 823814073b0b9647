"""A finding of a real ledger travels through every hand to 销号, in real browsers, and the ledger verifies."""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import func, select

from cases.moments import shanghai_date
from persistence.tables import findings, ledger, look_backs, open_tasks
from persistence.verification import verify
from tests.browser.conftest import House, house
from tests.journeys.hands import File, Person
from tests.support.browser import Visits
from tests.web.city import password_of

__all__ = ["house"]

LEDGER = Path(__file__).parents[3] / "shared" / "data" / "workbooks" / "jiangxia_ledger.xlsx"
CHECKED = "查阅凭证 3 份、会议记录 2 份，与填报一致"


def picture(folder: Path, name: str, shade: int) -> Path:
    """Return a small photograph of its own."""
    content = BytesIO()
    Image.new("RGB", (64, 48), (shade, 40, 40)).save(content, "PNG")
    path = folder / name
    path.write_bytes(content.getvalue())
    return path


@pytest.mark.slow
def test_a_finding_of_a_real_ledger_travels_through_every_hand_to_sign_off(
    house: House, visits: Visits, tmp_path: Path
) -> None:
    if not LEDGER.exists():
        pytest.skip("the shared ledgers are not here")
    today = shanghai_date(datetime.now(UTC))

    def person(login: str) -> Person:
        return Person(visits.begin(), house.address, login, password_of(login))

    office, handler, chief = person("office1"), person("u11handler"), person("u11chief")
    listed = import_ledger(office)
    person("team1").act(listed, "register_findings", {"comment": "登记 6 个问题，底稿齐全"})
    person("team2").act(listed, "confirm_registration", {"verdict": "agreed", "comment": CHECKED})
    settle_all(office, listed, today + timedelta(days=30))
    office.act(listed, "consolidate_list", {"verdict": "agreed", "comment": CHECKED})
    office.act(listed, "give_feedback", {"feedback_on": today.isoformat(), "place": "区委第一会议室"})

    number = f"{listed}-001"
    handler.act(number, "accept_finding")
    completion = {
        "completion": "中心组学习内容已与区委中心组一致，已组织学习 2 次，记录 2 份。",
        "measures_done.1": "已修订年度学习计划 1 份并印发",
        "measures_done.2": "已补学专题 2 次，参加 21 人",
    }
    files = [
        File(picture(tmp_path, "学习现场.png", 120), "EXECUTION_CHECK", 1),
        File(picture(tmp_path, "签到表.png", 180), "ONSITE_RECORD", 2),
    ]
    handler.act(number, "submit_rectification", completion, files)
    person("u11leader").act(number, "review_rectification", {"verdict": "agreed", "comment": CHECKED})
    chief.act(number, "sign_rectification", {"verdict": "agreed", "pledge": True, "comment": CHECKED})
    person("verifier1").act(
        number,
        "verify_rectification",
        {
            "verdict": "confirmed",
            "criteria_met": ["1", "2", "3", "4"],
            "comment": CHECKED,
            **{f"criteria_conclusions.{seq}": "查阅原件 2 份，达到" for seq in range(1, 5)},
        },
    )
    first, second = person("lookback1"), person("lookback2")
    inspectors = [str(house.city.actor(login).person_id) for login in ("lookback1", "lookback2")]
    visit = {"method": "call_back", "place": "集团三楼会议室", "sample": "抽取学习记录 2 份，访谈 4 人"}
    office.act(number, "prepare_look_back", visit | {"inspectors": inspectors, "starts_on": today.isoformat()})
    seen = "查看学习记录 2 份原件，访谈 4 人均能说明学习内容，制度已执行，未见反弹。"
    times = {"started_on": today.isoformat(), "ended_on": today.isoformat()}
    first.act(number, "record_look_back", visit | times | {"record": seen, "result": "held"})
    second.act(number, "confirm_look_back", {"verdict": "confirmed", "comment": "共同到场，访谈 4 人，记录属实"})
    person("signer1").act(
        number, "sign_off", {"verdict": "signed", "comment": CHECKED, "sheet_number": "销字〔2026〕9号"}
    )

    with house.city.office.read() as conn:
        state, finding_id = conn.execute(
            select(findings.c.state, findings.c.id).where(findings.c.number == number)
        ).one()
        assert state == "signed_off"
        assert conn.scalar(select(func.count()).where(open_tasks.c.case_id == finding_id)) == 0
        hands = set(conn.scalars(select(ledger.c.who).where(ledger.c.case_id == finding_id)))
        assert len(hands - {"系统时钟"}) == 8, "eight different people had it in hand"
        assert conn.scalar(select(look_backs.c.confirmed_by).where(look_backs.c.finding_id == finding_id))
    assert verify(house.city.office.database, house.city.office.keyring).problems == ()


def import_ledger(office: Person) -> str:
    """Upload the ledger, look at the preview, keep it, and return the number of the list."""
    page = office.page
    page.goto(f"{office.address}/import")
    page.set_input_files("#ledger", LEDGER)
    page.get_by_role("button", name="预览").click()
    page.wait_for_selector("#preview .preview-table")
    assert page.locator("#preview .preview-table tbody tr").count() == 6
    page.locator("#import .office-keep button, #preview button.btn-primary").last.click()
    link = page.locator("a[href^='/lists/XC']").first
    link.wait_for()
    return str(link.get_attribute("href")).rsplit("/", 1)[-1]


def settle_all(office: Person, listed: str, due_on: date) -> None:
    """Map every finding's responsibility to posts on the page of the list."""
    page = office.page
    page.goto(f"{office.address}/lists/{listed}")
    rows = page.locator("tr.settle")
    for place in range(rows.count()):
        rows.nth(place).scroll_into_view_if_needed()  # a row that comes into sight fetches its form
        form = rows.nth(place).locator("form.settle-form")
        form.wait_for()
        for field in ("leader", "handler", "chief"):
            form.locator(f'select[name="{field}"]').select_option(index=1)
        form.locator('input[name="due_on"]').fill(due_on.isoformat())
        lasting = form.locator('textarea[name="milestones"]')
        if lasting.count():
            lasting.fill(f"{due_on.isoformat()} 建立制度并运行")
        form.locator("button").click()
        form.locator(".settled").wait_for()
