"""Paper signals: seen at the submission, told to the responsible leader, kept once, and in the way of a sign-off."""

from datetime import date

import pytest
from sqlalchemy import select

from bpmn.release import Release
from cases.sign_off import SignalUndecided
from persistence.tables import (
    criteria,
    findings,
    measures,
    register_entries,
    release_files,
    releases,
    signal_hits,
    suspicions,
)
from tasks.between_cases import wake_due
from tasks.releases import keep_release
from tests.tasks.town import CHECKED, Town, at, proof

ONE, TWO = "XC2026-001-001", "XC2026-001-002"


def on_paper(town: Town) -> None:
    town.now = at("2026-04-01")
    town.submit(ONE, proof("会议纪要.pdf", "MEETING_MINUTES"), proof("通知.pdf", "NOTICE"))


def test_a_submission_without_a_result_raises_pr_09_and_the_leader_has_mail(town: Town) -> None:
    on_paper(town)

    assert town.signals(ONE) == ["PR-09"]
    assert town.finding(ONE).attention == 1
    assert [row.role for row in town.letters("paper_signal")] == ["responsible_leader"]


def test_an_honest_submission_raises_nothing(town: Town) -> None:
    town.now = at("2026-04-01")
    town.submit(ONE, proof("缴款凭证.pdf", "FUND_RECEIPT", effective_on=date(2026, 3, 20)))

    assert town.signals(ONE) == []
    assert town.letters("paper_signal") == []


def test_the_same_signal_is_kept_once(town: Town) -> None:
    on_paper(town)

    town.patrol("signals", "2026-04-02")
    town.patrol("signals", "2026-04-03")

    assert town.signals(ONE) == ["PR-09"]


def test_what_was_there_before_the_feedback_is_no_new_action(town: Town) -> None:
    town.now = at("2026-04-01")
    town.submit(ONE, proof("管理办法.pdf", "EXECUTION_CHECK", effective_on=date(2026, 2, 20)))

    assert town.signals(ONE) == ["PR-07"]


def test_the_same_file_for_two_findings_makes_both_suspect(town: Town) -> None:
    town.now = at("2026-04-01")
    shared = proof("验收单.pdf", "ACCEPTANCE", sha256="a" * 64)
    town.submit(ONE, shared)
    town.submit(TWO, shared)

    assert (town.signals(ONE), town.signals(TWO)) == (["PR-01"], ["PR-01"])


def test_time_alone_makes_a_finding_suspect(town: Town) -> None:
    done = town.patrol("signals", "2026-04-10")

    told = {"undecided_told": 0, "digests": 0}
    assert done.counts == {"sketched": 0, "looked_at": 3, "lists": 1, "raised": 4} | told  # PR-34: nothing of the chief
    assert town.signals(ONE) == ["PR-16"]
    assert town.patrol("signals", "2026-04-11").counts["looked_at"] == 0


def test_a_signal_that_nobody_decided_blocks_the_sign_off(town: Town) -> None:
    reach_sign_off(town)
    signed = {"verdict": "signed", "comment": CHECKED, "sheet_number": "1"}
    with town.database.writing() as conn:  # an older finding whose paper nobody has looked at
        made = {"finding_id": finding_id(town), "cycle": 1, "signal": "PR-12", "rule_version": 1, "parameters": ""}
        facts = {"severity": "CRITICAL", "facts": {}, "quotes": [], "fingerprint": "x", "raised_at": town.now, "id": 1}
        conn.execute(signal_hits.insert(), made | facts)

    with pytest.raises(SignalUndecided):
        town.act("signer1", "sign_off", ONE, signed)


def test_without_a_signal_the_same_finding_is_signed_off(town: Town) -> None:
    reach_sign_off(town)

    town.act("signer1", "sign_off", ONE, {"verdict": "signed", "comment": CHECKED, "sheet_number": "1"})

    assert town.finding(ONE).state == "signed_off"


def finding_id(town: Town) -> int:
    return int(town.finding(ONE).id)


def reach_sign_off(town: Town) -> None:
    """Bring the first finding as far as the sign-off, with a result for each measure."""
    town.now = at("2026-04-01")
    receipts = [
        proof(f"{n}.pdf", "FUND_RECEIPT", sha256=str(n) * 64, measure_id=measure, effective_on=date(2026, 3, 20))
        for n, measure in enumerate(measure_ids(town), 1)
    ]
    town.submit(ONE, *receipts)
    town.act("u11leader", "review_rectification", ONE, {"verdict": "agreed", "comment": CHECKED})
    town.act("u11chief", "sign_rectification", ONE, {"verdict": "agreed", "comment": CHECKED, "pledge": True})
    with town.office.read() as conn:
        seqs = conn.scalars(select(criteria.c.seq).where(criteria.c.finding_id == finding_id(town))).all()
    met = {"criteria_met": [str(n) for n in seqs], "criteria_conclusions": [f"{n} 已达到" for n in seqs]}
    town.act("verifier1", "verify_rectification", ONE, met | {"verdict": "confirmed", "comment": CHECKED})

    town.now = at("2026-04-20")
    wake_due(town.office)
    people = [str(town.actor(login).person_id) for login in ("lookback1", "lookback2")]
    visit = {"method": "on_site", "place": "财务部", "sample": "抽取 5 笔凭证"}
    town.act("office1", "prepare_look_back", ONE, visit | {"inspectors": people, "starts_on": "2026-04-20"})
    seen = {"record": "现场查看凭证 5 份，与填报一致，访谈 3 人。", "result": "held", "ended_on": "2026-04-20"}
    photo = proof("现场.pdf", "ONSITE_RECORD")
    town.act("lookback1", "record_look_back", ONE, visit | seen | {"started_on": "2026-04-20"}, photo)
    town.act("lookback2", "confirm_look_back", ONE, {"verdict": "confirmed", "comment": CHECKED})


def measure_ids(town: Town) -> list[int]:
    with town.office.read() as conn:
        query = select(measures.c.id).join(findings, findings.c.id == measures.c.finding_id)
        return list(conn.scalars(query.where(findings.c.number == ONE).order_by(measures.c.seq)))


# --- the nightly look -------------------------------------------------------------------------------------------------


def test_a_night_looks_at_what_changed_and_at_nothing_else(town: Town) -> None:
    town.patrol("signals", "2026-03-03")
    town.now = at("2026-03-04")
    town.submit(ONE, proof("缴款凭证.pdf", "FUND_RECEIPT"))
    town.office.settle(100)

    assert town.patrol("signals", "2026-03-05").counts["looked_at"] == 1
    assert town.patrol("signals", "2026-03-06").counts["looked_at"] == 0


def test_silence_is_looked_at_on_the_day_on_which_it_becomes_too_long(town: Town) -> None:
    looked = [town.patrol("signals", day).counts["looked_at"] for day in ("2026-03-05", "2026-04-01", "2026-04-02")]

    assert looked == [3, 0, 3]  # more than 30 days after 2 March
    assert town.signals(ONE) == ["PR-16"]


def test_a_copied_measure_is_found_in_both_findings_of_the_same_night(town: Town) -> None:
    told = "由财务部牵头，六月底前逐笔核查门面租金合同，追缴欠缴租金十二万元，并在党务公开栏公示结果"
    with town.database.writing() as conn:
        conn.execute(measures.update().where(measures.c.seq == 1).values(text=told))

    town.patrol("signals", "2026-03-05")

    assert (town.signals(ONE), town.signals(TWO)) == (["PR-05"], ["PR-05"])


def test_another_table_of_parameters_makes_everything_looked_at_again(town: Town) -> None:
    town.patrol("signals", "2026-03-05")
    publish_other_parameters(town, "2026-03-06")

    assert town.patrol("signals", "2026-03-07").counts["looked_at"] == 3
    assert town.patrol("signals", "2026-03-08").counts["looked_at"] == 0


def test_a_complaint_about_nobody_known_finds_the_closed_finding_that_it_speaks_of(town: Town) -> None:
    reach_sign_off(town)
    town.act("signer1", "sign_off", ONE, {"verdict": "signed", "comment": CHECKED, "sheet_number": "1"})
    town.patrol("signals", "2026-04-21")
    told = {"source": "hotline", "text": f"反映{town.finding(ONE).title}，至今没有解决"}
    with town.database.writing() as conn:
        entered = {"at": at("2026-04-22"), "entered_at": at("2026-04-22"), "person_id": 1, "place": ""}
        conn.execute(register_entries.insert(), entered | {"id": 1, "register": "complaint", "fields": told})

    town.patrol("signals", "2026-04-23")

    assert "PR-24" in town.signals(ONE)


def publish_other_parameters(town: Town, day: str) -> None:
    """Put a release into force whose parameters of signals differ in a comment."""
    path = "decisions/signal_parameters.dmn"
    with town.database.writing() as conn:
        known = conn.execute(select(releases).where(releases.c.state == "published")).mappings().one()
        kept = select(release_files.c.path, release_files.c.content).where(release_files.c.release_id == known["id"])
        files = dict(conn.execute(kept).tuples().all())
        changed = Release(files | {path: files[path] + b"\n<!-- -->"})
        keep_release(conn, changed, title="", state="published", drafted_by=None, at=at(day))
        conn.execute(releases.update().where(releases.c.id == changed.id).values(published_at=at(day)))


def test_the_findings_of_a_plan_are_looked_at_before_its_review(town: Town) -> None:
    with town.office.read() as conn:
        looked = conn.scalars(select(suspicions.c.as_of)).all()

    assert [moment.date() for moment in looked] == [date(2026, 3, 2)] * 3
