"""One case, played by hand: what is open, what is asked for, when to wake up."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from bpmn.codec import StoredStateUnreadable
from bpmn.engine import (
    Engine,
    Fact,
    FactRefused,
    MessageNotAwaited,
    Process,
    Stalled,
    TaskNotOpen,
    Turn,
    UnknownElement,
    UnknownProcess,
)
from bpmn.release import Release
from tests.bpmn.drawing import Drawing, table

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(days=3)


def engine(*drawings: Drawing, **decisions: bytes) -> Engine:
    files = {f"processes/{drawing.id}.bpmn": drawing.xml() for drawing in drawings}
    return Engine(Release(files | {f"decisions/{name}.dmn": content for name, content in decisions.items()}))


class Case:
    """Plays one case; stores and loads it after every turn."""

    def __init__(self, played_by: Engine, process_id: str = "case", **facts: Fact) -> None:
        self.engine, self.now, self.due = played_by, NOW, LATER
        self.turn: Turn
        self._keep(played_by.start(process_id, facts, deadlines=self.deadline, now=self.now))

    def deadline(self, key: str) -> datetime:
        return self.due

    def _keep(self, turn: Turn) -> "Case":
        self.turn, self.process = turn, self.engine.load(self.engine.dump(turn.process))
        return self

    def stored(self) -> bytes:
        return self.engine.dump(self.process)

    def id_of(self, name: str) -> str:
        return next(task.id for task in self.turn.open_tasks if task.name == name)

    def do(self, name: str, **facts: Fact) -> "Case":
        task_id = self.id_of(name)
        return self._keep(self.engine.complete(self.process, task_id, facts, deadlines=self.deadline, now=self.now))

    def wake(self) -> "Case":
        return self._keep(self.engine.wake(self.process, deadlines=self.deadline, now=self.now))

    def tell(self, message: str, **facts: Fact) -> "Case":
        return self._keep(self.engine.tell(self.process, message, facts, deadlines=self.deadline, now=self.now))

    def rearm(self, key: str, due: datetime) -> "Case":
        self.due = due
        return self._keep(self.engine.rearm(self.process, key, deadlines=self.deadline, now=self.now))

    @property
    def open(self) -> list[str]:
        return [task.name for task in self.turn.open_tasks]

    @property
    def asked(self) -> list[str]:
        return [ask.operation for ask in self.turn.asked]


def two_steps() -> Drawing:
    return Drawing().user("first").user("second").end(outcome="archived").line("start", "first", "second", "end")


def with_return() -> Drawing:
    drawing = Drawing(facts="verdict").user("submit").timer("late", "rectify_due", on="submit", interrupting=False)
    drawing.service("mark_overdue").end("told", "told").line("late", "mark_overdue", "told")
    drawing.user("review").choice("agreed", "yes").end(outcome="signed_off").line("start", "submit", "review", "agreed")
    return drawing.flow("agreed", "submit", 'verdict == "returned"').flow("agreed", "end", id="yes")


def test_a_case_goes_from_task_to_task_and_says_how_it_ended() -> None:
    case = Case(engine(two_steps()))

    assert (case.open, case.turn.path) == (["first"], ("start", "first"))
    assert case.do("first").open == ["second"]
    case.do("second")
    assert (case.open, case.turn.done, case.turn.outcome) == ([], True, "archived")


def test_a_task_says_who_does_it_and_what_the_finding_shows() -> None:
    drawing = Drawing().user("verify", role="verifier", stage="verification", act="verify_rectification", form="long")
    case = Case(engine(drawing.end().line("start", "verify", "end")))

    task = case.turn.open_tasks[0]

    assert (task.act, task.role, task.stage, task.form) == ("verify_rectification", "verifier", "verification", "long")
    assert (task.process, task.label, task.item, case.turn.stages) == ("case", "verify", None, ("verification",))


def test_a_task_that_is_no_known_act_is_done_by_its_form() -> None:
    release = Release({"processes/case.bpmn": two_steps().xml()})
    played = Engine(release, acts=frozenset({"first"}))
    case = Case(played)

    first = case.turn.open_tasks[0]
    second = case.do("first").turn.open_tasks[0]

    assert (first.act, first.form) == ("first", "first")
    assert (second.act, second.form) == ("fill_form", "second")


def test_a_timer_that_is_already_past_happens_when_it_is_entered_and_the_task_stays_open() -> None:
    played = engine(with_return())

    turn = played.start("case", {}, deadlines=lambda key: NOW - timedelta(days=1), now=NOW)

    assert [ask.operation for ask in turn.asked] == ["mark_overdue"]
    assert [task.name for task in turn.open_tasks] == ["submit"]


def test_a_timer_wakes_once() -> None:
    case = Case(engine(with_return()))
    assert case.turn.wake_at == LATER

    assert case.wake().asked == []
    case.now = LATER
    assert case.wake().asked == ["mark_overdue"]
    again = case.wake()
    assert again.asked == []
    assert (again.open, again.turn.wake_at) == (["submit"], None)


def test_a_due_timer_happens_before_an_act_even_if_no_clock_ticked() -> None:
    case = Case(engine(with_return()))

    case.now = LATER + timedelta(days=1)

    assert case.do("submit").asked == ["mark_overdue"]
    assert case.open == ["review"]


def test_a_timer_whose_day_has_moved_waits_for_the_new_day_alone() -> None:
    case = Case(engine(with_return())).rearm("rectify_due", LATER + timedelta(days=9))

    assert case.turn.wake_at == LATER + timedelta(days=9)
    case.now = LATER
    assert case.wake().asked == []
    case.now = LATER + timedelta(days=9)
    assert case.wake().asked == ["mark_overdue"]
    assert case.wake().asked == []


def test_a_timer_that_has_fired_beside_an_open_task_waits_again_for_a_later_day() -> None:
    case = Case(engine(with_return()))
    case.now = LATER
    assert case.wake().asked == ["mark_overdue"]

    case.rearm("rectify_due", LATER + timedelta(days=9))
    assert (case.asked, case.open, case.turn.wake_at) == ([], ["submit"], LATER + timedelta(days=9))
    case.now = LATER + timedelta(days=9)
    assert case.wake().asked == ["mark_overdue"]
    assert case.do("submit").open == ["review"]
    assert case.turn.wake_at is None


def test_a_moved_day_touches_no_other_timer_and_no_task_that_is_done() -> None:
    case = Case(engine(with_return()))

    assert case.rearm("another", LATER + timedelta(days=9)).turn.wake_at == LATER
    assert case.do("submit").rearm("rectify_due", LATER).turn.wake_at is None
    assert case.do("review", verdict="yes").turn.outcome == "signed_off"


def test_an_interrupting_timer_takes_the_task_away() -> None:
    drawing = Drawing().user("decide").timer("over", "due", on="decide").user("remind").end().end("gone")
    case = Case(engine(drawing.line("start", "decide", "end").line("over", "remind", "gone")))

    case.now = LATER

    with pytest.raises(TaskNotOpen):
        case.do("decide")
    case.process = case.engine.load(case.engine.dump(Case(case.engine).process))
    assert case.wake().open == ["remind"]
    assert case.do("remind").turn.done


def test_a_deadline_is_kept_as_it_was_when_the_event_was_entered() -> None:
    case = Case(engine(with_return()))

    case.due = NOW + timedelta(days=99)

    assert case.wake().turn.wake_at == LATER


def test_a_moment_without_offset_is_refused() -> None:
    played = engine(with_return())

    with pytest.raises(ValueError, match="aware"):
        played.start("case", {}, deadlines=lambda key: NOW, now=datetime(2026, 1, 1))
    with pytest.raises(Stalled, match="offset"):
        played.start("case", {}, deadlines=lambda key: datetime(2026, 1, 1), now=NOW)


def test_three_hundred_returns_cost_what_the_first_did() -> None:
    case = Case(engine(with_return()))
    first = len(case.engine.dump(case.process))

    for _ in range(300):
        case.do("submit").do("review", verdict="returned")

    assert case.open == ["submit"]
    assert case.turn.wake_at == LATER
    assert len(case.engine.dump(case.process)) < first + 30
    assert case.do("submit").do("review", verdict="agreed").turn.outcome == "signed_off"


def test_a_stale_task_id_is_never_given_again() -> None:
    case = Case(engine(with_return()))
    seen = {case.id_of("submit")}

    for _ in range(20):
        case.do("submit").do("review", verdict="returned")
        seen.add(case.id_of("submit"))

    assert len(seen) == 21
    with pytest.raises(TaskNotOpen):
        case.engine.complete(case.process, min(seen), {}, deadlines=case.deadline, now=NOW)


def test_a_parallel_join_waits_for_both_branches_in_every_round_of_a_loop() -> None:
    drawing = Drawing(facts="again").parallel("split", "join").user("a").user("b").choice("more", "enough").end()
    drawing.choice("round").line("start", "round", "split", "a", "join").line("split", "b", "join", "more")
    drawing.flow("more", "round", "again == true").flow("more", "end", id="enough")
    case = Case(engine(drawing))

    assert case.do("a").open == ["b"]
    assert case.do("b", again=True).open == ["a", "b"]
    assert case.do("b").open == ["a"]  # the library would let this round through with branch a missing
    assert case.do("a", again=False).turn.done


def test_a_fact_answered_in_one_branch_is_seen_in_the_other() -> None:
    drawing = Drawing(facts="ready").parallel("split", "join").user("a").user("b").user("c").choice("g", "no").end()
    drawing.line("start", "split", "a", "join", "end").line("split", "b", "g").flow("g", "c", "ready == true")
    case = Case(engine(drawing.flow("g", "join", id="no").flow("c", "join")))

    assert case.do("a", ready=True).do("b").open == ["c"]


def test_a_called_process_sees_the_facts_and_its_answers_count() -> None:
    caller = Drawing(facts="result").call("look_back", "called").choice("held", "yes").user("again").end()
    caller.line("start", "look_back", "held").flow("held", "again", 'result == "returned"').flow(
        "held", "end", id="yes"
    )
    called = Drawing("called", facts="result,method").user("go_there").end().line("start", "go_there", "end")
    case = Case(engine(caller.flow("again", "end"), called), method="visit")

    assert (case.open, case.turn.open_tasks[0].process) == (["go_there"], "called")
    assert case.engine.facts(case.process) == {"method": "visit", "result": None}
    assert case.do("go_there", result="returned").open == ["again"]


def test_each_receiver_has_a_task_and_one_return_stops_all() -> None:
    drawing = Drawing(facts="receivers,verdict").each(
        "sign", "receivers", item="receiver", until='verdict == "returned"'
    )
    played = engine(drawing.user("next").end().line("start", "sign", "next", "end"))

    case = Case(played, receivers=["chief", "superior_leader", "leadership_team"])
    assert [(task.role, task.item) for task in case.turn.open_tasks][:2] == [
        ("chief", "chief"),
        ("superior_leader", "superior_leader"),
    ]
    assert case.do("sign").open == ["sign", "sign"]
    assert case.do("sign", verdict="returned").open == ["next"]
    assert Case(played, receivers=["chief"]).do("sign").open == ["next"]
    assert Case(played, receivers=[]).open == ["next"]


def test_a_sequential_loop_asks_one_after_another_and_again_in_the_next_round() -> None:
    drawing = Drawing(facts="receivers,more").each("sign", "receivers", item="who", sequential=True).choice("g", "end_")
    drawing.line("start", "sign", "g").flow("g", "sign", "more == true").flow("g", "end", id="end_")
    case = Case(engine(drawing.end()), receivers=["x", "y"])

    assert [task.role for task in case.turn.open_tasks] == ["x"]
    assert [task.role for task in case.do("sign", more=True).turn.open_tasks] == ["y"]
    assert [task.role for task in case.do("sign").turn.open_tasks] == ["x"]
    assert case.do("sign", more=False).do("sign").turn.done


def test_a_list_of_more_than_five_hundred_is_refused() -> None:
    drawing = Drawing(facts="receivers").each("sign", "receivers").end().line("start", "sign", "end")

    with pytest.raises(Stalled, match="sign"):
        Case(engine(drawing), receivers=[str(i) for i in range(501)])


def test_a_message_moves_a_waiting_case_and_is_refused_by_others() -> None:
    drawing = Drawing(facts="n").user("a").message("wait", "plan_approved").end().line("start", "a", "wait", "end")
    case = Case(engine(drawing))

    with pytest.raises(MessageNotAwaited):
        case.engine.tell(case.process, "plan_approved", {}, deadlines=case.deadline, now=NOW)
    case = Case(engine(drawing)).do("a")
    assert (case.open, case.turn.waits_for) == ([], ("plan_approved",))
    assert case.tell("plan_approved", n=3).turn.done
    assert case.engine.facts(case.process) == {"n": 3}


def test_behind_an_event_gateway_the_first_event_wins_and_two_timers_keep_their_own_moments() -> None:
    drawing = Drawing().add("eventBasedGateway", "first_of").timer("soon", "soon").timer("late", "late")
    drawing.message("told", "go").user("a").user("b").user("c").end().line("start", "first_of", "soon", "a", "end")
    drawing.line("first_of", "late", "b", "end").line("first_of", "told", "c", "end")
    played = engine(drawing)

    def deadlines(key: str) -> datetime:
        return NOW + timedelta(days={"soon": 1, "late": 9}[key])

    def waiting() -> Process:
        turn = played.start("case", {}, deadlines=deadlines, now=NOW)
        assert (turn.wake_at, turn.waits_for) == (NOW + timedelta(days=1), ("go",))
        return played.load(played.dump(turn.process))

    woken = played.wake(waiting(), deadlines=deadlines, now=NOW + timedelta(days=2))
    told = played.tell(waiting(), "go", {}, deadlines=deadlines, now=NOW)

    assert [task.name for task in woken.open_tasks] == ["a"]
    assert [task.name for task in told.open_tasks] == ["c"]
    assert told.wake_at is None


def test_a_decision_table_answers_as_facts_and_asks_carry_them() -> None:
    drawing = Drawing(facts="kind,months").decision("rule", "wait").service("tell_list").user("a").end()
    played = engine(
        drawing.line("start", "rule", "tell_list", "a", "end"),
        wait=table("wait", ["kind"], ["months"], [['"PHASED"', "3"], ["-", "6"]], "FIRST"),
    )

    case = Case(played, kind="PHASED")

    assert case.asked == ["tell_list"]
    assert case.turn.asked[0].facts == {"kind": "PHASED", "months": 3}


def test_a_loop_of_automatic_steps_is_stopped() -> None:
    drawing = Drawing(facts="n").choice("m").service("s").choice("g", "back").end().line("start", "m", "s", "g")
    drawing.flow("g", "m", id="back").flow("g", "end", "n == 2")

    with pytest.raises(Stalled, match="without end"):
        Case(engine(drawing))


def test_a_condition_that_meets_the_wrong_kind_of_value_names_its_gateway() -> None:
    drawing = Drawing(facts="n").choice("gate", "no").user("a").end().line("start", "gate")
    drawing.flow("gate", "a", "n > 3").flow("gate", "end", id="no").flow("a", "end")

    with pytest.raises(Stalled, match="gate"):
        Case(engine(drawing), n="many")


def test_only_declared_facts_enter_and_only_plain_ones() -> None:
    case = Case(engine(two_steps()), typename="x", __builtins__="y")
    assert case.engine.facts(case.process) == {}

    for value in (3.5, NOW, {"a": 1}, [1], b"x", 10**16, "x" * 10_001, ["x"] * 10_001):
        with pytest.raises(FactRefused):
            Case(engine(with_return()), verdict=value)  # type: ignore[arg-type]


def test_an_administrator_jumps_and_everything_else_is_cancelled() -> None:
    case = Case(engine(with_return())).do("submit")
    assert case.open == ["review"]

    turn = case.engine.jump(case.process, "submit", {}, deadlines=case.deadline, now=NOW)

    assert ([task.name for task in turn.open_tasks], turn.wake_at) == (["submit"], LATER)
    for nowhere in ("late", "nothing", "start"):
        with pytest.raises(UnknownElement):
            case.engine.jump(case.process, nowhere, {}, deadlines=case.deadline, now=NOW)


def test_a_cancelled_case_is_done_and_stays_so() -> None:
    case = Case(engine(with_return()))

    turn = case.engine.cancel(case.process)

    assert (turn.done, turn.outcome, turn.open_tasks, turn.wake_at) == (True, "cancelled", (), None)
    assert case.engine.look(case.engine.load(case.engine.dump(turn.process))).done


def test_a_terminating_end_stops_the_other_branches() -> None:
    drawing = Drawing().parallel("split").user("a").user("b").end("stop", "withdrawn", terminate=True).end()
    drawing.line("start", "split", "a", "stop").line("split", "b", "end")

    case = Case(engine(drawing)).do("a")

    assert (case.open, case.turn.done, case.turn.outcome) == ([], True, "withdrawn")


def test_stored_state_that_was_touched_is_refused() -> None:
    played = engine(two_steps())
    stored = played.dump(Case(played).process)
    other = engine(with_return())

    assert played.dump(played.load(stored)) == stored
    for damaged, code in (
        (b"\x09" + stored[1:], "state_version"),
        (stored[:-3], "state_damaged"),
        (stored[:20], "state_damaged"),
        (stored[:40] + bytes([stored[40] ^ 255]) + stored[41:], "state_damaged"),
        (b"", "state_damaged"),
    ):
        with pytest.raises(StoredStateUnreadable) as refused:
            played.load(damaged)
        assert refused.value.code == code
    with pytest.raises(StoredStateUnreadable) as refused:
        other.load(stored)
    assert refused.value.code == "state_release"


def test_a_process_of_no_release_is_unknown() -> None:
    with pytest.raises(UnknownProcess):
        Case(engine(two_steps()), "close_finding")


def test_the_elements_of_a_process_can_be_read() -> None:
    elements = {element.id: element for element in engine(with_return()).elements("case")}

    assert elements["mark_overdue"].properties == {"operation": "mark_overdue"}
    assert elements["late"].kind == "boundaryEvent"


def test_one_engine_serves_many_threads() -> None:
    played = engine(with_return())

    def play(number: int) -> str | None:
        case = Case(played)
        for _ in range(number % 5):
            case.do("submit").do("review", verdict="returned")
        return case.do("submit").do("review", verdict="agreed").turn.outcome

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(play, range(64))) == {"signed_off"}


def test_another_engine_of_the_same_release_goes_on() -> None:
    drawing = Drawing(facts="people").each("sign", "people").call("look", "called").end()
    called = Drawing("called").user("go").end().line("start", "go", "end")
    drawing.line("start", "sign", "look", "end")
    case = Case(engine(drawing, called), people=["x", "y"]).do("sign")

    stored, case.engine = case.stored(), engine(drawing, called)
    case.process = case.engine.load(stored)

    assert case.do("sign").open == ["go"]
    stored, case.engine = case.stored(), engine(drawing, called)
    case.process = case.engine.load(stored)
    assert case.do("go").turn.done
