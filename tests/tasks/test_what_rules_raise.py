"""Whatever a rule raises in a turn is an incident with its element and cause; nothing is lost, others go on."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert

from bpmn.engine import Engine, RuleRaised
from bpmn.release import shipped
from cases.refusals import CaseFaulted, RuleFailed
from persistence import failures, incidents
from persistence.tables import settings
from tests.support.city import City
from xiaohao.doctor import examine

EXTENSION, PLAN = "extensions.decide_working_days", "plan.working_days"
BROKEN: dict[str, Any] = {
    "ValueError": "fifteen",
    "TypeError": [15],
    "OverflowError": 10**9,
}
NOW = datetime(2026, 12, 1, tzinfo=UTC)
REASON = "设备采购需要重新招标，预计延长三十日完成整改任务。"


def set_to(city: City, name: str, body: Any) -> None:
    """Put a number where no page would have let it in: an old row, a hand in the database."""
    city.change(
        insert(settings).values(
            name=name, version=1, valid_from=date(2020, 1, 1), body=body, set_by=None, set_at=city.office.now()
        )
    )


def put_right(city: City, name: str) -> None:
    city.change(delete(settings).where(settings.c.name == name))


def ask_for_more_time(city: City, number: str) -> None:
    until = city.finding(number).due_on + timedelta(days=20)
    city.act("u11handler", "ask_extension", number, until=until.isoformat(), reason=REASON)


@pytest.mark.parametrize("kind", BROKEN)
def test_an_act_that_a_rule_breaks_is_refused_with_an_id_and_stands_as_an_incident(
    sqlite_city: Callable[[str], City], kind: str
) -> None:
    city = sqlite_city("rectifying")
    one, other = city.numbers[:2]
    events = city.events(one)
    set_to(city, EXTENSION, BROKEN[kind])

    with pytest.raises(RuleFailed) as refused:
        ask_for_more_time(city, one)

    assert city.events(one) == events
    with city.office.read() as conn:
        ((row, number),) = incidents.failing(conn)
    assert (row.work, number, row.times) == ("act", one, 1)
    assert str(refused.value.facts["id"]) in row.cause
    assert kind in row.cause
    assert "nothing_fails" in [complaint.check for complaint in examine(city.office, city.attachments)]

    city.submit(other)  # others go on
    put_right(city, EXTENSION)
    ask_for_more_time(city, one)
    with city.office.read() as conn:
        assert failures.count_at_present(conn) == 0
    assert city.complaints() == []


@pytest.mark.parametrize("kind", BROKEN)
def test_a_turn_that_a_rule_breaks_leaves_a_case_that_can_be_repaired(
    city_at: Callable[[str], City], kind: str
) -> None:
    city = city_at("registered")
    own = city.list_number
    set_to(city, PLAN, BROKEN[kind])

    with pytest.raises(CaseFaulted):
        city.issue()

    with city.office.read() as conn:
        (stuck,) = incidents.faulted(conn)
    assert stuck["number"] == own
    assert stuck["fault"]["element"]
    assert kind in stuck["fault"]["cause"]
    assert "CaseFaulted" in city.events(own)

    put_right(city, PLAN)
    city.act("sysadmin1", "repair_case", "office", case=str(city.id_of(own)))
    city.act("office1", "give_feedback", own, feedback_on=city.today.isoformat(), place="市委第一会议室")
    city.office.settle(100)
    assert "submit_plan" in city.waits_for(own)
    assert city.complaints() == []


class Odd(Exception):
    """Something that nobody has heard of."""


@pytest.mark.parametrize(
    "kind", [KeyError, ValueError, OverflowError, AssertionError, TypeError, ZeroDivisionError, RuntimeError, Odd]
)
def test_the_engine_names_the_element_of_whatever_is_raised_in_a_turn(kind: type[Exception]) -> None:
    def raising(_key: str) -> Any:
        raise kind("why")

    engine = Engine(shipped())
    far = NOW + timedelta(days=90)
    begun = engine.start("close_finding", {"plan_approved": True}, deadlines=lambda _: far, now=NOW).process
    task = engine.look(begun).open_tasks[0]
    with pytest.raises(RuleRaised) as raised:
        engine.complete(begun, task.id, {"plan_approved": True}, deadlines=raising, now=NOW)

    assert raised.value.element
    assert isinstance(raised.value.__cause__, kind)
    assert kind.__name__ in str(raised.value)
