"""A house of an earlier revision, with cases of every kind under way, is brought up to date and works on.

What runs in it is told by ``tests/persistence/houses/README.md``.
"""

import json
import shutil
import tarfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sqlalchemy import select

from persistence import verification
from persistence.tables import (
    corrections,
    decision_items,
    evidence_texts,
    messages,
    outbox,
    releases,
    signal_hits,
)
from tasks.begin import begin
from tasks.drafts import draft_of
from tasks.evidence_facts import read_waiting
from tests.support.city import CHECKED, REVIEWERS, City, open_city
from tests.tasks import group
from xiaohao.archive import restore

HOUSES = Path(__file__).parents[1] / "persistence" / "houses"
REVISIONS = sorted(path.name.removesuffix(".tar.xz") for path in HOUSES.glob("*.tar.xz"))
VISIT: dict[str, Any] = {"method": "on_site", "place": "集团财务部", "sample": "抽取3笔凭证核对"}
SEEN = "到集团财务部查阅第9号凭证，制度执行正常，没有反弹，走访职工2人。"


@cache
def _unpacked() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="xiaohao-houses-")  # goes with the process


@cache
def house(revision: str) -> Path:
    """Return the unpacked house of *revision*; nobody writes into it."""
    place = Path(_unpacked().name) / revision
    with tarfile.open(HOUSES / f"{revision}.tar.xz") as tar:
        tar.extractall(place, filter="data")
    return place


def archive_of(revision: str, target: Path) -> Path:
    """Put the archive that *revision* wrote together again: its rows, the evidence and the keys, the manifest last."""
    own, files = house(revision) / "archive", house(revision) / "evidence"
    with tarfile.open(target, "w:gz", compresslevel=1) as tar:
        for table in sorted((own / "tables").iterdir()):
            tar.add(table, f"tables/{table.name}")
        for file in sorted(path for path in files.rglob("*") if path.is_file()):
            tar.add(file, f"evidence/{file.name}")
        tar.add(house(revision) / "keys.json", "keys.json")
        tar.add(own / "manifest.json", "manifest.json")
    return target


class OldHouse:
    """The house at work again, a day after its last act."""

    def __init__(self, city: City, running: dict[str, str], last: datetime) -> None:
        self.city, self.running = city, running
        self.now = last + timedelta(days=1)

    def __getitem__(self, state: str) -> str:
        return self.running[state]

    def is_sound(self) -> None:
        """The doctor and the ledger have nothing to say."""
        verdict = verification.verify(self.city.office.database, self.city.office.keyring)
        assert verdict.clean, verdict.problems
        assert self.city.complaints() == []


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def old_house(request: pytest.FixtureRequest, tmp_path: Path, revision: str) -> Iterator[OldHouse]:
    """A house of *revision*: its SQLite file as it lay there, or its backup, restored into PostgreSQL."""
    data, story = tmp_path / "data", json.loads((house(revision) / "running.json").read_text("utf-8"))
    if request.param == "sqlite":
        shutil.copytree(house(revision), data)
        url = f"sqlite:///{data}/xiaohao.sqlite"
    else:
        fresh: Callable[[], str] = request.getfixturevalue("postgres_url")
        url = fresh()
        restore(url, data, archive_of(revision, tmp_path / "old.backup"))
    last = datetime.fromisoformat(story["now"])
    city = open_city(url, data / "evidence", now=last + timedelta(days=1))
    begin(city.office)
    yield OldHouse(city, story["runs"], last)
    city.office.database.dispose()


@pytest.mark.parametrize("revision", REVISIONS)
def test_nothing_is_amiss_after_the_schema_was_brought_up_to_date(old_house: OldHouse) -> None:
    old_house.is_sound()


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_case_that_was_under_way_goes_on(old_house: OldHouse) -> None:
    city = old_house.city

    _findings_go_on(old_house)
    _asked_changes_are_decided(old_house)
    _suspicions_are_decided(old_house)
    _look_backs_end(old_house)
    _lists_go_on(old_house)
    _the_group_decides(old_house)
    _what_waits_is_heard(old_house)
    old_house.is_sound()

    city.go_to(city.today + timedelta(days=60))
    assert "prepare_look_back" in city.waits_for(old_house["look_back_wait"])
    old_house.is_sound()


def _findings_go_on(old: OldHouse) -> None:
    city = old.city
    assert city.waits_for(old["second_cycle"]) == ["accept_finding"]
    assert city.finding(old["second_cycle"]).cycle == 2
    city.accept(old["second_cycle"])
    found = draft_of(
        city.office, city.actor("u11handler").person_id, f"{old['submit_rectification']}/submit_rectification"
    )
    assert found is not None
    assert found[0]["completion"] == ["已收回租金，还缺一份"]
    for act in ("submit_rectification", "review_rectification", "sign_rectification"):
        city.next_step(old[act], act)
        assert act not in city.waits_for(old[act])
    city.verify(old["verify_rectification"])
    city.prepare(old["prepare_look_back"], "lookback1", "lookback2")
    city.look(old["record_look_back"])
    city.confirm(old["confirm_look_back"])
    city.sign_off(old["confirm_look_back"])
    assert city.finding(old["confirm_look_back"]).state == "signed_off"


def _asked_changes_are_decided(old: OldHouse) -> None:
    city = old.city
    agreed: dict[str, Any] = {"verdict": "approved", "comment": CHECKED}
    assert city.finding(old["suspended"]).state == "suspended"
    city.resume(old["suspended"])
    city.act("office2", "confirm_correction", old["confirm_correction_resume"], **agreed)
    city.act("office2", "confirm_correction", old["confirm_correction"], **agreed)
    assert city.finding(old["confirm_correction"]).title == "核对后更正的题目"
    city.act("signer1", "decide_correction", old["decide_correction"], **agreed)
    assert city.finding(old["decide_correction"]).state == "suspended"
    before = city.finding(old["decide_extension"]).due_on
    until = (before + timedelta(days=50)).isoformat()
    city.act("signer1", "decide_extension", old["decide_extension"], until=until, **agreed)
    assert city.finding(old["decide_extension"]).due_on == before + timedelta(days=50)
    city.office.settle(100)
    assert city.column(select(corrections.c.id).where(corrections.c.decided_at.is_(None))) == []


def _suspicions_are_decided(old: OldHouse) -> None:
    city, number = old.city, old["decide_suspicion"]
    city.act("office2", "read_second", old["read_second"], verdict="consistent", comment=CHECKED)
    assert "read_second" not in city.waits_for(old["read_second"])
    own = select(signal_hits).where(signal_hits.c.finding_id == city.id_of(number), signal_hits.c.decision.is_(None))
    grave = [hit.id for hit in city.ask(own) if hit.severity in ("HIGH", "CRITICAL")]
    city.act(
        "verifier1", "decide_suspicion", number, comment="调阅原始凭证 3 份，到现场查看并询问 2 人。",
        decisions=[f"{hit} explained" for hit in grave], reasons=[f"{hit} {CHECKED}" for hit in grave],
    )  # fmt: skip
    assert "decide_suspicion" not in city.waits_for(number)
    city.act("signer1", "decide_proposal", old["decide_proposal"], interview="adopted", criticism="dropped",
             comment="已查看核定记录和凭证，约谈主要负责人。")  # fmt: skip


def _look_backs_end(old: OldHouse) -> None:
    city, today = old.city, old.city.today.isoformat()
    people = [str(city.actor(login).person_id) for login in ("lookback1", "lookback3")]
    city.act("office1", "start_durability", old["start_durability"], inspectors=people, starts_on=today, **VISIT)
    for number in (old["start_durability"], old["record_durability"]):
        city.act("lookback3", "record_durability", number, started_on=today, ended_on=today, result="held",
                 record=SEEN, **VISIT)  # fmt: skip
        city.confirm(number, login="lookback1")
    city.confirm(old["confirm_durability"], login="lookback1")
    assert [city.waits_for(old[name]) for name in ("start_durability", "record_durability", "confirm_durability")] == [
        []
    ] * 3


def _lists_go_on(old: OldHouse) -> None:
    city, today = old.city, old.city.today.isoformat()
    agreed: dict[str, Any] = {"verdict": "agreed", "comment": CHECKED}
    city.act("team1", "register_findings", old["list_registering"], comment="登记2个问题，底稿齐全")
    city.act("team2", "confirm_registration", old["list_confirming"], **agreed)
    city.act("office1", "give_feedback", old["list_feedback"], feedback_on=today, place="市委第一会议室")
    for login in ("u22member", "superior2"):
        city.act(login, "sign_receipt", old["list_receipts"])
    plan = city.keep("整改方案.png", "PLAN")
    city.act("u12chief", "submit_plan", old["list_planning"], files=[plan], adopted_on=today,
             summary="党委专题研究，逐项明确措施、责任和完成时限。")  # fmt: skip
    for login in REVIEWERS[1:]:
        city.act(login, "review_plan", old["list_joint_review"], grade="good", **agreed)
    city.office.settle(100)
    assert city.waits_for(old["finding_plan_joint_review"]) == ["submit_rectification"], "the plan was approved"
    city.act("discipline1", "check_midterm", old["list_midterm"], verdict="on_track", record=CHECKED)
    city.act("u16chief", "sign_progress_report", old["list_reporting"], files=[city.keep("报告.png", "REPORT")],
             pledge=True, summary="问题均已按方案整改，资金清退到位，制度修订3项。")  # fmt: skip
    city.act("office1", "evaluate_rectification", old["list_evaluation"], grade="good", score=95, comment=CHECKED)
    city.act("office1", "publish_result", old["list_publication"], scope=["party"], published_on=today)
    city.act("office1", "archive_list", old["list_archiving"], archive_number="XC-2026-7", comment=CHECKED)
    assert city.waits_for(old["list_archiving"]) == []
    assert city.waits_for(old["list_closing"]) == []


def _the_group_decides(old: OldHouse) -> None:
    city = old.city
    for login in ("signer900", "signer1"):
        group.vote(city, old["meeting"], login)
    group.close(city, old["meeting"])
    group.open_scan(city, old["paper_decision"], "office2")
    group.confirm(city, old["paper_decision"])
    city.office.settle(100)
    for number in (old["meeting_finding"], old["paper_finding"]):
        assert city.finding(number).state == "signed_off", group.refusals(city)
    assert set(city.column(select(decision_items.c.state))) == {"done"}
    went = [city.actor(login).person_id for login in ("verifier2", "discipline1")]
    seen = {"fact": "租金已收回", "dossier": "3笔共12万元", "found": "银行流水3笔共12万元", "agrees": True}
    for number in old["sample_left"].split(","):
        city.perform("verifier2", "record_sampled", "office", {
            "sample": old["sample"], "number": number, "result": "checked", "visited_on": city.today.isoformat(),
            "visitors": went, "place": "集团财务部", "checks": [seen],
        })  # fmt: skip
    city.perform("office1", "close_sample", "office", {"sample": old["sample"], "comment": CHECKED})


def _what_waits_is_heard(old: OldHouse) -> None:
    city = old.city
    city.office.settle(1_000)
    assert read_waiting(city.office, city.attachments, limit=1_000)["read"] > 0
    city.office.settle(1_000)
    assert city.column(select(messages.c.id).where(messages.c.taken_at.is_(None), messages.c.failures > 0)) == []
    assert city.column(select(evidence_texts.c.sha256).where(evidence_texts.c.state == "waiting")) == []
    assert "look_for_signals" not in city.column(select(messages.c.name).where(messages.c.taken_at.is_(None)))
    assert city.column(select(outbox.c.id).where(outbox.c.state == "waiting")) != []
    assert old["draft_release"] in city.column(select(releases.c.id).where(releases.c.state == "draft"))
