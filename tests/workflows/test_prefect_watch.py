"""Who keeps the timetable is judged by what came true: runs that Prefect scheduled, and that began at their slot."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from config.messages import LANGUAGES
from persistence.timekeeping import FRESH, Keeper, Keeping, house_of, keeping, note
from tasks.patrols.timekeeping import in_words
from tests.tasks.town import Town
from workflows.prefect_api import Deployed, FlowRun
from workflows.prefect_watch import Patience, Seen, judge

TIMETABLE: Mapping[str, str] = {"audit": "45 * * * *", "letters": "15 * * * *"}
PATIENCE = Patience(timedelta(seconds=60), timedelta(seconds=45), timedelta(minutes=5))
NOW = datetime(2026, 12, 1, 8, 20, tzinfo=UTC)
SLOT = datetime(2026, 12, 1, 8, 15, tzinfo=UTC)
LONG_BEFORE = NOW - timedelta(hours=5)


def run(patrol: str, due: datetime, state: str = "SCHEDULED", **more: object) -> FlowRun:
    began = None if state in ("SCHEDULED", "PENDING") else due + timedelta(seconds=2)
    return replace(FlowRun("run", patrol, due, state, due, began, True), **more)  # type: ignore[arg-type]


COMING = (run("audit", NOW + timedelta(minutes=25)), run("letters", NOW + timedelta(minutes=55)))
DEPLOYED = tuple(Deployed(name, None, False, NOW - timedelta(seconds=4)) for name in TIMETABLE)


def judged(
    *past: FlowRun,
    deployed: tuple[Deployed, ...] = DEPLOYED,
    coming: tuple[FlowRun, ...] = COMING,
    now: datetime = NOW,
    served_since: datetime | None = None,
    in_place_since: datetime | None = LONG_BEFORE,
    woke: bool = True,
) -> Keeping:
    seen = Seen(deployed, coming, past)
    return judge(
        seen, TIMETABLE, now, PATIENCE,
        served_since=served_since, in_place_since=in_place_since, woke=lambda _: woke,
    )  # fmt: skip


@pytest.mark.parametrize("state", ["COMPLETED", "RUNNING", "FAILED"])
def test_prefect_keeps_it_when_the_last_slot_was_begun_by_a_run_of_its_own(state: str) -> None:
    found = judged(run("letters", SLOT, state))

    assert (found.keeper, found.why, found.scheduled) == (Keeper.PREFECT, "kept", 2)
    assert found.facts == {"patrol": "letters", "slot": "2026-12-01T16:15"}


@pytest.mark.parametrize(
    "past",
    [
        (),
        (run("letters", SLOT, "PENDING"),),
        (run("letters", SLOT, "CRASHED"),),
        (run("letters", SLOT, "CANCELLED", began=None),),
        (run("letters", SLOT, "COMPLETED", by_itself=False),),  # asked for by hand
        (run("letters", SLOT, "COMPLETED", began=SLOT + timedelta(minutes=3)),),
        (run("letters", SLOT - timedelta(hours=1), "COMPLETED"),),
        (run("audit", SLOT - timedelta(minutes=30), "COMPLETED"),),
    ],
)
def test_a_slot_that_prefect_slept_over_makes_the_clock_the_keeper(past: tuple[FlowRun, ...]) -> None:
    found = judged(*past)

    assert (found.keeper, found.why, found.waits) == (Keeper.CLOCK, "missed", False)
    assert found.facts["slot"] == "2026-12-01T16:15"


def test_a_run_that_failed_before_it_woke_its_patrol_came_to_nothing() -> None:
    assert judged(run("letters", SLOT, "FAILED"), woke=False).why == "missed"


def test_a_slot_from_before_prefect_was_in_place_is_not_held_against_it() -> None:
    found = judged(in_place_since=SLOT + timedelta(minutes=1))

    assert (found.keeper, found.why, found.waits) == (Keeper.CLOCK, "first_awaited", True)
    assert found.facts == {"slot": "2026-12-01T16:45"}


def test_a_slot_under_way_is_judged_by_the_one_before() -> None:
    before = run("audit", SLOT - timedelta(minutes=30), "COMPLETED")

    polled = tuple(replace(one, polled=SLOT + timedelta(seconds=15)) for one in DEPLOYED)
    assert judged(before, deployed=polled, now=SLOT + timedelta(seconds=20)).why == "kept"


def test_a_slot_under_way_is_judged_by_the_one_before_of_the_same_patrol() -> None:
    now = SLOT + timedelta(seconds=20)
    polled = (Deployed("letters", None, False, now - timedelta(seconds=4)),)
    seen = Seen(
        polled, COMING[1:], (run("letters", SLOT, "PENDING"), run("letters", SLOT - timedelta(hours=1), "RUNNING"))
    )

    found = judge(
        seen, {"letters": "15 * * * *"}, now, PATIENCE,
        served_since=None, in_place_since=LONG_BEFORE, woke=lambda _: True,
    )  # fmt: skip

    assert (found.why, found.facts["slot"]) == ("kept", "2026-12-01T15:15")


def test_slots_closer_than_the_grace_are_not_missed_before_it_is_over() -> None:
    now = SLOT + timedelta(seconds=20)
    polled = (Deployed("letters", None, False, now - timedelta(seconds=4)),)
    seen = Seen(polled, COMING[1:], (run("letters", SLOT - timedelta(minutes=3), "COMPLETED"),))
    patient = replace(PATIENCE, grace=timedelta(minutes=5))

    found = judge(
        seen, {"letters": "* * * * *"}, now, patient,
        served_since=None, in_place_since=LONG_BEFORE, woke=lambda _: True,
    )  # fmt: skip

    assert (found.why, found.facts["slot"]) == ("kept", "2026-12-01T16:12")


@pytest.mark.parametrize(
    ("deployed", "coming", "why"),
    [
        ((), COMING, "not_registered"),
        (DEPLOYED[:1], COMING, "not_registered"),
        ((DEPLOYED[0], replace(DEPLOYED[1], paused=True)), COMING, "paused"),
        (DEPLOYED, (), "not_scheduled"),
        (DEPLOYED, COMING[:1], "not_scheduled"),
        (DEPLOYED, (COMING[0], replace(COMING[1], by_itself=False)), "not_scheduled"),
        ((DEPLOYED[0], replace(DEPLOYED[1], polled=None)), COMING, "not_served"),
        ((DEPLOYED[0], replace(DEPLOYED[1], polled=NOW - timedelta(minutes=2))), COMING, "not_served"),
    ],
)
def test_what_prefect_lacks_is_named(deployed: tuple[Deployed, ...], coming: tuple[FlowRun, ...], why: str) -> None:
    found = judged(run("letters", SLOT, "COMPLETED"), deployed=deployed, coming=coming)

    assert (found.keeper, found.why, found.waits) == (Keeper.CLOCK, why, False)


def test_who_asked_before_the_flow_process_was_started_again_does_not_count() -> None:
    kept = run("letters", SLOT, "COMPLETED")

    assert judged(kept, served_since=NOW - timedelta(seconds=2)).why == "not_served"
    assert judged(kept, served_since=NOW - timedelta(seconds=20)).why == "kept"


# --- what is kept of it ---------------------------------------------------------------------------------------------


def test_the_keeper_keeps_his_date_until_another_takes_over(town: Town) -> None:
    def noted(found: Keeping, asker: str = "a", *, asked: bool = True) -> Keeping:
        town.now += timedelta(seconds=10)
        with town.database.writing() as conn:
            note(conn, found, asker, town.now, asked=asked)
            return keeping(conn, town.now)

    first = noted(Keeping(Keeper.CLOCK, "starting"))
    assert noted(Keeping(Keeper.CLOCK, "first_awaited", {"slot": "x"})).since == first.since
    prefect = noted(Keeping(Keeper.PREFECT, "kept", {"patrol": "audit", "slot": "x"}))
    assert prefect.since == town.now

    assert noted(Keeping(Keeper.CLOCK, "off"), "b", asked=False) == prefect
    assert noted(Keeping(Keeper.CLOCK, "server_ended"), "a", asked=False).keeper is Keeper.CLOCK

    town.now += FRESH + timedelta(seconds=1)
    with town.office.read() as conn:
        assert keeping(conn, town.now).why == "nobody_asks"


def test_a_house_has_one_identity_for_good(town: Town) -> None:
    assert house_of(town.database) == house_of(town.database)
    assert len(house_of(town.database)) == 8


FACTS = {"patrol": "audit", "patrols": "audit letters", "slot": "2026-12-01T16:15", "address": "http://x", "error": "e"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "why",
    [
        "kept",
        "first_awaited",
        "missed",
        "not_registered",
        "paused",
        "not_scheduled",
        "not_served",
        "unreachable",
        "starting",
        "server_ended",
        "flows_ended",
        "off",
        "elsewhere",
        "nobody_asks",
        "stopped",
    ],
)
def test_every_reason_has_its_sentence(language: str, why: str) -> None:
    facts = {
        key: FACTS[key] for key in FACTS if key != "patrols" or why in ("not_registered", "paused", "not_scheduled")
    }

    for keeper in Keeper:
        sentence = in_words(language, Keeping(keeper, why, facts, 7, since=NOW))
        assert "{" not in sentence
        assert len(sentence) > 20
