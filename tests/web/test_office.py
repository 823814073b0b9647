import hashlib
import re
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import insert, select, update

from bpmn.release import shipped
from persistence.outbox import State
from persistence.tables import (
    accounts,
    findings,
    instances,
    issue_lists,
    ledger,
    messages,
    open_tasks,
    outbox,
    patrol_runs,
    people,
    posts,
    releases,
    settings,
    tenures,
    units,
)
from tests.support.waiting import PATIENCE
from tests.web.city import City, fresh_city, password_of
from web import verifying

LEDGER = "序号,反馈问题,整改措施,整改时限\n1,会议费超预算,退回超支部分,2026-12-31\n2,,补报手续,2026-12-31\n".encode(
    "utf-8-sig"
)

PAGES = {
    "/import": "office1",
    "/units": "secadmin1",
    "/people": "secadmin1",
    "/people/20": "secadmin1",
    "/outbox": "sysadmin1",
    "/incidents": "sysadmin1",
    "/patrols": "sysadmin1",
    "/releases": "sysadmin1",
    "/settings": "sysadmin1",
    "/audit": "auditor1",
}
NOBODY_ELSE = ("u11handler", "signer1", "secadmin1", "sysadmin1", "auditor1")


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    made = fresh_city(tmp_path)
    yield made
    made.office.database.dispose()


class Browser:
    """Somebody who signed in."""

    def __init__(self, city: City, login: str, language: str = "zh") -> None:
        self.client: TestClient = city.client()
        self.client.cookies.set("language", language)
        page = self.client.get("/sign-in").text
        sent = {"csrf": _csrf(page), "login": login, "password": password_of(login)}
        assert self.client.post("/sign-in", data=sent).status_code == 303

    def get(self, path: str) -> Any:
        return self.client.get(path)

    def post(self, path: str, *, page: str | None = None, files: Any = None, **fields: str) -> Any:
        fields["csrf"] = _csrf(self.client.get(page or path).text)
        return self.client.post(path, data=fields, files=files)

    def follow(self, answer: Any) -> str:
        assert answer.status_code == 303, answer.text
        return str(self.client.get(answer.headers["location"]).text)


def _csrf(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def scalar(city: City, query: Any) -> Any:
    with city.office.read() as conn:
        return conn.scalar(query)


def write(city: City, *statements: Any) -> None:
    with city.office.database.writing() as conn:
        for statement in statements:
            conn.execute(statement)


def events(city: City) -> list[str]:
    with city.office.read() as conn:
        return list(conn.scalars(select(ledger.c.event).where(ledger.c.case_id == 1).order_by(ledger.c.seq)))


@pytest.mark.parametrize(("path", "login"), PAGES.items())
def test_a_page_is_there_for_its_administrator_and_for_nobody_else(city: City, path: str, login: str) -> None:
    page = Browser(city, login).get(path)

    assert page.status_code == 200
    assert "no-store" in page.headers["Cache-Control"]
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    for other in NOBODY_ELSE:
        if other != login:
            assert Browser(city, other).get(path).status_code == 404


@pytest.mark.parametrize("path", [*PAGES, "/mailbox", "/calendar"])
def test_no_page_speaks_half_a_language(city: City, path: str) -> None:
    login = PAGES.get(path, "office1")
    write(city, update(people).where(people.c.name.is_not(None)).values(language="en"))

    page = Browser(city, login, "en").get(path).text

    visible = re.sub(r"<[^>]+>|[“”][^“”]*[“”]", " ", re.sub(r"(?s)<(script|style).*?</\1>", "", page))
    ours = re.findall(r"[\u4e00-\u9fff]{2,}", visible)
    named = " ".join(_names(city))
    assert [word for word in ours if word not in named and word != "中文"] == []


def _names(city: City) -> list[str]:
    with city.office.read() as conn:
        found: list[str] = []
        for column in (units.c.name, units.c.short_name, posts.c.title, people.c.name, releases.c.title, ledger.c.who):
            found += conn.scalars(select(column))
        return found


def test_changes_of_others_do_not_exist_either(city: City) -> None:
    handler = Browser(city, "u11handler")

    for path in ("/units", "/people", "/people/20", "/settings", "/calendar", "/outbox", "/incidents", "/releases"):
        answer = handler.post(path, page="/mailbox", act="edit_unit", name="x")
        assert answer.status_code in (404, 405), path
    assert handler.post("/patrols/deadlines", page="/mailbox").status_code == 404
    assert handler.post("/audit/verify", page="/mailbox").status_code == 404


def test_without_the_token_nothing_changes(city: City) -> None:
    admin, before = Browser(city, "sysadmin1"), events(city)

    answer = admin.client.post("/settings", data={"act": "set_number", "name": "near.working_days", "value": "9"})

    assert answer.status_code == 403
    assert events(city) == before


# --- import ---------------------------------------------------------------------------------------------------------


def test_a_ledger_is_shown_first_and_kept_when_confirmed(city: City) -> None:
    officer = Browser(city, "office1")
    files = {"file": ("台账.csv", LEDGER, "text/csv")}

    preview = officer.post("/import/preview", page="/import", files=files, unit="徐庄镇党委").text
    lists_before = scalar(city, select(issue_lists.c.id).where(issue_lists.c.unit_id == 12))
    sha256 = re.search(r'name="sha256" value="(\w+)"', preview)
    assert sha256 is not None
    kept = officer.post("/import", files=files, unit="徐庄镇党委", sha256=sha256[1])

    assert lists_before is None
    assert "会议费超预算" in preview
    assert "没有问题内容" in preview
    assert scalar(city, select(findings.c.title).where(findings.c.unit_id == 12)) == "会议费超预算"
    assert "XC2026-002" in kept.text


def test_a_column_that_was_misunderstood_can_be_corrected(city: City) -> None:
    officer = Browser(city, "office1")
    files = {"file": ("台账.csv", LEDGER, "text/csv")}
    corrected = {"heading_1": "整改措施", "field_1": "remark", "heading_2": "整改时限", "field_2": ""}
    corrected["sha256"] = hashlib.sha256(LEDGER).hexdigest()  # a correction is of the file that was looked at

    preview = officer.post("/import/preview", page="/import", files=files, unit="徐庄镇党委", **corrected).text

    assert '<option value="remark" selected>' in preview
    assert "2026-12-31" not in re.sub(r"(?s)<table.*", "", preview.partition("preview-table")[2][:0])
    row = preview.partition("会议费超预算")[2].partition("</tr>")[0]
    assert "2026-12-31" not in row


def test_another_file_than_the_one_looked_at_is_not_kept(city: City) -> None:
    officer = Browser(city, "office1")

    refused = officer.post("/import", files={"file": ("a.csv", LEDGER, "text/csv")}, unit="徐庄镇党委", sha256="0" * 64)

    assert refused.status_code == 422
    assert scalar(city, select(issue_lists.c.id).where(issue_lists.c.unit_id == 12)) is None


# --- units, people, accounts ----------------------------------------------------------------------------------------


def test_a_new_person_gets_post_account_and_password(city: City) -> None:
    admin, before = Browser(city, "secadmin1"), len(events(city))
    entered = admin.post(
        "/people", act="edit_person", staff_number="N1", name="新任经办人", email="n1@linjiang.example"
    )
    path = entered.headers["location"].partition("?")[0]
    post = scalar(city, select(posts.c.id).where(posts.c.unit_id == 12, posts.c.role == "handler"))

    admin.follow(admin.post(path, act="appoint", post=str(post), valid_from=city.today.isoformat()))
    page = admin.post(path, act="open_account", login="newone").text

    link = re.search(r"/first-password/[\w-]+", page)
    assert link is not None
    client = city.client()
    csrf = _csrf(client.get(link[0]).text)
    own = {"csrf": csrf, "password": "Rather-Long-7", "again": "Rather-Long-7"}
    assert client.post(link[0], data=own).status_code == 303
    csrf = _csrf(client.get("/sign-in").text)
    signed = client.post("/sign-in", data={"csrf": csrf, "login": "newone", "password": "Rather-Long-7"})
    assert signed.status_code == 303
    assert events(city)[before : before + 3] == ["PersonEdited", "PersonAppointed", "AccountOpened"]
    with city.office.read() as conn:
        kept = " ".join(conn.scalars(select(ledger.c.body)))
    assert link[0].rpartition("/")[2] not in kept


def test_a_wrong_field_is_said_beside_it_and_what_was_written_stays(city: City) -> None:
    admin = Browser(city, "secadmin1")

    refused = admin.post("/people", act="edit_person", staff_number="D0001", name="重名", email="not an address")

    assert refused.status_code == 422
    assert 'value="not an address"' in refused.text
    assert "请填写正确的邮箱地址" in refused.text
    twin = admin.post("/people", act="edit_person", staff_number="D0001", name="重名")
    assert "已被使用" in twin.text


@pytest.mark.parametrize(
    ("login", "role"),
    [
        ("auditor1", "system_admin"),
        ("sysadmin1", "security_admin"),
        ("sysadmin1", "handler"),
        ("u11handler", "audit_admin"),
    ],
)
def test_administrators_exclude_each_other_and_read_no_findings(city: City, login: str, role: str) -> None:
    person = scalar(city, select(accounts.c.person_id).where(accounts.c.login == login))
    post = scalar(city, select(posts.c.id).where(posts.c.role == role).limit(1))
    admin = Browser(city, "secadmin1")

    refused = admin.post(f"/people/{person}", act="appoint", post=str(post), valid_from=city.today.isoformat())

    assert refused.status_code == 422
    assert "不能由一人兼任" in refused.text
    assert scalar(city, select(tenures.c.id).where(tenures.c.person_id == person, tenures.c.post_id == post)) is None


def test_one_administrator_may_follow_another_in_time(city: City) -> None:
    person = scalar(city, select(accounts.c.person_id).where(accounts.c.login == "auditor1"))
    tenure = scalar(city, select(tenures.c.id).where(tenures.c.person_id == person))
    post = scalar(city, select(posts.c.id).where(posts.c.role == "system_admin").limit(1))
    admin = Browser(city, "secadmin1")
    today, tomorrow = city.office.now().date(), city.office.now().date() + timedelta(days=2)

    admin.post(f"/people/{person}", act="end_tenure", tenure=str(tenure), valid_until=today.isoformat())
    taken = admin.post(f"/people/{person}", act="appoint", post=str(post), valid_from=tomorrow.isoformat())

    assert taken.status_code == 303


def test_nobody_gives_rights_to_himself(city: City) -> None:
    own = scalar(city, select(accounts.c.person_id).where(accounts.c.login == "secadmin1"))
    account = scalar(city, select(accounts.c.id).where(accounts.c.login == "secadmin1"))
    post = scalar(city, select(posts.c.id).where(posts.c.role == "security_admin"))
    admin, before = Browser(city, "secadmin1"), events(city)

    for act, more in (
        ("appoint", {"post": str(post), "valid_from": city.today.isoformat()}),
        ("open_account", {"login": "second"}),
        ("renew_link", {"account": str(account)}),
    ):
        assert admin.post(f"/people/{own}", act=act, **more).status_code == 422
    assert events(city) == before


def test_a_closed_account_is_out_at_once_and_gives_its_tasks_back(city: City) -> None:
    number = city.issue()[0]
    city.act("u11handler", "claim_task", number)
    handler = Browser(city, "u11handler")
    account = scalar(city, select(accounts.c.id).where(accounts.c.login == "u11handler"))
    person = scalar(city, select(accounts.c.person_id).where(accounts.c.login == "u11handler"))
    claimed = select(open_tasks.c.id).where(open_tasks.c.claimed_by == person)
    assert scalar(city, claimed) is not None
    admin = Browser(city, "secadmin1")

    page = admin.post(f"/people/{person}", act="disable_account", account=str(account))

    assert "3 项待办" in page.text

    assert handler.get("/mailbox").headers["location"].startswith("/sign-in")
    assert scalar(city, claimed) is None


def test_the_page_says_to_whom_the_tasks_of_a_closed_account_go_and_there_they_stand(city: City) -> None:
    """faults/steps/18: the page said nothing, nobody had the tasks, and the doctor was content."""
    city.issue()
    account = scalar(city, select(accounts.c.id).where(accounts.c.login == "u11handler"))
    person = scalar(city, select(accounts.c.person_id).where(accounts.c.login == "u11handler"))
    chief = Browser(city, "u11chief")
    before = chief.get("/").text.count('row-stage">')

    page = Browser(city, "secadmin1").post(f"/people/{person}", act="disable_account", account=str(account))

    assert f"3 项转给：{city.actor('u11chief').name}（" in page.text
    assert chief.get("/").text.count('row-stage">') == before + 3
    assert not [what for what in city.complaints() if "post:" in what]


def test_a_unit_with_people_is_not_ended(city: City) -> None:
    admin = Browser(city, "secadmin1")
    unit = {"unit": "12", "name": "徐庄镇党委", "short_name": "徐庄镇", "kind": "inspected"}

    refused = admin.post("/units", act="edit_unit", **unit, valid_until=city.today.isoformat())
    renamed = admin.post("/units", act="edit_unit", **(unit | {"short_name": "徐庄"}))

    assert (refused.status_code, renamed.status_code) == (422, 303)
    assert scalar(city, select(units.c.short_name).where(units.c.id == 12)) == "徐庄"


def test_a_unit_is_set_up_with_a_post(city: City) -> None:
    admin = Browser(city, "secadmin1")

    made = admin.post("/units", act="edit_unit", parent="12", name="徐庄镇财政所", short_name="财政所", kind="section")
    unit = re.search(r"unit=(\d+)", made.headers["location"])
    assert unit is not None
    post = {"unit": unit[1], "title": "所长", "role": "handler", "clearance": "1"}
    assert "所长" in admin.follow(admin.post("/units", act="edit_post", **post))

    path = scalar(city, select(units.c.path).where(units.c.id == int(unit[1])))
    assert path == f"/1/12/{unit[1]}/"
    assert scalar(city, select(posts.c.scope_unit_id).where(posts.c.unit_id == int(unit[1]))) == int(unit[1])


# --- letters --------------------------------------------------------------------------------------------------------


def test_a_letter_is_read_by_its_recipient_only(city: City) -> None:
    city.issue()
    handler = city.actor("u11handler")
    letter = scalar(city, select(outbox.c.id).where(outbox.c.person_id == handler.person_id))

    page = Browser(city, "u11handler").get(f"/mailbox/{letter}").text

    assert "已交办" in page
    assert scalar(city, select(outbox.c.read_at).where(outbox.c.id == letter)) is not None
    for other in ("u11chief", "office1", "sysadmin1"):
        assert Browser(city, other).get(f"/mailbox/{letter}").status_code == 404


def test_the_system_administrator_sees_envelopes_and_no_titles(city: City) -> None:
    city.issue()

    page = Browser(city, "sysadmin1").get("/outbox").text

    assert city.numbers[0] in page
    assert "江夏国资集团整改办主任" in page
    assert "津贴补贴" not in page


def test_a_digest_of_several_findings_stands_in_both_mailboxes(city: City) -> None:
    first, second, _ = city.issue()
    handler = city.actor("u11handler").person_id
    items = [
        {"number": number, "title": "津贴补贴", "deadline": "2026-12-05", "link": f"/findings/{number}"}
        for number in (first, second)
    ]
    letter = scalar(city, select(outbox.c.id).where(outbox.c.person_id == handler).limit(1))
    digest = {"post": "整改办主任", "link": "/", "items": items}
    write(city, update(outbox).where(outbox.c.id == letter).values(letter="digest", facts=digest))

    assert Browser(city, "sysadmin1").get("/outbox").status_code == 200
    assert Browser(city, "u11handler").get("/mailbox").status_code == 200
    assert second in Browser(city, "u11handler").get(f"/mailbox/{letter}").text


def test_a_dead_letter_goes_out_again_to_the_present_address(city: City) -> None:
    city.issue()
    person = city.actor("u11handler").person_id
    letter = scalar(city, select(outbox.c.id).where(outbox.c.person_id == person).limit(1))
    write(
        city,
        update(outbox).where(outbox.c.id == letter).values(state=State.DEAD, attempts=8, last_answer="550 no such box"),
        update(people).where(people.c.id == person).values(email="new@linjiang.example"),
    )
    admin = Browser(city, "sysadmin1")
    assert "550 no such box" in admin.get("/outbox?state=dead").text

    admin.follow(admin.post("/outbox", act="resend_letter", letter=str(letter)))

    with city.office.read() as conn:
        row = conn.execute(select(outbox).where(outbox.c.id == letter)).one()
    assert (row.state, row.attempts, row.address) == ("waiting", 0, "new@linjiang.example")
    again = admin.post("/outbox", act="resend_letter", letter=str(letter))
    assert again.status_code == 422
    assert "不能重发" in again.text


# --- incidents and patrols ------------------------------------------------------------------------------------------


def test_incidents_name_the_number_and_the_cause_but_not_the_finding(city: City) -> None:
    number = city.issue()[0]
    case = scalar(city, select(findings.c.id).where(findings.c.number == number))
    write(
        city,
        update(instances).where(instances.c.case_id == case).values(status="faulted", fault={"cause": "SealBroken: x"}),
        insert(messages).values(id=5, case_id=case, name="look_again", facts={}, told_at=city.office.now(), failures=5),
    )
    admin = Browser(city, "sysadmin1")

    page = admin.get("/incidents").text
    admin.follow(admin.post("/incidents", act="retry_message", message="5"))

    assert number in page
    assert "SealBroken: x" in page
    assert "津贴补贴" not in page
    assert scalar(city, select(messages.c.failures).where(messages.c.id == 5)) == 0


def test_a_damaged_process_is_mended_from_the_page(city: City) -> None:
    number = city.issue()[0]
    case = scalar(city, select(findings.c.id).where(findings.c.number == number))
    write(city, update(instances).where(instances.c.case_id == case).values(state=b"broken", status="faulted"))
    admin = Browser(city, "sysadmin1")

    page = admin.follow(admin.post("/incidents", act="repair_case", case=str(case), number=number))

    assert "没有流程异常" in page
    assert city.act("u11handler", "accept_finding", number).events == ("FindingAccepted",)
    again = admin.post("/incidents", act="repair_case", case=str(case), number=number)
    assert again.status_code == 422


def test_a_patrol_runs_when_it_is_asked_to(city: City) -> None:
    city.issue()
    admin = Browser(city, "sysadmin1")

    page = admin.follow(admin.post("/patrols/audit", page="/patrols"))

    assert "正常结束" in page
    assert scalar(city, select(patrol_runs.c.woken_by).where(patrol_runs.c.name == "audit")) == "page"
    assert admin.post("/patrols/nothing", page="/patrols").status_code == 404


# --- releases -------------------------------------------------------------------------------------------------------


def draft(browser: Browser, name: str, content: bytes) -> Any:
    return browser.post("/releases", title="改动", files={"files": (name, content, "application/octet-stream")})


def test_a_draft_is_published_by_a_second_person(city: City) -> None:
    name = "forms/urge.json"
    changed = shipped()[name].replace("催办".encode(), "催一催".encode(), 1)
    first, second = Browser(city, "sysadmin1"), Browser(city, "sysadmin2")

    drafted = draft(first, "urge.json", changed)
    path = drafted.headers["location"].partition("?")[0]
    assert "另一名系统管理员" in first.get(path).text
    alone = first.post(path, act="publish_release", page="/releases")
    together = second.post(path, act="publish_release", page="/releases")

    assert (alone.status_code, together.status_code) == (422, 303)
    with city.office.read() as conn:
        assert city.office.release_in_force(conn) == path.rpartition("/")[2]
    assert events(city)[-1] == "ReleasePublished"


def test_what_the_checker_finds_stands_on_its_element(city: City) -> None:
    name = "processes/extend_deadline.bpmn"
    broken = shipped()[name].replace(b'value="leading_group"', b'value="nobody_at_all"')
    assert broken != shipped()[name]
    admin = Browser(city, "sysadmin1")

    path = draft(admin, "extend_deadline.bpmn", broken).headers["location"].partition("?")[0]
    page = admin.get(f"{path}?file={name}").text

    assert "decide_extension" in page.partition("data-waiting=")[2].partition(">")[0]
    assert Browser(city, "sysadmin2").post(path, act="publish_release", page="/releases").status_code == 422


def test_what_is_unsafe_is_not_kept(city: City) -> None:
    evil = shipped()["processes/extend_deadline.bpmn"].replace(
        b"<bpmn:startEvent",
        b'<bpmn:scriptTask id="evil"><bpmn:script>x</bpmn:script></bpmn:scriptTask><bpmn:startEvent',
        1,
    )
    admin = Browser(city, "sysadmin1")

    refused = draft(admin, "extend_deadline.bpmn", evil)

    assert refused.status_code == 422
    assert "evil" in refused.text
    assert scalar(city, select(releases.c.id).where(releases.c.state == "draft")) is None


@pytest.mark.parametrize(
    ("name", "content"), [("x.exe", b"MZ"), ("坏 名字.json", b"{}"), ("big.json", b" " * 2_000_001)]
)
def test_a_file_that_belongs_to_no_release_is_refused(city: City, name: str, content: bytes) -> None:
    refused = draft(Browser(city, "sysadmin1"), name, content)

    assert refused.status_code == 422
    assert name in refused.text


def test_every_file_of_a_release_can_be_looked_at(city: City) -> None:
    admin = Browser(city, "sysadmin1")
    with city.office.read() as conn:
        release = city.office.release_in_force(conn)

    for path in ("decisions/look_back_rule.dmn", "forms/sign_off.json", "letters/task_waits/zh/body.txt", "nowhere"):
        assert admin.get(f"/releases/{release}?file={path}").status_code == 200
    file = admin.get(f"/releases/{release}/file?path=processes/look_back.bpmn")
    assert file.content == shipped()["processes/look_back.bpmn"]
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert admin.get(f"/releases/{release}/file?path=../../etc/passwd").status_code == 404
    assert admin.get("/releases/nothing").status_code == 404


# --- calendar and numbers -------------------------------------------------------------------------------------------


def test_a_day_of_ones_own_counts_from_then_on(city: City) -> None:
    admin = Browser(city, "sysadmin1")
    day = date(2027, 3, 3)
    with city.office.read() as conn:
        assert city.office.calendar(conn).is_working_day(day)
    assert "尚未公布" in admin.get("/calendar?year=2027").text

    admin.follow(admin.post("/calendar", act="edit_calendar", day=day.isoformat(), kind="holiday", note="本地放假"))
    with city.office.read() as conn:
        assert not city.office.calendar(conn).is_working_day(day)
    admin.follow(admin.post("/calendar", act="edit_calendar", day=day.isoformat(), kind="published"))

    with city.office.read() as conn:
        assert city.office.calendar(conn).is_working_day(day)
    assert events(city)[-2:] == ["CalendarEdited", "CalendarEdited"]


def test_everybody_reads_the_calendar_and_only_one_changes_it(city: City) -> None:
    handler = Browser(city, "u11handler")

    assert "设定某一天" not in handler.get("/calendar").text
    refused = handler.post("/calendar", page="/mailbox", act="edit_calendar", day="2027-03-03", kind="holiday")
    assert refused.status_code == 404


def test_a_number_gets_a_version_and_a_first_day(city: City) -> None:
    admin = Browser(city, "sysadmin1")
    today = city.office.now().date() + timedelta(days=1)

    admin.follow(
        admin.post("/settings", act="set_number", name="near.working_days", value="7", valid_from=today.isoformat())
    )

    with city.office.read() as conn:
        assert city.office.number_setting(conn, "near.working_days", today) == 7
        assert city.office.number_setting(conn, "near.working_days", today - timedelta(days=2)) == 5
    assert scalar(city, select(settings.c.version).where(settings.c.name == "near.working_days")) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("look_back.least_inspectors", "1"),
        ("comment.least_characters", "0"),
        ("near.working_days", "x"),
        ("rehearsal", "1"),
    ],
)
def test_a_number_cannot_be_set_out_of_its_limits(city: City, name: str, value: str) -> None:
    refused = Browser(city, "sysadmin1").post(
        "/settings", act="set_number", name=name, value=value, valid_from="2030-01-01"
    )

    assert refused.status_code == 422
    assert scalar(city, select(settings.c.version).where(settings.c.name != "rehearsal")) is None


# --- audit ----------------------------------------------------------------------------------------------------------


def test_the_auditor_finds_who_did_what_and_reads_no_contents(city: City) -> None:
    number = city.issue()[0]
    auditor = Browser(city, "auditor1")

    page = auditor.get(f"/audit?number={number}").text
    by_person = auditor.get("/audit?who=巡察组组长").text

    assert "落实责任" in page
    assert "津贴补贴" not in page
    assert "底稿齐全" not in by_person
    assert "登记问题" in by_person
    assert "没有记录" in auditor.get("/audit?number=XC1999-001").text
    assert auditor.get("/audit?since=nonsense&before=x|y|z").status_code == 200


def test_a_long_verification_goes_on_while_the_page_asks_how_far_it_is(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying, "PATIENCE", 0.0)
    city.issue()
    auditor = Browser(city, "auditor1")

    assert auditor.post("/audit/verify", page="/audit").status_code == 200

    deadline = time.monotonic() + PATIENCE
    while "台账完好" not in (page := auditor.get("/audit/verdict").text) and time.monotonic() < deadline:
        assert "正在核对台账" in page
        time.sleep(0.05)
    assert "台账完好" in page
    assert Browser(city, "u11handler").get("/audit/verdict").status_code == 404


def test_verifying_says_when_the_ledger_was_changed(city: City) -> None:
    city.issue()
    auditor = Browser(city, "auditor1")
    assert "台账完好" in auditor.post("/audit/verify", page="/audit").text
    with city.office.database.writing() as conn:
        conn.exec_driver_sql("DROP TRIGGER IF EXISTS ledger_no_update")
        for (name,) in conn.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").all():
            conn.exec_driver_sql(f"DROP TRIGGER {name}")
        conn.execute(update(ledger).where(ledger.c.event == "FindingIssued").values(who="别人"))

    page = auditor.post("/audit/verify", page="/audit").text

    assert "内容被改" in page
