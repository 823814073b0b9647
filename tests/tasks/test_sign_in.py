"""Accounts at the door, on both databases: what is counted, what is kept, and what ends."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from persistence.case_store import OFFICE
from persistence.database import Database
from persistence.ledger import of_case
from persistence.seal import Keyring
from persistence.tables import accounts
from tasks.begin import begin
from tasks.office import Office
from tasks.passwords import Passwords, PasswordTooWeak
from tasks.sign_in import (
    LinkUsedUp,
    PasswordWrong,
    SignInRefused,
    change_password,
    login_of_link,
    session_of,
    sign_in,
    sign_out,
    use_link,
)
from tests.support.links import make_link
from xiaohao.demonstration import demo_users, furnish

PASSWORDS = Passwords(cheap=True)
LOGIN, RIGHT = next((user.login, user.password) for user in demo_users())


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.moment = datetime.fromisoformat("2026-03-02T09:00:00+08:00")

    def __call__(self) -> datetime:
        return self.moment

    def go(self, **time: int) -> None:
        self.moment += timedelta(**time)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def office(database_url: str, clock: Clock) -> Iterator[Office]:
    made = Office(Database(database_url), Keyring.fresh(), now=clock)
    begin(made)
    furnish(made, PASSWORDS)
    yield made
    made.database.dispose()


def fail(office: Office, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(SignInRefused):
            sign_in(office, PASSWORDS, LOGIN, "wrong")


def test_four_failures_are_forgotten_by_a_success(office: Office) -> None:
    for _ in range(2):
        fail(office, 4)
        sign_in(office, PASSWORDS, LOGIN, RIGHT)


def test_the_fifth_failure_locks_until_the_time_is_over(office: Office, clock: Clock) -> None:
    fail(office, 5)
    with pytest.raises(SignInRefused):
        sign_in(office, PASSWORDS, LOGIN, RIGHT)

    clock.go(minutes=15)

    assert sign_in(office, PASSWORDS, LOGIN, RIGHT)[1].login == LOGIN


def test_failures_at_the_same_time_are_all_counted(office: Office) -> None:
    with ThreadPoolExecutor(5) as people:
        list(people.map(lambda _: fail(office), range(5)))

    with pytest.raises(SignInRefused):
        sign_in(office, PASSWORDS, LOGIN, RIGHT)


def test_a_session_is_found_by_its_token_until_it_is_left_idle_or_old(office: Office, clock: Clock) -> None:
    token, opened = sign_in(office, PASSWORDS, LOGIN, RIGHT)
    assert session_of(office, token) == opened
    assert session_of(office, token + "x") is None

    for _ in range(25):
        clock.go(minutes=29)
        alive = session_of(office, token)
    assert alive is None  # twelve hours are over, however busy it was

    token, _ = sign_in(office, PASSWORDS, LOGIN, RIGHT)
    clock.go(minutes=30)
    assert session_of(office, token) is None


def test_signing_out_ends_one_session_and_leaves_the_other(office: Office) -> None:
    (first, session), (second, _) = (sign_in(office, PASSWORDS, LOGIN, RIGHT) for _ in range(2))

    sign_out(office, session)

    assert session_of(office, first) is None
    assert session_of(office, second) is not None


def test_a_new_password_ends_every_other_session_and_stands_in_the_ledger(office: Office) -> None:
    (mine, session), (other, _) = (sign_in(office, PASSWORDS, LOGIN, RIGHT) for _ in range(2))

    change_password(office, PASSWORDS, session, RIGHT, "Xinmima-2026")

    assert session_of(office, mine) is not None
    assert session_of(office, other) is None
    with office.read() as conn:
        last = of_case(conn, OFFICE)[-1]
    assert (last.event, last.body["facts"]) == ("PasswordChanged", {"login": LOGIN})
    assert "Xinmima" not in str(last.body)


@pytest.mark.parametrize("weak", ["Short-1", "alllowercase", "Office1-2026", RIGHT])
def test_a_weak_or_used_password_is_refused(office: Office, weak: str) -> None:
    _, session = sign_in(office, PASSWORDS, LOGIN, RIGHT)

    with pytest.raises(PasswordTooWeak):
        change_password(office, PASSWORDS, session, RIGHT, weak)


def test_who_does_not_know_the_present_password_changes_nothing(office: Office) -> None:
    _, session = sign_in(office, PASSWORDS, LOGIN, RIGHT)

    with pytest.raises(PasswordWrong):
        change_password(office, PASSWORDS, session, "guess", "Xinmima-2026")

    sign_in(office, PASSWORDS, LOGIN, RIGHT)


def test_a_link_works_once_and_not_for_ever(office: Office, clock: Clock) -> None:
    with office.read() as conn:
        account = conn.execute(select(accounts.c.id).where(accounts.c.login == LOGIN)).scalar_one()
    first, late = (make_link(office, account) for _ in range(2))
    assert login_of_link(office, first) == LOGIN

    use_link(office, PASSWORDS, first, "Diyici-2026")

    sign_in(office, PASSWORDS, LOGIN, "Diyici-2026")
    with pytest.raises(LinkUsedUp):
        use_link(office, PASSWORDS, first, "Dierci-2026")
    clock.go(hours=72)
    with pytest.raises(LinkUsedUp):
        login_of_link(office, late)
