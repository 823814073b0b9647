import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import insert, select, update

from persistence import failures
from persistence.failures import Pauses
from persistence.tables import accounts, api_tokens, findings, look_backs, outbox, releases
from tests.web.city import PNG, City, fresh_city, token_of

LEDGER = "序号,反馈问题,整改措施,整改时限\n1,会议费超预算,退回超支部分,2026-12-31\n2,,补报手续,2026-12-31\n".encode(
    "utf-8-sig"
)


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    made = fresh_city(tmp_path)
    yield made
    made.office.database.dispose()


class Api:
    """A program that speaks for one person."""

    def __init__(self, client: TestClient, login: str, language: str = "zh") -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {token_of(login)}", "Accept-Language": language}

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/api/v1{path}", params=query, headers=self.headers)

    def post(self, path: str, key: str | None = "k1", **sent: Any) -> Any:
        headers = self.headers | sent.pop("headers", {}) | ({"Idempotency-Key": key} if key else {})
        return self.client.post(f"/api/v1{path}", headers=headers, **sent)


def api(city: City, login: str, language: str = "zh") -> Api:
    return Api(city.client(), login, language)


def test_without_a_token_there_is_no_answer(city: City) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eDp5"}):
        answer = city.client().get("/api/v1/findings", headers=headers)

        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_token_ends_with_itself_and_with_its_account(city: City) -> None:
    office, handler = api(city, "office1"), api(city, "office2")
    with city.office.database.writing() as conn:
        conn.execute(update(api_tokens).where(api_tokens.c.account_id == 1).values(revoked_at=city.office.now()))
        conn.execute(update(accounts).where(accounts.c.login == "office2").values(disabled_at=city.office.now()))

    assert office.get("/findings").status_code == 401
    assert handler.get("/findings").status_code == 401


def test_every_page_of_findings_comes_once(city: City) -> None:
    city.issue()

    for order in ("due", "newest", "number"):
        seen, after = [], None
        for _ in range(4):
            page = api(city, "office1").get("/findings", limit=1, order=order, **({"after": after} if after else {}))
            seen += [line["number"] for line in page.json()["findings"]]
            after = page.json()["next"]
            if after is None:
                break

        assert sorted(seen) == city.numbers


@pytest.mark.parametrize(
    "after",
    [
        "!",
        "bnVsbA",
        "WzFd",
        "W10",
        "eyJhIjoxfQ",
        "WyJ4IiwgMV0",
        "WyIyMDI2LTAxLTAxIiwgMTAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwXQ",
    ],
)
def test_a_made_up_place_is_refused(city: City, after: str) -> None:
    answer = api(city, "office1").get("/findings", after=after)

    assert (answer.status_code, answer.json()["code"]) == (422, "bad_place")


def test_findings_can_be_narrowed(city: City) -> None:
    city.issue()
    office = api(city, "office1")

    assert [line["title"] for line in office.get("/findings", q="接待").json()["findings"]] == ["公务接待审批不严"]
    assert len(office.get("/findings", unit="江夏国资集团").json()["findings"]) == 3
    assert office.get("/findings", unit="徐庄镇").json()["findings"] == []
    assert office.get("/findings", unit="没有的单位").json()["findings"] == []
    assert len(office.get("/findings", list=city.list_number).json()["findings"]) == 3
    assert office.get("/findings", overdue="true").json()["findings"] == []
    assert office.get("/findings", state="closed").status_code == 422


def test_before_the_feedback_the_unit_sees_nothing(city: City) -> None:
    unit = api(city, "u11handler")

    assert unit.get("/findings").json()["findings"] == []
    assert unit.get("/lists").json()["lists"] == []
    unknown = unit.get("/findings/XC2026-999-999")
    unseen = unit.get(f"/findings/{city.numbers[0]}")
    assert (unseen.status_code, unseen.json()) == (404, unknown.json())


def test_what_one_may_not_see_answers_like_what_does_not_exist(city: City) -> None:
    number = city.issue()[0]
    stranger = api(city, "u12handler")

    for there, nowhere in (
        (f"/findings/{number}", "/findings/XC1999-001-001"),
        (f"/findings/{number}/events", "/findings/XC1999-001-001/events"),
        (f"/lists/{city.list_number}", "/lists/XC1999-001"),
    ):
        assert stranger.get(there).json() == stranger.get(nowhere).json()
        assert stranger.get(there).status_code == 404
    done = stranger.post(f"/findings/{number}/acts/accept_finding", json={})
    assert done.json() == stranger.post("/findings/XC1999-001-001/acts/accept_finding", json={}).json()


@pytest.mark.parametrize("login", ["sysadmin1", "secadmin1", "auditor1"])
def test_administrators_read_no_findings(city: City, login: str) -> None:
    number = city.issue()[0]

    assert api(city, login).get("/findings").json()["findings"] == []
    assert api(city, login).get(f"/findings/{number}").status_code == 404


def test_the_dossier_holds_everything_with_names(city: City) -> None:
    number = city.issue()[0]

    answer = api(city, "u11handler").get(f"/findings/{number}")

    dossier = answer.json()
    assert answer.headers["ETag"] == f'"{dossier["version"]}"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert (dossier["unit"], dossier["handler_post"]) == ("江夏国有资产经营管理集团党委", "整改办主任")
    assert [measure["text"] for measure in dossier["measures"]] == ["清退到位", "修订制度"]
    assert [task["act"] for task in dossier["tasks"]] == ["accept_finding"]
    assert not [name for name in dossier if name.endswith("_id")]


def test_the_unit_is_not_warned_of_a_visit(city: City) -> None:
    number = city.issue()[0]
    with city.office.database.writing() as conn:
        finding = conn.scalar(select(findings.c.id).where(findings.c.number == number))
        visit = {
            "id": 1,
            "finding_id": finding,
            "cycle": 1,
            "durability": False,
            "method": "on_site",
            "inspectors": [9],
        }
        conn.execute(insert(look_backs), visit)

    def visits(login: str) -> list[Any]:
        return list(api(city, login).get(f"/findings/{number}").json()["look_backs"])

    assert visits("u11handler") == []
    assert [visit["inspectors"] for visit in visits("office1")] == [["回头看一组组长"]]


def test_events_are_chained_and_paged(city: City) -> None:
    number = city.issue()[0]
    office = api(city, "office1")

    first = office.get(f"/findings/{number}/events", limit=1).json()
    rest = office.get(f"/findings/{number}/events", after=first["next"]).json()

    assert [event["seq"] for event in first["events"] + rest["events"]] == list(range(1, 2 + len(rest["events"])))
    assert all(len(event["hash"]) == 64 for event in rest["events"])
    assert "input" not in json.dumps(rest)


def test_an_act_needs_a_key_and_has_one_effect(city: City) -> None:
    number = city.issue()[0]
    unit = api(city, "u11handler")
    path = f"/findings/{number}/acts/accept_finding"

    assert unit.post(path, key=None, json={}).json()["code"] == "key_needed"
    first, again = unit.post(path, json={}), unit.post(path, json={})

    assert first.status_code == 200
    assert first.json() == again.json()
    assert first.json()["events"] == ["FindingAccepted"]
    events = api(city, "office1").get(f"/findings/{number}/events").json()["events"]
    assert [event["event"] for event in events].count("FindingAccepted") == 1
    other = unit.post(path, json={"data": {"comment": "又一次"}})
    assert (other.status_code, other.json()["code"]) == (409, "key_used_otherwise")


def test_an_old_version_is_refused(city: City) -> None:
    number = city.issue()[0]
    unit = api(city, "u11handler")
    path = f"/findings/{number}/acts/accept_finding"
    seen = unit.get(f"/findings/{number}").headers["ETag"]
    city.act("office1", "urge", number, text="请尽快签收")

    stale = unit.post(path, headers={"If-Match": seen}, json={})
    also_stale = unit.post(path, key="k2", json={"version": int(seen.strip('"'))})
    unclear = unit.post(path, key="k3", headers={"If-Match": '"abc"'}, json={})

    assert (stale.status_code, stale.json()["code"]) == (409, "case_changed")
    assert "巡察办主任" in stale.json()["title"]
    assert also_stale.status_code == 409
    assert unclear.json()["code"] == "version_unclear"


def test_a_refusal_speaks_the_language_of_the_caller(city: City) -> None:
    city.issue()
    unit, english = api(city, "u11chief"), api(city, "u11chief", "en-GB,en;q=0.9")
    path = f"/lists/{city.list_number}/acts/submit_plan"

    chinese, refused = unit.post(path, json={}), english.post(path, json={})

    assert refused.status_code == chinese.status_code == 422
    assert chinese.headers["content-type"] == "application/problem+json"
    assert (chinese.headers["Content-Language"], refused.headers["Content-Language"]) == ("zh", "en")
    assert "summary" in refused.json()["errors"]
    assert refused.json()["errors"]["summary"]["text"].isascii()
    assert not chinese.json()["errors"]["summary"]["text"].isascii()


def test_an_act_of_another_kind_is_unknown(city: City) -> None:
    number = city.issue()[0]
    office = api(city, "office1")

    for act in ("publish_release", "give_feedback", "__class__", "no_such_act"):
        assert office.post(f"/findings/{number}/acts/{act}", key=act, json={}).status_code == 404
    assert office.post(f"/findings/{number}/acts/urge", json={"text": "x"}).json()["code"] == "malformed"


def test_a_file_is_uploaded_once_and_read_only_by_those_who_see_the_finding(city: City) -> None:
    number = city.issue()[0]
    unit = api(city, "u11handler")
    upload = unit.post("/evidence", files={"file": ("缴款凭证.png", PNG, "image/png")})
    unit.post(f"/findings/{number}/acts/accept_finding", json={})

    report = {
        "data": {"text": "已清退第一笔，凭证见附件。"},
        "attachments": [upload.json() | {"kind": "FUND_RECEIPT", "measure": 1}],
    }
    done = unit.post(f"/findings/{number}/acts/report_progress", "k5", json=report)

    assert upload.status_code == 201
    assert done.status_code == 200, done.text
    [kept] = unit.get(f"/findings/{number}").json()["evidence"]
    assert (kept["filename"], kept["measure"], kept["uploaded_by"]) == ("缴款凭证.png", 1, "江夏国资集团整改办主任")
    file = unit.get(f"/evidence/{kept['id']}")
    assert file.content == PNG
    assert file.headers["Content-Disposition"].startswith("attachment;")
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert api(city, "u12handler").get(f"/evidence/{kept['id']}").status_code == 404
    assert unit.get("/evidence/1").status_code == unit.get("/evidence/x").status_code == 404


def test_nobody_names_a_file_that_he_did_not_upload(city: City) -> None:
    number = city.issue()[0]
    theirs = api(city, "u12handler").post("/evidence", files={"file": ("a.png", PNG, "image/png")}).json()
    unit = api(city, "u11handler")
    mine = unit.post("/evidence", files={"file": ("a.png", PNG, "image/png")}).json()

    for wrong in (theirs, mine | {"filename": "b.png"}, mine | {"sha256": "a" * 64}, mine | {"receipt": "x"}):
        report = {"data": {"text": "已清退第一笔，凭证见附件。"}, "attachments": [wrong]}
        refused = unit.post(f"/findings/{number}/acts/report_progress", json=report)
        assert (refused.status_code, refused.json()["code"]) == (422, "receipt_wrong")


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.html", b"<html>", "file_type_not_accepted"),
        ("a.png", b"%PDF-1.4\n%%EOF", "file_type_mismatch"),
        ("a.png", b"", "empty_file"),
    ],
)
def test_a_file_that_is_no_evidence_is_refused(city: City, name: str, content: bytes, code: str) -> None:
    refused = api(city, "u11handler").post("/evidence", files={"file": (name, content, "image/png")})

    assert (refused.status_code, refused.json()["code"]) == (422, code)


def test_a_ledger_is_read_and_then_kept_once(city: City) -> None:
    office = api(city, "office1")
    files = {"file": ("台账.csv", LEDGER, "text/csv")}
    about = {"unit": "徐庄镇"}

    dry = office.post("/lists/import", "a", files=files, data=about | {"dry_run": "true"})
    assert len(office.get("/lists").json()["lists"]) == 1
    kept = office.post("/lists/import", "b", files=files, data=about)
    again = office.post("/lists/import", "c", files=files, data=about)

    assert (dry.status_code, dry.json()["list"]) == (200, None)
    assert [finding["title"] for finding in dry.json()["findings"]] == ["会议费超预算"]
    assert [row["row"] for row in dry.json()["rejected"]] == [3]
    assert (kept.status_code, len(kept.json()["created"])) == (201, 1)
    assert (again.status_code, again.json()["created"], again.json()["list"]) == (200, [], kept.json()["list"])


def test_only_the_inspecting_side_imports(city: City) -> None:
    files = {"file": ("台账.csv", LEDGER, "text/csv")}

    for login in ("u11handler", "sysadmin1"):
        assert api(city, login).post("/lists/import", files=files, data={"dry_run": "true"}).status_code == 403


def test_a_mapping_that_is_none_is_refused(city: City) -> None:
    files = {"file": ("台账.csv", LEDGER, "text/csv")}

    for mapping in ("{", "[]", '{"反馈问题": 1}'):
        answer = api(city, "office1").post("/lists/import", str(len(mapping)), files=files, data={"mapping": mapping})
        assert answer.status_code == 422
        assert "mapping" in answer.json()["errors"]


def test_tasks_and_letters_are_ones_own(city: City) -> None:
    numbers = city.issue()
    unit = api(city, "u11handler")

    tasks = unit.get("/tasks", limit=2).json()
    more = unit.get("/tasks", limit=2, after=tasks["next"]).json()
    assert sorted(task["number"] for task in tasks["tasks"] + more["tasks"]) == numbers
    letters = unit.get("/letters").json()["letters"]
    with city.office.read() as conn:
        own = conn.scalars(select(outbox.c.id).where(outbox.c.person_id == city.actor("u11handler").person_id)).all()
    assert {letter["id"] for letter in letters} == {str(id) for id in own} != set()
    assert api(city, "u12handler").get("/letters").json()["letters"] == []


def test_figures_come_with_numerator_denominator_and_formula(city: City) -> None:
    city.issue()

    told = api(city, "office1").get("/figures", by="kind", completion="done_cut").json()

    assert (told["whole"]["total"], told["whole"]["done"]) == (3, 0)
    assert told["whole"]["rates"]["done_cut"] == {"numerator": "0", "denominator": "3", "percent": "0"}
    assert "其余舍去" in told["formulas"]["done_cut"]
    assert sum(group["total"] for group in told["groups"]) == 3
    assert api(city, "u12handler").get("/figures").json()["whole"]["total"] == 0


def test_what_is_not_there_is_said_as_a_problem(city: City) -> None:
    client = city.client()

    nowhere, wrong = client.get("/api/v1/nowhere"), client.delete("/api/v1/findings")

    assert (nowhere.status_code, nowhere.headers["content-type"]) == (404, "application/problem+json")
    assert (wrong.status_code, wrong.headers["content-type"]) == (405, "application/problem+json")


def test_the_interface_describes_itself(city: City) -> None:
    described = city.client().get("/api/v1/openapi.json").json()

    assert described["openapi"].startswith("3.1")
    assert "/findings/{number}/acts/{act}" in described["paths"]
    assert not [path for path in described["paths"] if "sign-in" in path]
    act = described["paths"]["/findings/{number}/acts/{act}"]["post"]
    assert {"Idempotency-Key", "if-match"} <= {parameter["name"] for parameter in act["parameters"]}
    assert act["security"]


def test_the_house_says_how_it_is(city: City) -> None:
    city.issue()
    client = city.client()

    assert client.get("/healthz").text == "ok\n"
    assert client.get("/readyz").status_code == 200
    lines = dict(line.rsplit(" ", 1) for line in client.get("/metrics").text.splitlines() if not line.startswith("#"))
    with city.office.read() as conn:
        waiting = len(conn.execute(select(outbox.c.id)).all())
    assert float(lines["xiaohao_letters_waiting"]) == waiting > 0
    assert float(lines["xiaohao_open_tasks"]) > 0
    assert lines["xiaohao_cases_faulted"] == "0"


def test_without_a_release_the_house_is_not_ready(city: City) -> None:
    with city.office.database.writing() as conn:
        conn.execute(update(releases).values(state="retired"))

    answer = city.client().get("/readyz")

    assert (answer.status_code, answer.text) == (503, "no_release\n")


def test_readiness_notes_what_fails(city: City) -> None:
    with city.office.database.writing() as conn:
        failures.put_down(conn, "deadlines", "round", "KeyError: 'x'", city.office.now(), Pauses())

    answer = city.client().get("/readyz")

    assert answer.status_code == 200
    assert "failing: 1, see /incidents" in answer.text
