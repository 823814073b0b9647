"""The command line as a stranger uses it: one JSON document on stdout, 0 done, 1 refused, 2 wrong usage."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from xiaohao.command import main

ONE = "XC2026-001-006"  # of the demonstration: evidence of a process only


class Shell:
    """Runs commands on a data folder of its own, inside this process; *out* and *error* are of the last one."""

    def __init__(self, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.data, self._monkeypatch, self._capsys = data, monkeypatch, capsys
        monkeypatch.setenv("XIAOHAO_DATA", str(data))
        for name in ("XIAOHAO_DATABASE_URL", "XIAOHAO_SMTP_URL", "XIAOHAO_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        self.out = self.error = ""

    def __call__(self, *words: str) -> int:
        """Return the exit code of a command."""
        self._monkeypatch.setattr(sys, "argv", ["xiaohao", *words])
        self._capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        self.out, self.error = self._capsys.readouterr()
        return code

    def json(self, *words: str, code: int = 0) -> Any:
        """Return the one document that a command prints."""
        assert self(*words, "--json") == code, self.out + self.error
        return json.loads(self.out)


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the demonstration, made by the command itself in a process of its own."""
    data = tmp_path_factory.mktemp("demonstration") / "data"
    done = subprocess.run(
        [sys.executable, "-c", "from xiaohao.command import main; main()", "demo", "--findings", "5", "--json"],
        env=os.environ | {"XIAOHAO_DATA": str(data)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["findings"] == 21
    return data


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path / "data", monkeypatch, capsys)


@pytest.fixture
def shell(
    demonstration: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shell:
    shutil.copytree(demonstration, tmp_path / "data")
    return Shell(tmp_path / "data", monkeypatch, capsys)


def test_an_empty_database_is_refused_in_one_sentence(empty: Shell) -> None:
    assert empty("findings") == 1
    assert len(empty.error.strip().splitlines()) == 1
    assert "Traceback" not in empty.error

    assert empty.json("findings", code=1)["refused"]["code"] == "not_begun"


def test_wrong_usage_ends_with_2(shell: Shell) -> None:
    assert shell("no-such-command") == 2
    assert shell("patrol", "no-such-patrol") == 2
    assert shell("patrol", "--at", "2026-03-02") == 2


def test_a_new_office_prints_the_links_of_three_administrators_once(empty: Shell) -> None:
    links = empty.json("init")["administrators"]

    assert [link["login"] for link in links] == ["sysadmin", "secadmin", "auditor"]
    assert len({link["url"] for link in links}) == 3
    assert empty.json("init", code=1)["refused"]["code"] == "not_empty"
    assert empty.json("patrol", "--at", "2026-03-02T09:00+08:00", code=1)["refused"]["code"] == "rehearsal_only"


def test_the_demonstration_has_a_finding_in_every_state(shell: Shell) -> None:
    lines = shell.json("findings")["findings"]

    stages = {line["number"]: (line["state"], line["stage"]) for line in lines}
    jiangxia = [stages[f"XC2026-001-00{n}"] for n in range(1, 7)]
    assert [stage for _, stage in jiangxia[1:]] == [
        "rectifying",
        "rectifying",
        "look_back",
        "rectifying",
        "unit_review",
    ]
    assert jiangxia[0][0] == "signed_off"
    assert [line["number"] for line in lines if line["overdue_since"]] == ["XC2026-001-005"]
    assert {state for number, (state, _) in stages.items() if number.startswith("XC2026-003")} == {"registered"}
    assert shell.json("findings", "--overdue")["findings"][0]["number"] == "XC2026-001-005"


def test_a_finding_is_shown_with_its_events_and_an_unknown_one_is_not(shell: Shell) -> None:
    shown = shell.json("finding", "XC2026-001-001")

    assert "SignedOff" in [event["event"] for event in shown["events"]]
    assert shell.json("finding", "XC2026-999-001", code=1)["refused"]["code"] == "unknown"


def test_signals_say_a_sentence(shell: Shell) -> None:
    hits = {hit["signal"]: hit for hit in shell.json("signals", ONE)["signals"]}
    hit = hits["PR-09"]

    assert hit["severity"] == "MEDIUM"  # it has not shown that it may block
    assert "专题会议纪要.pdf" in hit["sentence"]
    assert hits["PR-07"]["severity"] == "HIGH"


def test_an_act_is_done_as_a_person_and_once_for_a_key(shell: Shell, tmp_path: Path) -> None:
    data = tmp_path / "answers.json"
    data.write_text(json.dumps({"text": "已追回租金 3 户共 40 万元", "percent": 60}), encoding="utf-8")
    words = ("act", "report_progress", "XC2026-001-005", "--as", "u11handler", "--data", str(data), "--key", "k1")

    first, second = shell.json(*words), shell.json(*words)

    assert first == second
    assert first["events"] == ["ProgressReported"]
    assert shell.json(*words[:4], "u12handler", *words[5:], code=1)["refused"]["code"] == "unknown"


def test_a_file_is_attached_with_what_it_is(shell: Shell, tmp_path: Path) -> None:
    note = tmp_path / "回访记录.txt"
    note.write_text("回访 5 户", encoding="utf-8")
    data = tmp_path / "answers.json"
    data.write_text(json.dumps({"text": "已回访承租人 5 户并形成记录"}), encoding="utf-8")

    shell.json(
        "act", "report_progress", "XC2026-001-005", "--as", "u11handler",
        "--data", str(data), "--attach", f"{note}=CALLBACK:1:2026-05-01",
    )  # fmt: skip

    (kept,) = shell.json("finding", "XC2026-001-005")["evidence"]
    assert (kept["kind"], kept["filename"], kept["effective_on"]) == ("CALLBACK", "回访记录.txt", "2026-05-01")
    missing = shell.json("act", "report_progress", ONE, "--as", "u11handler", "--attach", "nowhere.pdf", code=1)
    assert missing["refused"]["code"] == "file_not_there"


def test_a_year_is_rehearsed_by_naming_moments(shell: Shell) -> None:
    done = shell.json("patrol", "deadlines", "--at", "2030-01-02T09:00+08:00")

    assert done["woken"] > 0
    assert done["patrols"][0]["counts"]["proposed"] > 0
    assert shell.json("doctor")["healthy"]


def test_lines_count_the_working_days_and_say_where_a_year_has_no_notice(shell: Shell) -> None:
    """Far behind the last notice of holidays a count is an estimate; a day that has passed lately is none."""
    number = next(row["number"] for row in shell.json("findings")["findings"] if not row["submitted_at"])
    with sqlite3.connect(shell.data / "xiaohao.sqlite") as connection:
        connection.execute("UPDATE findings SET due_on = '2199-01-05' WHERE number = ?", (number,))

    assert shell("findings") == 0
    (line,) = [line for line in shell.out.splitlines() if number in line]
    assert re.search(r"剩 \d+ 个工作日（预估）$", line)
    assert shell("tasks") == 0
    assert any(number in line and line.endswith("（预估）") for line in shell.out.splitlines())


def test_without_a_mail_server_letters_stay(shell: Shell) -> None:
    assert shell.json("deliver")["sent"] == 0
    assert shell.json("letters", "--state", "waiting")["letters"]


def test_tasks_of_one_and_of_all(shell: Shell) -> None:
    mine = shell.json("tasks", "--user", "u11leader")["tasks"]

    assert sorted(task["act"] for task in mine) == ["give_statement", "review_rectification"]
    assert len(shell.json("tasks")["tasks"]) > len(mine)


def test_the_ledger_is_verified_proved_and_caught_when_tampered_with(shell: Shell) -> None:
    import sqlite3

    assert shell.json("audit", "verify")["clean"]
    assert shell.json("audit", "prove", ONE)["public_keys"]
    assert shell.json("audit", "export")["checkpoints"]

    with sqlite3.connect(shell.data / "xiaohao.sqlite") as conn:
        conn.execute("DROP TRIGGER ledger_stays")
        conn.execute("UPDATE ledger SET who = '别人' WHERE event = 'SignedOff'")
    verdict = shell.json("audit", "verify", code=1)

    assert [problem["kind"] for problem in verdict["problems"]] == ["changed"]
    assert not shell.json("doctor", code=1)["healthy"]


def test_a_diagram_is_checked_published_and_followed(shell: Shell, tmp_path: Path) -> None:
    from bpmn.release import shipped

    diagram = tmp_path / "close_finding.bpmn"
    diagram.write_bytes(shipped()["processes/close_finding.bpmn"].replace("签收".encode(), "签收并认领".encode(), 1))
    assert shell.json("process", "check", str(diagram)) == {"problems": []}

    published = shell.json("process", "publish", str(diagram), "--as", "sysadmin1", "--confirmed-by", "sysadmin2")
    assert published["state"] == "published"
    newest = next(release for release in shell.json("process", "list")["releases"] if release["in_force"])
    assert newest["id"] == published["release"]

    diagram.write_bytes(b"<definitions/>")
    assert shell("process", "check", str(diagram)) == 1


def test_a_backup_is_restored_whole_with_its_letters_frozen(shell: Shell, tmp_path: Path) -> None:
    archive = tmp_path / "house.tgz"
    made = shell.json("backup", str(archive))
    before = shell.json("findings")
    assert archive.stat().st_mode & 0o077 == 0
    assert shell.json("restore", str(archive), code=1)["refused"]["code"] == "not_empty"

    shutil.move(shell.data, tmp_path / "lost")
    restored = shell.json("restore", str(archive))

    assert (restored["rows"], restored["files"]) == (made["rows"], made["files"])
    assert shell.json("findings") == before
    assert shell.json("audit", "verify")["clean"]
    assert shell.json("doctor")["healthy"]
    assert shell.json("deliver", "--after-restore", "forget")["waiting"] == 0


def test_a_cut_archive_is_refused_and_leaves_nothing(shell: Shell, tmp_path: Path) -> None:
    archive = tmp_path / "house.tgz"
    shell.json("backup", str(archive))
    with tarfile.open(archive) as tar:
        assert tar.getnames()[-1] == "manifest.json"
    archive.write_bytes(archive.read_bytes()[:-4_000])
    shutil.move(shell.data, tmp_path / "lost")

    assert shell.json("restore", str(archive), code=1)["refused"]["code"] == "archive_damaged"
    assert not (shell.data / "keys.json").exists()


def test_a_proposed_campaign_does_not_end_the_deadline_patrol(shell: Shell) -> None:
    """The three commands of the first measured fault: since then one unit's late findings are told of for ever."""
    assert shell("patrol", "deadlines", "--at", "2027-01-11T07:30:00+08:00") == 0
    assert shell("patrol", "campaigns", "--at", "2027-03-22T07:30:00+08:00") == 0

    done = shell.json("patrol", "deadlines", "--at", "2027-03-23T07:30:00+08:00")

    assert done["broken"] == {}
    assert "failed" not in done["patrols"][0]["counts"]


def test_who_keeps_the_timetable_is_said(shell: Shell) -> None:
    found = shell.json("timetable")

    assert (found["keeper"], found["scheduled"], found["code"]) == ("clock", 0, "nobody_asks")
    assert found["why"]
    assert all(set(slot) == {"name", "slot", "woken_by"} for slot in found["last"])
    assert shell.json("doctor")["timetable"]["keeper"] == "clock"
