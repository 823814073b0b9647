"""Back-tests: what other thresholds would have made of the past, whoever runs them; and the draft that comes of one."""

from dataclasses import asdict
from datetime import date

import pytest
from sqlalchemy import select

from bpmn.decisions import read_decision
from cases.refusals import FormIncomplete
from persistence.tables import back_tests, findings, release_files, signal_hits
from tasks.backtest.comparing import Found
from tasks.backtest.running import (
    BackTestStale,
    NothingChanged,
    back_test_kept,
    begin_back_test,
    draft_of,
    go_on,
    is_at_work,
    run_back_test,
    steps,
    stop_back_test,
)
from tasks.kept_releases import release_kept
from tasks.releases import SecondPublisherNeeded, everything_shipped
from tasks.rule_tables import FILES, edited, settings_of, tables_in
from tests.support.hearing import Hearing
from tests.tasks.town import Town, at, proof

ONE, TWO, THREE = "XC2026-001-001", "XC2026-001-002", "XC2026-001-003"
SINCE = date(2026, 1, 1)
RECEIPT = "缴款凭证.pdf"


def on_paper(town: Town, number: str = ONE, day: str = "2026-04-01") -> None:
    town.now = at(day)
    town.submit(number, proof(f"会议纪要{number}.pdf", "MEETING_MINUTES"))


def tried(town: Town, changes: dict[str, str], since: date = SINCE) -> Found:
    with town.office.read() as conn:
        release_id = town.office.release_in_force(conn)
    return list(steps(town.office, changes, since, release_id))[-1].found


def test_a_threshold_is_written_into_the_file_of_its_table_and_nothing_else_is() -> None:
    shipped = everything_shipped()
    after = edited(shipped, {"PR-17.project_days": "20", "route.yellow": "25", "weight.HIGH": "30"})

    assert {name for name in after.files if after[name] != shipped[name]} == set(FILES)
    assert tables_in(after).parameters["PR-17"].numbers["project_days"] == 20
    assert tables_in(after).weights["HIGH"] == 30
    assert tables_in(after).route([("PR-01", "LOW", None), ("PR-05", "LOW", None)]).route == "green"
    for file in FILES:
        before, now = (content.decode().splitlines() for content in (shipped[file], after[file]))
        assert sum(a != b for a, b in zip(before, now, strict=True)) == 1


def test_a_severity_is_written_into_every_row_of_its_signal() -> None:
    after = edited(everything_shipped(), {"PR-17.severity": "HIGH"})

    rows = read_decision(FILES[0], after[FILES[0]]).rows
    assert {row.results[0].text for row in rows if row.conditions[0].text == '"PR-17"'} == {'"HIGH"'}
    assert settings_of(after)["PR-17.severity"].value == "HIGH"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PR-17.nothing", "1"),
        ("PR-17.project_days", "many"),
        ("PR-17.project_days", "-1"),
        ("PR-17.severity", "TERRIBLE"),
        ("PR-02.medium_percent", "10"),  # nothing so little alike is ever compared
        ("PR-01.exempt_located_documents", "2"),
        ("route.red", "101"),
    ],
)
def test_what_cannot_be_a_threshold_is_refused_by_its_name(name: str, value: str) -> None:
    with pytest.raises(FormIncomplete) as refused:
        edited(everything_shipped(), {name: value})
    assert set(refused.value.errors) == {name}


def test_what_would_not_be_raised_any_more_is_told_with_what_was_decided_then(town: Town) -> None:
    on_paper(town)
    on_paper(town, TWO)

    found = tried(town, {"PR-09.least_results": "0"})

    assert found.of_signals() == {"PR-09": {"lost": {"undecided": 2}}}
    assert [(one.change, one.number) for one in found.samples if one.signal] == [("lost", ONE), ("lost", TWO)]
    assert found.of_ways() == {"yellow>green": {"open": 2}}


def test_what_would_be_raised_anew_is_told(town: Town) -> None:
    town.now = at("2026-04-01")
    town.submit(ONE, proof(RECEIPT, "FUND_RECEIPT", effective_on=date(2026, 3, 20)))

    found = tried(town, {"PR-07.grace_days": "0", "PR-09.least_results": "1"})
    assert not found.counts  # as in force
    found = tried(town, {"PR-09.least_results": "2"})
    assert found.of_signals().get("PR-09", {}) in ({}, {"new": {"unseen": 1}})


def too_early(town: Town) -> None:
    """Let a finding be submitted on a receipt from before the feedback, which is grave."""
    town.now = at("2026-04-01")
    town.submit(ONE, proof(RECEIPT, "FUND_RECEIPT", effective_on=date(2026, 2, 20)))


def test_a_graver_signal_and_a_heavier_weight_route_otherwise(town: Town) -> None:
    too_early(town)

    found = tried(town, {"PR-07.severity": "CRITICAL"})
    assert found.of_signals() == {"PR-07": {"graver": {"undecided": 1}}}
    assert found.of_ways() == {"yellow>red": {"open": 1}}

    found = tried(town, {"weight.HIGH": "60"})
    assert found.of_signals() == {}
    assert found.of_ways() == {"yellow>red": {"open": 1}}


def test_what_has_not_shown_that_it_may_block_gets_no_graver_by_a_setting(town: Town) -> None:
    on_paper(town)

    found = tried(town, {"PR-09.severity": "CRITICAL"})

    assert found.of_signals() in ({}, {"PR-09": {"same": {"undecided": 1}}})
    assert found.of_ways() == {}


def test_a_confirmed_signal_of_an_earlier_cycle_is_found_again_there(town: Town) -> None:
    too_early(town)
    town.now = at("2026-04-03")
    confirm(town, ONE)

    assert town.finding(ONE).cycle == 2
    found = tried(town, {"PR-07.grace_days": "400"})

    assert found.of_signals() == {"PR-07": {"lost": {"confirmed": 1}}}
    assert found.of_ways() == {"yellow>green": {"found_false": 1}}


def confirm(town: Town, number: str) -> None:
    """Let the hearing on the signal of a finding come to "established"."""
    with town.office.read() as conn:
        of = select(signal_hits.c.id).join(findings, findings.c.id == signal_hits.c.finding_id)
        hit = conn.scalar(of.where(findings.c.number == number))
    heard = Hearing(lambda login, act, given: town.act(login, act, number, given), lambda: [hit])
    heard.establish(town.now.date())
    town.office.settle(100)


def test_nothing_before_the_day_is_looked_at(town: Town) -> None:
    on_paper(town)

    assert not tried(town, {"PR-09.least_results": "0"}, since=date(2026, 4, 2)).counts


def test_a_kept_back_test_runs_to_its_end_and_can_be_drafted_and_published_by_two(town: Town) -> None:
    on_paper(town)
    admin = town.actor("sysadmin1")
    test_id = begin_back_test(town.office, {"PR-09.least_results": "2"}, SINCE, admin.person_id)
    with pytest.raises(BackTestStale):
        draft_of(town.office, test_id, "两份结果性佐证", admin.person_id)
    run_back_test(town.office, test_id)

    row = back_test_kept(town.office, test_id)
    assert (row.state, row.looked_at, row.total, row.changes) == ("done", 1, 1, {"PR-09.least_results": "2"})
    draft = draft_of(town.office, test_id, "两份结果性佐证", town.actor("office1").person_id)
    town.office.perform(admin, "publish_release", "office", {"release": draft})
    with town.office.read() as conn:
        assert town.office.release_in_force(conn) == draft
        assert settings_of(release_kept(conn, draft))["PR-09.least_results"].value == "2"
    with pytest.raises(BackTestStale):
        draft_of(town.office, test_id, "再来一次", admin.person_id)


def test_who_drafted_does_not_publish(town: Town) -> None:
    on_paper(town)
    admin = town.actor("sysadmin1")
    test_id = begin_back_test(town.office, {"PR-09.least_results": "2"}, SINCE, admin.person_id)
    run_back_test(town.office, test_id)
    draft = draft_of(town.office, test_id, "两份", admin.person_id)

    with pytest.raises(SecondPublisherNeeded):
        town.office.perform(admin, "publish_release", "office", {"release": draft})


def test_what_is_in_force_is_no_change(town: Town) -> None:
    with pytest.raises(NothingChanged):
        begin_back_test(town.office, {"PR-09.least_results": "1"}, SINCE, 1)


def test_a_stopped_back_test_goes_on_where_it_stopped_and_finds_the_same(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.backtest.running.PAGE", 1)
    for number in (ONE, TWO, THREE):
        on_paper(town, number)
    test_id = begin_back_test(town.office, {"PR-09.least_results": "0"}, SINCE, 1)
    whole = tried(town, {"PR-09.least_results": "0"})
    stop_back_test(town.office, test_id)
    run_back_test(town.office, test_id)
    assert (back_test_kept(town.office, test_id).state, is_at_work(town.office, test_id)) == ("cancelled", False)

    go_on(town.office, test_id)
    work = steps(town.office, {"PR-09.least_results": "0"}, SINCE, back_test_kept(town.office, test_id).release_id)
    first = next(work)  # a process that died after its first page
    with town.office.database.writing() as conn:
        conn.execute(back_tests.update().values(**asdict(first)))
    run_back_test(town.office, test_id)

    row = back_test_kept(town.office, test_id)
    assert (row.state, row.looked_at) == ("done", 3)
    assert Found.kept(row.found).counts == whole.counts
    assert whole.counts["signal|lost|PR-09|undecided"] == 3


def test_the_tables_of_the_release_stay_as_they_are_until_somebody_publishes(town: Town) -> None:
    on_paper(town)
    with town.office.read() as conn:
        before = conn.execute(select(release_files.c.path, release_files.c.content)).all()
    test_id = begin_back_test(town.office, {"PR-09.least_results": "0"}, SINCE, 1)
    run_back_test(town.office, test_id)

    with town.office.read() as conn:
        assert conn.execute(select(release_files.c.path, release_files.c.content)).all() == before
