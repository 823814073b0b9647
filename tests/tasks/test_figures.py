"""Figures of findings that really went their way agree with what their rows say today."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from cases.figures import Quantity, Tally
from persistence import figures
from persistence.figures import FigureFilters
from persistence.visibility import visible_findings
from tests.support.city import CHECKED, DUE_ON, ISSUED_ON, City


def counted(city: City, login: str = "office1", day: date | None = None) -> Tally:
    with city.office.read() as conn:
        visible = visible_findings(city.actor(login))
        return figures.tally(conn, visible, FigureFilters(day or city.today))


def agrees_with_the_rows(city: City) -> bool:
    """Whether what is counted from history is what the findings themselves say now."""
    whole = counted(city)
    with city.office.read() as conn:
        now = figures.tally_now(conn, city.today, visible_findings(city.actor("office1")))
    return replace(now, on_time=whole.on_time, ever_done=whole.ever_done, revoked=whole.revoked,
                   recurred=whole.recurred, amount_yuan=whole.amount_yuan,
                   amount_done_yuan=whole.amount_done_yuan) == whole  # fmt: skip


def test_figures_follow_a_finding_through_sign_off_and_revocation(city_at: Callable[[str], City]) -> None:
    city = city_at("signing")
    first = city.numbers[0]
    assert counted(city) == Tally(total=3)
    signed_on = city.today
    city.sign_off(first)
    assert counted(city) == Tally(total=3, done=1, on_time=1, ever_done=1)
    assert agrees_with_the_rows(city)

    city.go_to(signed_on + timedelta(days=10))
    city.act("signer1", "revoke_sign_off", first, because="recurred", comment=CHECKED)
    city.hearing(first).establish(city.today)
    city.office.settle(100)

    assert counted(city) == Tally(total=3, ever_done=1, revoked=1, recurred=1)
    assert counted(city, day=signed_on) == Tally(total=3, done=1, on_time=1, ever_done=1)
    assert counted(city, day=ISSUED_ON - timedelta(days=1)) == Tally()
    assert agrees_with_the_rows(city)


def test_whoever_misses_the_day_is_overdue_from_the_day_after(city_at: Callable[[str], City]) -> None:
    city = city_at("rectifying")

    city.go_to(DUE_ON + timedelta(days=1))

    assert counted(city).overdue > 0
    assert counted(city, day=DUE_ON - timedelta(days=30)).overdue == 0
    assert agrees_with_the_rows(city)


def test_the_unit_counts_its_own_and_other_units_and_administrators_nothing(city_at: Callable[[str], City]) -> None:
    city = city_at("issued")

    assert counted(city, "u11chief") == Tally(total=3)
    assert counted(city, "u12chief") == counted(city, "sysadmin1") == Tally()
    with city.office.read() as conn:
        visible = visible_findings(city.actor("u12chief"))
        assert not figures.counted_findings(conn, visible, FigureFilters(city.today), Quantity.TOTAL)
