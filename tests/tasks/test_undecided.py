"""核查超期: who of the inspecting side hears that nobody decides a suspicion, and on which day."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from bpmn.release import Release
from cases.calendar import WorkingCalendar
from cases.ladder import Standing, Trigger, ladder, next_notices
from cases.moments import shanghai_date
from config.calendars import published_days
from config.ladder import ROWS
from notifications.smtp import Server
from persistence.tables import findings, notices, open_tasks, posts, tenures
from persistence.tables import outbox as letters
from tasks.between_cases import wake_due
from tasks.deliver import House, book_of, deliver
from tasks.patrols.run import run_patrol
from tasks.releases import everything_shipped
from tests.support.city import BEFORE_FEEDBACK, DUE_ON, City
from tests.support.mail import MailServer
from tests.tasks.test_roles import seat

LETTER = "suspicion_undecided"
RAISED = date(2026, 4, 1)  # a Wednesday; 清明 is free from Saturday to Monday
RUNGS = tuple(rung for rung in ladder(ROWS) if rung.trigger is Trigger.SUSPICION_UNDECIDED)
FIFTH, TENTH, FIFTEENTH = date(2026, 4, 9), date(2026, 4, 16), date(2026, 4, 23)
CALENDAR = WorkingCalendar(published_days())


def suspect(city: City, place: int = 1, day: date = RAISED) -> str:
    """Let the finding at *place* be submitted on minutes from before the feedback, so that its verification opens."""
    number = city.numbers[place]
    city.go_to(day)
    city.submit(number, [city.keep(f"会议纪要{place}.png", "MEETING_MINUTES", effective_on=BEFORE_FEEDBACK)])
    city.office.settle(100)
    city.hearing(number).state()
    assert "decide_suspicion" in city.waits_for(number)
    return number


def patrol(city: City, day: date, **more: Any) -> Any:
    city.go_to(day)
    return run_patrol(city.office, "signals", city.office.now(), "clock", **more)


def days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += timedelta(days=1)


def told(city: City, number: str) -> list[tuple[date, str, str]]:
    """Return (day, role, number of the report) of each letter about a suspicion, oldest first."""
    rows = city.ask(select(letters).where(letters.c.letter == LETTER).order_by(letters.c.id))
    return [(shanghai_date(row.next_at), row.role, row.facts["times"]) for row in rows if row.facts["number"] == number]


def test_the_rungs_come_on_their_days_and_the_last_one_again_each_week(
    sqlite_city: Callable[[str], City],
) -> None:
    city = sqlite_city("rectifying")
    number = suspect(city)
    for day in days(RAISED, date(2026, 5, 12)):
        patrol(city, day)

    assert told(city, number) == [
        (FIFTH, "verification_leader", ""),
        (TENTH, "inspection_office_head", ""),
        (FIFTEENTH, "leading_group", "1"),
        (FIFTEENTH, "leading_group", "1"),
        (date(2026, 4, 30), "leading_group", "2"),
        (date(2026, 4, 30), "leading_group", "2"),
        (date(2026, 5, 11), "leading_group", "3"),  # the holiday of May lies between, and a Saturday that is worked
        (date(2026, 5, 11), "leading_group", "3"),
    ]
    assert city.complaints() == []


def test_the_timer_marks_and_writes_no_letter(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("rectifying")
    number = suspect(city)
    before = city.count(letters)
    city.go_to(date(2026, 4, 10))
    wake_due(city.office)

    assert city.events(number).count("SuspicionOverdue") == 1
    assert city.count(letters) == before


def test_after_downtime_the_highest_speaks_and_the_rest_is_recorded(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("rectifying")
    number = suspect(city)
    patrol(city, RAISED)
    patrol(city, date(2026, 5, 11))
    patrol(city, date(2026, 5, 11), period="again")

    assert {(role, times) for _, role, times in told(city, number)} == {("leading_group", "3")}
    rows = city.ask(select(notices.c.code, notices.c.period, notices.c.outcome).where(notices.c.kind == "suspicion"))
    assert Counter(row.outcome for row in rows) == {"told": 1, "superseded": 4}
    assert {row.period for row in rows if row.outcome == "told"} == {"2026-04-01 3"}


def test_a_free_day_says_nothing_and_the_next_worked_one_says_it(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("rectifying")
    number = suspect(city, day=date(2026, 3, 27))  # its fifth working day is Friday the 3rd of April
    for day in (date(2026, 4, 4), date(2026, 4, 5), date(2026, 4, 6)):
        patrol(city, day)
    assert told(city, number) == []

    patrol(city, date(2026, 4, 7))
    assert told(city, number) == [(date(2026, 4, 7), "verification_leader", "")]


def test_who_has_decided_is_not_told(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("rectifying")
    number = suspect(city)
    city.hearing(number).examine("explained").second()
    for day in (FIFTH, TENTH, FIFTEENTH):
        patrol(city, day)

    assert told(city, number) == []


def test_days_of_a_suspension_do_not_count(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("rectifying")
    number = suspect(city)
    city.go_to(date(2026, 4, 3))  # two working days have passed
    city.suspend(number)
    for day in (FIFTH, TENTH):
        patrol(city, day)
    city.go_to(TENTH, 15)
    city.resume(number)
    patrol(city, date(2026, 4, 20))
    assert told(city, number) == []  # four by now

    patrol(city, date(2026, 4, 21))
    assert told(city, number) == [(date(2026, 4, 21), "verification_leader", "")]


def test_in_the_place_of_a_vacant_post_the_next_one_up_is_told(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("rectifying")
    number = suspect(city)
    vacant = select(posts.c.id).where(posts.c.role == "verification_leader")
    city.change(update(tenures).where(tenures.c.post_id.in_(vacant)).values(valid_until=RAISED))
    patrol(city, FIFTH)

    assert told(city, number) == [(FIFTH, "inspection_office_head", "")]


def test_a_new_leader_is_told_by_the_post_that_he_holds(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("rectifying")
    number = suspect(city)
    seat(city, "organisation1", "verification_leader", unit=5, scope=1)
    patrol(city, FIFTH)

    whom = city.column(select(letters.c.person_id).where(letters.c.letter == LETTER))
    assert set(whom) == {city.actor("verifier1").person_id, city.actor("organisation1").person_id}
    assert len(told(city, number)) == 2


def test_nobody_of_the_unit_hears_of_it(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("rectifying")
    suspect(city)
    for day in (FIFTH, TENTH, FIFTEENTH, date(2026, 4, 30)):
        patrol(city, day)

    whom = set(city.column(select(letters.c.person_id).where(letters.c.letter == LETTER)))
    unit = {city.actor(f"u11{who}").person_id for who in ("handler", "leader", "chief", "member")}
    assert not whom & (unit | {city.actor("superior1").person_id})


def test_each_reader_is_asked_for_what_he_can_do(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("rectifying")
    number = suspect(city)
    for day in (FIFTH, TENTH, FIFTEENTH):
        patrol(city, day)

    rows = city.ask(select(letters).where(letters.c.letter == LETTER))
    asked = {row.role: (bool(row.facts["decides"]), bool(row.facts["urges"])) for row in rows}
    assert asked == {
        "verification_leader": (True, False),
        "inspection_office_head": (False, True),
        "leading_group": (False, True),
    }
    task = city.ask(select(open_tasks).where(open_tasks.c.act == "decide_suspicion"))[0]
    assert task.holder in city.actor("verifier1").holders
    city.act("signer1", "urge", number, text="请尽快核定疑点。")


def test_only_a_report_that_comes_again_bears_a_number(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("rectifying")
    suspect(city)
    for day in (FIFTH, TENTH, FIFTEENTH):
        patrol(city, day)

    subjects = []
    with city.office.read() as conn:
        for row in conn.execute(select(letters).where(letters.c.letter == LETTER).order_by(letters.c.id)):
            subjects.append(book_of(city.office, conn, row.case_id).render(
                LETTER, "zh", row.address, row.facts, message_id="1@example.org", sender="a@example.org",
                base="https://example.org", written_at=row.next_at,
            ).subject)  # fmt: skip
    assert [("第1次" in subject, "次" in subject) for subject in subjects] == [(False, False)] * 2 + [(True, True)] * 2


def test_a_ladder_of_before_lets_the_shipped_rows_stand_in(
    sqlite_city: Callable[[str], City], caplog: pytest.LogCaptureFixture
) -> None:
    city = sqlite_city("rectifying")
    path = "decisions/escalation_ladder.dmn"
    table = everything_shipped()[path].decode()
    old = table[: table.index('      <rule id="rule_17">')] + table[table.index("    </decisionTable>") :]
    city.publish(everything_shipped().with_files({path: old.encode()}))
    number = suspect(city)
    patrol(city, FIFTH)

    assert told(city, number) == [(FIFTH, "verification_leader", "")]
    assert "shipped rows stand in" in caplog.text


def test_a_case_of_an_older_release_gets_the_letter_that_its_release_lacks(
    sqlite_city: Callable[[str], City], mail_server: MailServer
) -> None:
    city = sqlite_city("registered")
    files = everything_shipped().files
    city.publish(Release({path: text for path, text in files.items() if not path.startswith(f"letters/{LETTER}/")}))
    city.issue(due_on=DUE_ON)
    for number in city.numbers:
        city.accept(number)
    city.submit_plan()
    city.review_plan()
    suspect(city)
    patrol(city, FIFTH)

    server = replace(Server.parse(mail_server.url), authorities=str(mail_server.certificate))
    deliver(city.office, server, House("https://example.org"), now=city.office.now())
    assert [1 for one in mail_server.received if "5 个工作日未核定" in str(one.message["Subject"])] == [1]


def test_one_that_cannot_be_told_of_holds_up_no_other(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("rectifying")
    first, second = suspect(city, 1), suspect(city, 2)
    city.change(update(findings).where(findings.c.number == first).values(kind="of no kind"))
    patrol(city, FIFTH)

    assert [len(told(city, number)) for number in (first, second)] == [0, 1]


def days_waited(day: date, since: date) -> int:
    return sum(CALENDAR.is_working_day(one) for one in days(since + timedelta(days=1), day))


@given(
    since=st.dates(date(2026, 1, 2), date(2026, 10, 30)),
    looked_at=st.sets(st.integers(0, 60), min_size=1, max_size=30),
)
def test_what_is_told_on_a_day_is_the_rule_of_that_day(since: date, looked_at: set[int]) -> None:
    """A second reading of the rule, written down by counting days one by one, for rounds on any days."""
    noticed: set[Any] = set()
    reached_before: set[tuple[str, int]] = set()
    for day in sorted(since + timedelta(days=offset) for offset in looked_at):
        climb = next_notices(
            RUNGS, Standing("suspicion:1", undecided_since=since), day, CALENDAR, noticed=frozenset(noticed)
        )
        noticed |= {notice.key for notice in (climb.tell, *climb.superseded) if notice}

        waited = days_waited(day, since)
        reached = {("verification_reminder", 1)} if waited >= 5 else set()
        reached |= {("verification_urging", 1)} if waited >= 10 else set()
        reached |= {("verification_report", 1 + more) for more in range((waited - 15) // 5 + 1)}
        fresh = reached - reached_before if CALENDAR.is_working_day(day) else set()
        order = ["verification_reminder", "verification_urging", "verification_report"]
        expected = max(fresh, key=lambda one: (order.index(one[0]), one[1]), default=None)

        assert (climb.tell and (climb.tell.rung.code, climb.tell.times)) == expected
        assert climb.propose is None
        if CALENDAR.is_working_day(day):
            reached_before |= reached


@pytest.mark.parametrize("role", ["handler", "chief", "leading_department", "superior_leader", "system_admin"])
def test_a_row_cannot_tell_anybody_but_the_inspecting_side(role: str) -> None:
    row = {**ROWS[-1], "addressees": f"leading_group, {role}"}

    with pytest.raises(ValueError, match="is not for"):
        ladder([row])
