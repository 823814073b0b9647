"""A leading group of three for tests of meetings and of decisions on paper, and how they vote."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import insert, select

from cases.rights import Clearance, Role
from persistence.tables import (
    accounts,
    decision_items,
    decision_openings,
    decisions,
    meeting_items,
    people,
    posts,
    reviews,
    tenures,
)
from tasks.office import Answer
from tests.support.city import CHECKED, STAGES, City, Stage

CITY = 1
SINCE = date(2024, 1, 1)
SHEET = "临巡领〔2026〕7号"


def seat(city: City, person: int, name: str, *, role: Role = Role.LEADING_GROUP, login: str = "") -> None:
    """Give somebody new a post of the leading group, and an account."""
    clearance = int(Clearance.SECRET)
    city.change(insert(posts).values(
        id=person, unit_id=2, title=name, role=role, scope_unit_id=CITY, clearance=clearance, valid_from=SINCE
    ))  # fmt: skip
    address = f"t{person}@linjiang.example"
    city.change(insert(people).values(id=person, staff_number=f"T{person}", name=name, language="zh", email=address))
    city.change(insert(tenures).values(id=person, post_id=person, person_id=person, deputy=False, valid_from=SINCE))
    account(city, person, login or f"signer{person}", key=person)
    city.take_as_proved()


def _seat_three(city: City) -> None:
    seat(city, 900, "领导小组成员")


STAGES["group_signing"] = Stage("two_signing", _seat_three)  # a leading group of three has two findings before it


def account(city: City, person: int, login: str, *, key: int) -> None:
    """Give somebody one more account."""
    city.change(insert(accounts).values(
        id=key, person_id=person, login=login, must_change=False, failures=0, created_at=city.office.now()
    ))  # fmt: skip


def person_of(city: City, login: str) -> int:
    """Return the id of the person who signs in as *login*."""
    return city.actor(login).person_id


def ready(city: City, *places: int) -> list[str]:
    """Bring the findings at *places* before the leading group and return their numbers."""
    numbers = [city.numbers[place] for place in places or (0, 1)]
    for number in numbers:
        city.bring(number, "sign_off")
    return numbers


def call(city: City, numbers: Sequence[str], *, login: str = "office1", number: str = SHEET, **more: Any) -> Answer:
    """Call a meeting of everybody; signer1 takes the chair."""
    members = [person_of(city, one) for one in ("signer1", "signer2", "signer900")]
    given = {
        "meeting_number": number, "held_on": city.today.isoformat(), "place": "市委第二会议室",
        "chair": members[0], "present": members, "numbers": list(numbers),
    }  # fmt: skip
    return city.perform(login, "call_meeting", "office", given | more)


def vote(city: City, meeting: str, login: str, opinion: str = "agree", reason: str = "", **more: Any) -> Answer:
    """Let somebody vote."""
    given = {"meeting": meeting, "opinion": opinion, "reason": reason} | more
    return city.perform(login, "cast_vote", "office", given)


def close(city: City, meeting: str, login: str = "office1", **more: Any) -> Answer:
    """End a meeting."""
    given = {"meeting": meeting, "comment": f"会议逐项审议2个问题。{CHECKED}"}
    return city.perform(login, "close_meeting", "office", given, **more)


def results(city: City) -> dict[str, str]:
    """Return number -> what became of it in the meeting."""
    rows = city.ask(select(meeting_items.c.number, meeting_items.c.result))
    return dict(map(tuple, rows))


def carried_out(city: City) -> dict[str, str]:
    """Return number -> what became of it when the decision was carried out."""
    rows = city.ask(select(decision_items.c.number, decision_items.c.state))
    return dict(map(tuple, rows))


def refusals(city: City) -> list[str]:
    """Return the codes of what was refused when decisions were carried out."""
    return [row.why["code"] for row in city.ask(select(decision_items)) if row.why]


def record(
    city: City, numbers: Sequence[str], *, login: str = "office1", decision: str = "sign_off", **more: Any
) -> str:
    """Record a sheet that signer1 signed today and return the id of the decision."""
    answers = {"verdict": "signed", "comment": CHECKED} | more.pop("answers", {})
    given = {
        "decision": decision, "sheet_number": SHEET, "decided_on": city.today.isoformat(), "numbers": list(numbers),
        "signer": person_of(city, "signer1"), "others": ["领导小组副组长 | 同意 | " + city.today.isoformat()],
        "answers": answers,
    }  # fmt: skip
    scan = (city.keep("审批单扫描件.png"),)
    answer = city.perform(login, "record_paper_decision", "office", given | more, attachments=scan)
    return str(answer.more["decision"])


def open_scan(city: City, decision: str, login: str) -> None:
    """Look at the scan, as the page does."""
    opened = {"decision_id": int(decision), "person_id": person_of(city, login), "at": city.office.now()}
    city.change(insert(decision_openings).values(id=int(decision) + person_of(city, login), **opened))


def confirm(city: City, decision: str, login: str = "office2", verdict: str = "confirmed") -> Answer:
    """Let a second person hold the record against the scan."""
    given = {"decision": decision, "verdict": verdict, "comment": "已与扫描件第1页逐项核对，编号和签字一致"}
    return city.perform(login, "confirm_paper_decision", "office", given)


def state_of_decision(city: City) -> str:
    """Return the state of the only decision."""
    (state,) = city.column(select(decisions.c.state))
    return str(state)


def last_review(city: City, number: str) -> Any:
    """Return the last opinion on a finding."""
    own = select(reviews).where(reviews.c.case_id == city.finding(number).id)
    return city.ask(own.order_by(reviews.c.at.desc()))[0]
