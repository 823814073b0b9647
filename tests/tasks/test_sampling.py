"""Samples through the office: drawn once for all to see, checked by strangers, closed with an exact interval."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from cases.finding import State
from cases.look_back import InspectorNotFromOutside, NotAnInspector, TooFewInspectors
from cases.refusals import FormIncomplete, NotPermitted, Unknown
from cases.sampling import EmptyFrame, Result, exported, frame_sha256
from persistence.columns import new_id
from persistence.dossiers import timeline
from persistence.ledger_search import Sought, search
from persistence.samples import Sample, exported_sample, find_sample
from persistence.tables import (
    findings,
    instances,
    ledger,
    notices,
    outbox,
    recusals,
    register_entries,
    sampled,
    samples,
    signal_hits,
    suspicions,
)
from tasks.assign_sampled import CheckedAlready
from tasks.close_sample import SampleNotDone
from tasks.patrols.audit import seal
from tasks.patrols.run import run_patrol
from tasks.sampling import NoCheckpointYet, SampleClosed
from tests.support.city import UNIT, City

AGREES = {"fact": "租金已收回", "dossier": "3笔共12万元", "found": "银行流水3笔共12万元", "agrees": True}
DIFFERS = {"fact": "责任人已谈话", "dossier": "2026年3月已谈话", "found": "本人称从未被谈话", "agrees": False}
WENT = ("lookback3", "discipline1")


@pytest.fixture
def closed(city_at: Callable[[str], City]) -> City:
    """A city whose three findings were signed off."""
    city = city_at("signed_off")
    city.go_on()
    return city


def draw(city: City, login: str = "office1", act: str = "draw_sample", **given: Any) -> str:
    told = {"unit": UNIT, "purpose": "上半年抽样核查", "seed": "种子", "share_percent": 50, "risk_size": 1} | given
    return str(city.perform(login, act, "office", told).more["sample"])


def person(city: City, login: str) -> int:
    return city.actor(login).person_id


def seen(city: City, number: str, login: str = "office1") -> Sample | None:
    with city.office.read() as conn:
        return find_sample(conn, city.actor(login), number)


def drawn(city: City, number: str) -> list[str]:
    found = seen(city, number)
    assert found is not None
    return [one.number for one in found.drawn]


def assign(city: City, sample: str, numbers: Sequence[str] = (), logins: Sequence[str] = WENT) -> None:
    numbers = numbers or drawn(city, sample)
    inspectors = [person(city, login) for login in logins]
    city.perform(
        "office1", "assign_sampled", "office", {"sample": sample, "numbers": numbers, "inspectors": inspectors}
    )


def record(city: City, sample: str, number: str, *checks: Mapping[str, Any], login: str = WENT[0], **more: Any) -> None:
    told = {
        "sample": sample, "number": number, "result": "checked", "visited_on": city.today.isoformat(),
        "visitors": [person(city, one) for one in WENT], "place": "集团财务部", "checks": list(checks or [AGREES]),
    }  # fmt: skip
    city.perform(login, "record_sampled", "office", told | more)


def test_a_sample_is_drawn_from_what_was_signed_off_and_can_be_drawn_again(closed: City) -> None:
    sample = draw(closed)

    with closed.office.read() as conn:
        out = exported_sample(conn, sample)
    assert out is not None
    assert out.same_again()
    assert exported(out.as_json()) == out
    assert out.drawing.frame == tuple(closed.numbers)
    assert out.frame_sha256 == frame_sha256(closed.numbers)
    assert len(drawn(closed, sample)) == 3
    assert len(set(drawn(closed, sample))) == 3
    row = closed.ask(select(samples))[0]
    event = closed.ask(select(ledger).where(ledger.c.case_id == row.id))[0]
    assert event.event == "SampleDrawn"
    assert row.frame_sha256 in event.body
    assert "种子" in event.body
    assert not closed.complaints()
    with closed.office.read() as conn:
        assert [found.number for found in search(conn, Sought(number=sample))] == [sample]


def test_an_open_finding_is_not_drawn(closed: City) -> None:
    first = closed.numbers[0]
    closed.change(update(findings).where(findings.c.number == first).values(state=State.OPEN))
    assert first not in drawn(closed, draw(closed, share_percent=100))


def test_a_filter_that_leaves_nothing_is_refused(closed: City) -> None:
    with pytest.raises(EmptyFrame):
        draw(closed, signed_until="2020-01-01")
    with pytest.raises(EmptyFrame):
        draw(closed, category="没有这一类")


def test_the_period_of_the_sign_off_counts_whole_days_of_shanghai(closed: City) -> None:
    last = closed.today  # on which the third one was signed off
    day, before = last.isoformat(), (last - timedelta(days=1)).isoformat()
    assert drawn(closed, draw(closed, signed_from=day, signed_until=day, share_percent=100)) == closed.numbers[2:]
    assert sorted(drawn(closed, draw(closed, signed_until=before, share_percent=100))) == closed.numbers[:2]


def test_without_a_seed_the_newest_checkpoint_of_the_ledger_is_the_seed(closed: City) -> None:
    with pytest.raises(NoCheckpointYet):
        draw(closed, seed="")
    seal(closed.office)
    sample = draw(closed, seed="")
    row = closed.ask(select(samples).where(samples.c.number == sample))[0]
    assert len(row.seed) == 64
    assert int(row.seed_from) > 0


def test_a_size_by_confidence_is_the_exact_one(closed: City) -> None:
    sample = draw(closed, size_by="confidence", confidence_percent=60, excluded_permille=300, risk_size=0)
    assert closed.ask(select(samples.c.random_size).where(samples.c.number == sample))[0][0] == 2


def test_the_most_suspect_is_drawn_by_risk_beside_the_random_ones(closed: City) -> None:
    for place, number in enumerate(closed.numbers):
        closed.change(delete(suspicions).where(suspicions.c.case_id == closed.id_of(number)))
        closed.change(insert(suspicions).values(
            case_id=closed.id_of(number), cycle=1, score=20 * place, route="green", unsure={}, parameters="x",
            as_of=closed.office.now(),
        ))  # fmt: skip
    found = seen(closed, draw(closed, share_percent=1, risk_size=1))
    assert found is not None
    by_chance, by_risk = (one.number for one in found.drawn)
    assert by_risk == next(number for number in reversed(closed.numbers) if number != by_chance)


def test_only_the_office_and_the_commission_draw(closed: City) -> None:
    for login in ("u11chief", "verifier1", "lookback1", "signer1"):
        with pytest.raises(NotPermitted):
            draw(closed, login)
    assert draw(closed, "discipline1")


def test_those_who_are_too_near_do_not_check(closed: City) -> None:
    sample = draw(closed)
    for near in ("verifier1", "lookback1", "signer1", "u11handler"):
        with pytest.raises((InspectorNotFromOutside, FormIncomplete)):
            assign(closed, sample, logins=(near, "lookback3"))
    with pytest.raises(TooFewInspectors):
        assign(closed, sample, logins=("lookback3",))


def test_who_is_recused_does_not_check(closed: City) -> None:
    sample = draw(closed)
    closed.change(insert(recusals).values(
        id=new_id(), person_id=person(closed, "lookback3"), unit_id=UNIT, reason="亲属", valid_from=closed.today
    ))  # fmt: skip
    with pytest.raises(FormIncomplete):
        assign(closed, sample)


def test_those_assigned_are_told_and_see_theirs_alone(closed: City) -> None:
    sample = draw(closed)
    first, *_ = drawn(closed, sample)
    assert seen(closed, sample, "lookback3") is None
    assign(closed, sample, [first])
    letters = closed.ask(select(outbox).where(outbox.c.letter == "sample_assigned"))
    assert {row.person_id for row in letters} == {person(closed, login) for login in WENT}
    assert all(row.facts["link"] == f"/samples/{sample}" for row in letters)
    theirs = seen(closed, sample, "lookback3")
    assert theirs is not None
    assert [one.number for one in theirs.drawn] == [first]
    assert seen(closed, sample, "u11chief") is None
    assert seen(closed, sample, "lookback2") is None


def test_the_unit_reads_nothing_of_being_drawn(closed: City) -> None:
    before = {number: closed.events(number) for number in closed.numbers}
    assign(closed, draw(closed))
    assert {number: closed.events(number) for number in closed.numbers} == before


def test_only_who_was_assigned_records_and_only_once(closed: City) -> None:
    sample = draw(closed)
    first, *_ = drawn(closed, sample)
    with pytest.raises(NotAnInspector):
        record(closed, sample, first)
    assign(closed, sample)
    with pytest.raises(NotAnInspector):
        record(closed, sample, first, login="lookback2")
    record(closed, sample, first)
    with pytest.raises(CheckedAlready):
        record(closed, sample, first)
    with pytest.raises(CheckedAlready):
        assign(closed, sample, [first])


def test_a_check_is_recorded_in_full_or_not_at_all(closed: City) -> None:
    sample = draw(closed)
    assign(closed, sample)
    wrong = {
        "checks": ([], [AGREES | {"found": " "}], [AGREES | {"agrees": "yes"}]),
        "visitors": ([],),
        "visited_on": ("2020-01-01", "2099-01-01", "gestern"),
        "place": ("",),
        "result": ("fine",),
    }
    for field, values in wrong.items():
        for value in values:
            with pytest.raises(FormIncomplete) as why:
                record(closed, sample, drawn(closed, sample)[0], login=WENT[0], **{field: value})
            assert field in why.value.errors


def test_two_went_and_the_recorder_is_one_of_them(closed: City) -> None:
    sample = draw(closed)
    assign(closed, sample)
    first, *_ = drawn(closed, sample)
    with pytest.raises(TooFewInspectors):
        record(closed, sample, first, visitors=[person(closed, WENT[0])])
    with pytest.raises(FormIncomplete):
        record(closed, sample, first, visitors=[person(closed, "lookback2"), person(closed, WENT[1])])


def test_a_mismatch_raises_the_signal_and_may_open_a_look_back(closed: City) -> None:
    sample = draw(closed)
    assign(closed, sample)
    first, second, _ = drawn(closed, sample)
    record(closed, sample, first, AGREES, DIFFERS, look_back=True, comment="已请本人签字")
    record(closed, sample, second, AGREES)
    closed.office.settle(100)

    entry = closed.ask(select(register_entries).where(register_entries.c.finding_id == closed.id_of(first)))[0]
    assert (entry.register, entry.fields["asked"], entry.fields["mismatches"]) == ("spot_check", 2, 1)
    raised = closed.ask(select(signal_hits.c.finding_id).where(signal_hits.c.signal == "PR-29"))
    assert [row.finding_id for row in raised] == [closed.id_of(first)]
    assert "start_durability" in closed.waits_for(first)
    assert closed.waits_for(second) == []
    with closed.office.read() as conn:
        told = timeline(conn, closed.id_of(first), warned=False)
    assert not {"DurabilityOpened", "RegisterEntered"} & {event.event for event in told}


def test_a_sample_closes_when_everything_was_said_and_gives_the_rate_of_the_random_ones(closed: City) -> None:
    sample = draw(closed)
    assign(closed, sample)
    found = seen(closed, sample)
    assert found is not None
    told = {"sample": sample, "comment": "随机层一个不符，已发起再检查，其余相符"}
    with pytest.raises(SampleNotDone):
        closed.perform("office1", "close_sample", "office", told)
    by_chance = [one.number for one in found.drawn if one.row.stratum == "random"]
    (by_risk,) = [one.number for one in found.drawn if one.row.stratum == "risk"]
    record(closed, sample, by_risk, DIFFERS)
    record(closed, sample, by_chance[0], AGREES)
    closed.perform(WENT[1], "record_sampled", "office", {
        "sample": sample, "number": by_chance[1], "result": "unknown", "comment": "当事人已调离并注销号码，走访两次未见"
    })  # fmt: skip
    closed.perform("office1", "close_sample", "office", told)

    row = closed.ask(select(samples))[0]
    event = closed.ask(select(ledger).where(ledger.c.case_id == row.id, ledger.c.event == "SampleClosed"))[0]
    assert '"found":0' in event.body
    assert '"high":2' in event.body
    assert closed.column(select(sampled.c.result).order_by(sampled.c.result)) == [
        Result.AGREES, Result.DISAGREES, Result.UNKNOWN,
    ]  # fmt: skip
    with pytest.raises(SampleClosed):
        closed.perform("office1", "close_sample", "office", told)
    assert not closed.complaints()


def test_a_campaign_opens_a_look_back_of_each_drawn_finding_once(closed: City) -> None:
    campaign = draw(closed, act="open_campaign", share_percent=30, risk_size=1)
    numbers = drawn(closed, campaign)
    assert len(numbers) == 2
    assert all(closed.waits_for(number) == ["start_durability"] for number in numbers)
    (left,) = set(closed.numbers) - set(numbers)
    assert drawn(closed, draw(closed, act="open_campaign", share_percent=100)) == [left]
    with closed.office.read() as conn:
        assert "DurabilityOpened" not in {e.event for e in timeline(conn, closed.id_of(left), warned=False)}
    under_way = select(instances.c.case_id).where(instances.c.process == "durability_look_back")
    assert len(closed.ask(under_way)) == 3


def test_a_campaign_has_its_rate_when_the_look_backs_are_over(closed: City) -> None:
    campaign = draw(closed, act="open_campaign", share_percent=100, risk_size=0)
    told = {"sample": campaign, "comment": "再检查全部结束，一个问题成效未保持"}
    with pytest.raises(SampleNotDone):
        closed.perform("office1", "close_sample", "office", told)
    query = update(instances).where(instances.c.process == "durability_look_back")
    closed.change(query.values(status="done", outcome="held"))
    first = closed.id_of(closed.numbers[0])
    closed.change(query.where(instances.c.case_id == first).values(outcome="revoked"))
    closed.perform("office1", "close_sample", "office", told)
    row = closed.ask(select(samples))[0]
    event = closed.ask(select(ledger).where(ledger.c.case_id == row.id, ledger.c.event == "SampleClosed"))[0]
    assert '"found":1' in event.body


def test_a_unit_is_proposed_for_a_campaign_when_its_sign_offs_are_old_enough_and_only_once(closed: City) -> None:
    def proposed() -> int:
        return run_patrol(closed.office, "campaigns", closed.office.now(), "clock").counts["proposed"]

    assert proposed() == 0
    closed.go_to(closed.today + timedelta(days=200))
    assert proposed() == 1
    closed.go_to(closed.today + timedelta(days=1))
    assert proposed() == 0
    letter = closed.ask(select(outbox).where(outbox.c.letter == "campaign_due"))[0]
    assert letter.facts["link"] == "/campaigns"
    assert letter.facts["title"] == ""  # mail is not for contents
    assert closed.column(select(notices.c.outcome).where(notices.c.code == "campaign")) == ["proposed"]


def test_a_unit_with_a_recent_campaign_is_not_proposed(closed: City) -> None:
    closed.go_to(closed.today + timedelta(days=200))
    draw(closed, act="open_campaign")
    assert run_patrol(closed.office, "campaigns", closed.office.now(), "clock").counts["looked_at"] == 0


def test_a_sample_that_is_not_there_is_unknown(closed: City) -> None:
    with pytest.raises(Unknown):
        assign(closed, "CY1", closed.numbers)
