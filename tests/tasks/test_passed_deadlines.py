"""A deadline is marked once, by the clock, and never where it was kept, however often its task comes back."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select

from persistence.tables import ledger
from tasks.patrols.run import run_patrol
from tasks.releases import everything_shipped
from tests.support.city import CHECKED, DUE_ON, City


def marks(city: City, number: str, event: str) -> list[str]:
    """Return who wrote each mark of a case."""
    own = (ledger.c.case_id == city.id_of(number), ledger.c.event == event)
    return city.column(select(ledger.c.act).where(*own).order_by(ledger.c.seq))


def test_a_plan_that_was_handed_in_in_time_and_comes_back_late_has_passed_no_deadline(
    city_at: Callable[[str], City],
) -> None:
    city = city_at("issued")
    own = city.list_number
    city.submit_plan()

    city.go_to(city.today + timedelta(days=40))
    for _ in range(3):
        city.go_to(city.today + timedelta(days=1))
        city.review_plan("discipline1")
        city.review_plan("organisation1", verdict="returned")
        city.submit_plan()

    assert marks(city, own, "DeadlinePassed") == []
    assert city.complaints() == []


def test_a_plan_that_is_late_is_marked_once_by_the_clock_though_it_comes_back(city_at: Callable[[str], City]) -> None:
    city = city_at("issued")
    own = city.list_number
    city.go_to(city.today + timedelta(days=40))
    assert marks(city, own, "DeadlinePassed") == ["wake"]

    for _ in range(3):
        city.submit_plan()
        city.review_plan("discipline1")
        city.review_plan("organisation1", verdict="returned")

    assert marks(city, own, "DeadlinePassed") == ["wake"]


def test_a_finding_that_was_handed_in_in_time_and_comes_back_late_is_not_marked(city: City) -> None:
    number = city.numbers[0]
    city.go_to(DUE_ON - timedelta(days=1))
    city.submit(number)
    city.go_to(DUE_ON + timedelta(days=7))
    city.review(number, "returned")
    city.go_to(DUE_ON + timedelta(days=9))

    assert marks(city, number, "MarkedOverdue") == []
    assert city.finding(number).overdue_since is None


def test_a_finding_that_came_back_in_time_and_stayed_away_is_marked_by_the_clock(city: City) -> None:
    number = city.numbers[0]
    city.go_to(DUE_ON - timedelta(days=3))
    city.submit(number)
    city.review(number, "returned")
    city.go_to(DUE_ON + timedelta(days=1))
    city.submit(number)
    city.review(number, "returned")

    assert marks(city, number, "MarkedOverdue") == ["wake"]


def test_a_finding_that_is_late_is_marked_once_though_it_comes_back(city: City) -> None:
    number = city.numbers[0]
    city.go_to(DUE_ON + timedelta(days=1))
    for day in (2, 4, 6):
        city.go_to(DUE_ON + timedelta(days=day))
        city.submit(number)
        city.review(number, "returned")
        run_patrol(city.office, "deadlines", city.office.now(), "clock")

    assert marks(city, number, "MarkedOverdue") == ["wake"]


def test_a_new_day_that_passes_is_a_new_deadline(city: City) -> None:
    number, day = city.numbers[0], DUE_ON + timedelta(days=20)
    city.go_to(DUE_ON - timedelta(days=30))
    city.act(
        "u11handler",
        "ask_extension",
        number,
        until=day.isoformat(),
        reason="诉讼尚未审结，须待法院判决生效后方可追缴剩余资金。",
    )
    city.act("signer1", "decide_extension", number, verdict="approved", comment=CHECKED, until=day.isoformat())
    city.go_to(DUE_ON + timedelta(days=1))
    assert marks(city, number, "MarkedOverdue") == []

    city.go_to(day + timedelta(days=1))
    city.submit(number)
    city.review(number, "returned")
    city.go_to(day + timedelta(days=3))

    assert marks(city, number, "MarkedOverdue") == ["wake"]


TIMER = """
    <bpmn:boundaryEvent id="review_overdue" name="审核超期" attachedToRef="review_rectification" cancelActivity="false">
      <bpmn:extensionElements><spiffworkflow:properties>
        <spiffworkflow:property name="deadline" value="verify_suspicion_due" />
      </spiffworkflow:properties></bpmn:extensionElements>
      <bpmn:outgoing>review_overdue_to_mark_overdue</bpmn:outgoing>
      <bpmn:timerEventDefinition id="review_overdue_timer">
        <bpmn:timeDate xsi:type="bpmn:tFormalExpression">verify_suspicion_due</bpmn:timeDate>
      </bpmn:timerEventDefinition>
    </bpmn:boundaryEvent>
    <bpmn:sequenceFlow id="review_overdue_to_mark_overdue" sourceRef="review_overdue" targetRef="mark_overdue" />
"""


def test_a_drawn_day_for_a_task_of_a_finding_is_marked_as_its_own_and_not_as_overdue(
    city_at: Callable[[str], City],
) -> None:
    city, path = city_at("registered"), "processes/close_finding.bpmn"
    shipped = everything_shipped()
    drawn = shipped[path].decode()
    end, flow = '    <bpmn:userTask id="review_rectification"', "rectification_overdue_to_mark_overdue</bpmn:incoming>"
    drawn = drawn.replace(end, TIMER + end).replace(
        flow, f"{flow}<bpmn:incoming>review_overdue_to_mark_overdue</bpmn:incoming>"
    )
    city.publish(shipped.with_files({path: drawn.encode()}))
    number, *others = city.issue(due_on=DUE_ON)
    for one in (number, *others):
        city.accept(one)
    city.submit_plan()
    city.review_plan()
    city.office.settle(100)
    city.submit(number)

    city.go_to(city.today + timedelta(days=20))
    city.review(number, "returned")
    city.submit(number)
    city.review(number, "returned")
    city.go_to(city.today + timedelta(days=20))

    assert marks(city, number, "DeadlinePassed") == ["wake"]
    assert marks(city, number, "MarkedOverdue") == []
