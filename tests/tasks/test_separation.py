"""Ways round the separation of duties: two bodies, two sides, somebody else's task, somebody else's evidence."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from cases.refusals import CaseError, FormIncomplete, NoSuchTask
from cases.sign_off import NotFromOutside, SamePerson
from persistence import case_store
from persistence.case_store import TaskRow
from persistence.tables import evidence, look_backs, outbox, recusals, units
from tests.support.city import CHECKED, UNIT, City
from tests.tasks.test_independence import hold

Cities = Callable[[str], City]


def tasks_of(city: City, number: str) -> list[TaskRow]:
    """Return what a case waits for."""
    with city.office.read() as conn:
        return case_store.tasks_of(conn, city.id_of(number))


def review(city: City, login: str, role: str) -> Any:
    """Let *login* review the plan for the body *role*."""
    task = next(task for task in tasks_of(city, city.list_number) if task.role == role)
    given = {"verdict": "agreed", "grade": "good", "comment": CHECKED}
    return city.perform(login, "review_plan", city.list_number, given, task=task.id)


def planned(city: City) -> City:
    """Let the unit accept and hand its plan in."""
    for number in city.numbers:
        city.accept(number)
    city.submit_plan()
    return city


def test_nobody_reviews_a_plan_for_two_bodies(sqlite_city: Cities) -> None:
    city = planned(sqlite_city("issued"))
    hold(city, "discipline1", "organisation_department", deputy=True)
    review(city, "discipline1", "discipline_commission")

    with pytest.raises(SamePerson):
        review(city, "discipline1", "organisation_department")
    review(city, "organisation1", "organisation_department")


def test_nobody_reviews_the_plan_of_his_own_unit(sqlite_city: Cities) -> None:
    city = planned(sqlite_city("issued"))
    hold(city, "discipline1", "handler", unit=UNIT, deputy=True)

    with pytest.raises(NotFromOutside):
        review(city, "discipline1", "discipline_commission")


def asked_for_more(city: City) -> tuple[str, Any]:
    """Let the unit ask for 30 days more; return the number and the due day that was asked for."""
    number = city.numbers[0]
    until = city.finding(number).due_on + timedelta(days=30)
    city.act("u11handler", "ask_extension", number, until=until.isoformat(),
             reason="涉及资金需经司法程序追缴，预计三十日内完成，已报分管领导同意。")  # fmt: skip
    return number, until


def test_nobody_grants_his_own_unit_more_time(sqlite_city: Cities) -> None:
    city = sqlite_city("rectifying")
    number, _ = asked_for_more(city)
    hold(city, "signer1", "leadership_team", unit=UNIT, deputy=True)

    with pytest.raises(NotFromOutside):
        city.act("signer1", "decide_extension", number, verdict="approved", comment=CHECKED)
    assert city.act("signer2", "decide_extension", number, verdict="approved", comment=CHECKED)


def test_nobody_is_granted_more_than_he_asked_for(sqlite_city: Cities) -> None:
    city = sqlite_city("rectifying")
    number, until = asked_for_more(city)
    later = (until + timedelta(days=1)).isoformat()

    with pytest.raises(FormIncomplete) as refused:
        city.act("signer1", "decide_extension", number, verdict="approved", comment=CHECKED, until=later)

    assert refused.value.errors == {"until": "later_than_asked"}


@pytest.mark.parametrize("login", ["office2", "superior1", "sysadmin1", "u12chief"])
def test_an_inspector_may_look_back_or_is_not_told(sqlite_city: Cities, login: str) -> None:
    city = sqlite_city("verifying")
    number = city.numbers[0]
    city.bring(number, "prepare_look_back")

    with pytest.raises(FormIncomplete):
        city.prepare(number, "lookback1", login)

    own = outbox.c.person_id == city.actor(login).person_id
    told = select(outbox.c.id).where(own, outbox.c.letter == "look_back_appointed")
    assert city.ask(told) == []


def test_who_is_recused_is_not_appointed(sqlite_city: Cities) -> None:
    city = sqlite_city("verifying")
    number = city.numbers[0]
    city.bring(number, "prepare_look_back")
    away = {"person_id": city.actor("lookback2").person_id, "unit_id": UNIT, "reason": "亲属在该单位任职"}
    city.change(insert(recusals).values(id=1, **away, valid_from=city.today))

    with pytest.raises(FormIncomplete):
        city.prepare(number)
    assert city.count(look_backs) == 0


def test_a_verification_is_not_handed_to_somebody_of_the_unit(sqlite_city: Cities) -> None:
    city = sqlite_city("verifying")
    number = city.numbers[0]
    hold(city, "verifier2", "leadership_team", unit=UNIT, deputy=True)

    for login in ("verifier2", "u11handler", "office2"):
        person = str(city.actor(login).person_id)
        with pytest.raises(FormIncomplete) as refused:
            city.act("verifier1", "hand_over", number, person=person, reason="出差一周，请同事代为办理此项核查")
        assert refused.value.errors == {"person": "may_not"}


@pytest.mark.parametrize("person", ["0", "999999", str(2**63), "9" * 40, "-1", "x"])
def test_a_person_that_does_not_exist_takes_no_task(sqlite_city: Cities, person: str) -> None:
    city = sqlite_city("verifying")

    with pytest.raises(FormIncomplete) as refused:
        city.act("verifier1", "hand_over", city.numbers[0], person=person, reason="出差一周，请同事代为办理此项核查")
    assert set(refused.value.errors) == {"person"}


def test_a_task_of_another_case_is_not_taken(sqlite_city: Cities) -> None:
    city = sqlite_city("verifying")
    mine, other = city.numbers[:2]
    task = tasks_of(city, other)[0].id

    with pytest.raises(NoSuchTask):
        city.perform("verifier1", "verify_rectification", mine, {"verdict": "confirmed", "comment": CHECKED}, task=task)
    for act in ("claim_task", "release_task"):
        with pytest.raises(FormIncomplete):
            city.act("verifier1", act, mine, task=task)


def test_rows_of_another_finding_are_no_choice(sqlite_city: Cities) -> None:
    city = sqlite_city("verifying")
    mine, other = city.numbers[:2]
    foreign = city.column(select(evidence.c.id).where(evidence.c.finding_id == city.id_of(other)))[0]

    tries: list[tuple[str, dict[str, str]]] = [
        ("decide_waiver", {"measure": str(city.measures(other)[0]), "verdict": "waived"}),
        ("adopt_evidence", {"evidence": str(foreign), "verdict": "rejected"}),
        ("decide_signal", {"signal": "1", "verdict": "explained"}),
    ]
    for act, given in tries:
        with pytest.raises(CaseError) as refused:
            city.perform("verifier1", act, mine, {"comment": CHECKED, **given})
        assert refused.value.code == "form_incomplete", act


def test_the_unit_does_not_replace_what_the_inspectors_brought_home(sqlite_city: Cities) -> None:
    city = sqlite_city("verifying")
    number = city.numbers[0]
    city.bring(number, "record_look_back")
    city.act("lookback1", "record_look_back", number, files=[city.keep("现场记录.png", "ONSITE_RECORD")],
             method="on_site", place="集团财务部", sample="抽取3笔凭证核对", result="returned",
             started_on=city.today.isoformat(), ended_on=city.today.isoformat(),
             record="到集团财务部查阅第3号凭证，走访2名职工，尚有1笔未清退。")  # fmt: skip
    city.confirm(number)

    city.submit(number, [*city.results(number), city.keep("现场记录.png", "ONSITE_RECORD")])

    named = select(evidence.c.withdrawn_at, evidence.c.version).where(evidence.c.filename == "现场记录.png")
    assert [tuple(row) for row in city.ask(named)] == [(None, 1), (None, 1)]


def test_where_nobody_is_above_the_unit_the_leading_group_signs_for_the_notice(sqlite_city: Cities) -> None:
    city = sqlite_city("registered")
    city.change(update(units).where(units.c.id == UNIT).values(superior_post_id=None))
    city.issue()
    task = next(task for task in tasks_of(city, city.list_number) if task.role == "superior_leader")

    city.perform("signer1", "sign_receipt", city.list_number, task=task.id)

    assert task.id not in [one.id for one in tasks_of(city, city.list_number)]


def test_who_is_recused_gets_no_letter_of_the_finding(sqlite_city: Cities) -> None:
    city = sqlite_city("verifying")
    number = city.numbers[0]
    away = {"person_id": city.actor("u11handler").person_id, "unit_id": UNIT, "reason": "本人涉及该问题"}
    before = select(outbox.c.id).where(outbox.c.person_id == away["person_id"])
    already = len(city.ask(before))
    city.change(insert(recusals).values(id=1, **away, valid_from=city.today))

    city.verify(number, "returned")

    assert len(city.ask(before)) == already
