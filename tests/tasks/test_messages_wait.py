"""A message between cases waits for the database and for a repair; what really fails is counted, rests and is shown."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import insert, select, update

from config.policy import NUMBERS
from persistence import failures, incidents
from persistence.columns import new_id
from persistence.database import Database
from persistence.tables import instances, messages
from tasks.between_cases import hear_messages
from tasks.office import Office
from tests.support.city import City
from xiaohao.doctor import examine

FAILS = "no_such_message"  # nobody hears it: a KeyError whenever it is tried

CUT = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE pid <> pg_backend_pid() AND datname = current_database()"""


def tell(city: City, name: str, number: str) -> int:
    key = new_id()
    city.change(
        insert(messages).values(id=key, case_id=city.id_of(number), name=name, facts={}, told_at=city.office.now())
    )
    return key


def failures_of(city: City, key: int) -> int:
    return int(city.column(select(messages.c.failures).where(messages.c.id == key))[0])


def later(city: City, **span: int) -> None:
    then = city.office.now() + timedelta(**span)
    city.office.now = lambda: then


def test_pauses_grow_and_after_its_tries_a_message_waits_for_a_hand(city_at: Callable[[str], City]) -> None:
    city = city_at("issued")
    key = tell(city, FAILS, city.numbers[0])
    pauses = []

    for tried in range(1, NUMBERS["messages.attempts"] + 1):
        hear_messages(city.office, 10)
        hear_messages(city.office, 10)  # it rests
        assert failures_of(city, key) == tried
        with city.office.read() as conn:
            ((row, number),) = incidents.unheard(conn)
        assert (number, "KeyError" in row.cause) == (city.numbers[0], True)
        pauses.append(row.next_at - city.office.now())
        later(city, seconds=int(pauses[-1].total_seconds()) + 1)

    assert pauses == sorted(pauses)
    assert pauses[-1] > 60 * pauses[0]
    later(city, days=30)
    hear_messages(city.office, 10)
    assert failures_of(city, key) == NUMBERS["messages.attempts"]
    assert {one.check for one in examine(city.office, city.attachments)} >= {"messages_are_heard", "nothing_fails"}


def test_a_hand_lets_it_be_heard_once_the_cause_is_gone(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("issued")
    key = tell(city, FAILS, city.numbers[0])
    hear_messages(city.office, 10)

    city.change(update(messages).where(messages.c.id == key).values(name="look_again"))
    assert hear_messages(city.office, 10) == 0  # it rests
    city.act("sysadmin1", "retry_message", "office", message=str(key))
    city.office.settle(10)

    assert city.column(select(messages.c.taken_at).where(messages.c.id == key)) != [None]
    with city.office.read() as conn:
        assert failures.count_at_present(conn) == 0
        assert incidents.incident_count(conn) == 0


def test_what_a_faulted_case_is_told_waits_for_its_repair(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("rectifying")
    number, other = city.numbers[:2]
    city.change(update(instances).where(instances.c.case_id == city.id_of(number)).values(status="faulted"))
    key, heard = tell(city, "look_again", number), tell(city, "look_again", other)

    for _ in range(3):
        hear_messages(city.office, 10)
        later(city, days=1)

    assert failures_of(city, key) == 0
    assert city.column(select(messages.c.taken_at).where(messages.c.id == key)) == [None]
    assert city.column(select(messages.c.taken_at).where(messages.c.id == heard)) != [None]
    city.act("sysadmin1", "repair_case", "office", case=str(city.id_of(number)))
    city.office.settle(10)
    assert city.column(select(messages.c.taken_at).where(messages.c.id == key)) != [None]


def test_one_attempt_of_many_processes_is_counted_once(city_at: Callable[[str], City]) -> None:
    city = city_at("issued")
    keys = [tell(city, FAILS, number) for number in city.numbers]
    together = threading.Barrier(4)

    def process() -> None:
        office = Office(Database(city.office.database.url), city.office.keyring, now=city.office.now)
        together.wait()
        hear_messages(office, 10)
        office.database.dispose()

    with ThreadPoolExecutor(4) as pool:
        for each in [pool.submit(process) for _ in range(4)]:
            each.result()

    assert [failures_of(city, key) for key in keys] == [1, 1, 1]


@pytest.mark.postgres
def test_a_database_that_is_cut_off_for_seconds_gives_no_message_up(postgres_city: Callable[[str], City]) -> None:
    city = postgres_city("rectifying")
    keys = [tell(city, name, number) for number in city.numbers for name in ("look_again", "look_for_signals") * 4]
    city.take_as_proved()
    end = time.monotonic() + 5

    def process() -> None:
        office = Office(Database(city.office.database.url), city.office.keyring, now=city.office.now)
        while time.monotonic() < end:
            hear_messages(office, 2)
        office.database.dispose()

    def cut() -> int:
        count = 0
        with psycopg.connect(city.office.database.url.replace("+psycopg", ""), autocommit=True) as conn:
            while time.monotonic() < end - 1:
                count += len(conn.execute(CUT).fetchall())
                time.sleep(0.02)
        return count

    with ThreadPoolExecutor(5) as pool:
        cuts = pool.submit(cut)
        for each in [pool.submit(process) for _ in range(4)]:
            each.result()

    hear_messages(city.office, 100)
    assert cuts.result() > 20
    assert [failures_of(city, key) for key in keys] == [0] * len(keys)
    assert None not in city.column(select(messages.c.taken_at).where(messages.c.id.in_(keys)))
    assert city.complaints() == []
