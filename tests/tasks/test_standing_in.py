"""Who stands in for a post is one answer for desk, letters, doctor and the pages of people."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from cases.standing_in import Line, Seat, who_acts, who_reads, without_address
from notifications.routing import LETTERS
from persistence.tables import accounts, open_tasks, outbox, people
from tests.tasks.town import Town
from xiaohao.doctor import CHECKS


def seat(line: Line, person: int, **more: Any) -> Seat:
    return Seat(line, person, f"person {person}", f"p{person}@linjiang.example", "zh", **more)


def test_a_closed_account_puts_the_next_row_in_charge() -> None:
    away = seat(Line.HOLDER, 1, can_sign_in=False, is_shut_out=True)
    chief, above = seat(Line.CHIEF, 2, nearness=6), seat(Line.CHIEF, 3, nearness=3)

    assert who_acts((away, chief, above)) == (chief, above)
    assert who_reads((away, chief, above)) == (chief,)


def test_only_letters_come_as_far_as_the_office_and_the_administrators() -> None:
    office, administrator = seat(Line.OFFICE, 4), seat(Line.ADMINISTRATOR, 5)

    assert who_acts((office, administrator)) == ()
    assert who_reads((office, administrator)) == (office,)
    assert who_reads((administrator,)) == (administrator,)


def test_who_has_no_address_keeps_his_tasks_and_another_is_written_to() -> None:
    holder = Seat(Line.HOLDER, 1, "holder", "", "zh")
    chief = seat(Line.CHIEF, 2)

    assert who_acts((holder, chief)) == (holder,)
    assert who_reads((holder, chief)) == (chief,)
    assert without_address((holder, chief)) == (holder,)


def account_of(town: Town, login: str) -> Any:
    with town.office.read() as conn:
        return conn.execute(select(accounts).where(accounts.c.login == login)).one()


def orphans(town: Town) -> list[str]:
    check = next(check for check in CHECKS if check.__name__ == "_tasks_have_somebody_who_may_do_them")
    with town.office.read() as conn:
        return list(check(town.office, conn))


def tasks_of(town: Town, login: str) -> list[str]:
    with town.office.read() as conn:
        query = select(open_tasks.c.id).where(open_tasks.c.holder.in_(town.actor(login).holders))
        return list(conn.scalars(query))


def test_disabling_the_only_handler_says_to_whom_his_tasks_go(town: Town) -> None:
    """faults/steps/18: today nobody had them, letters went to the closed account, and the doctor was content."""
    town.now += timedelta(days=1)
    waiting = tasks_of(town, "u11handler")
    assert waiting

    answer = town.act("secadmin1", "disable_account", "office", {"account": str(account_of(town, "u11handler").id)})

    assert answer.more["tasks"] == len(waiting)
    (handed,) = answer.more["handed"]
    assert handed["tasks"] == len(waiting)
    assert handed["to"] == town.actor("u11chief").name
    assert set(waiting) <= set(tasks_of(town, "u11chief"))
    assert not [holder for holder in orphans(town) if holder.startswith("post:")]


def test_letters_of_a_closed_account_go_to_the_chief_who_reads_on_whose_behalf(town: Town) -> None:
    town.now += timedelta(days=1)
    town.act("secadmin1", "disable_account", "office", {"account": str(account_of(town, "u11handler").id)})
    before = {row.id for row in town.letters()}

    town.act("office1", "urge", "XC2026-001-001", {"text": "请尽快报送整改材料。"})

    new = [row for row in town.letters() if row.id not in before]
    assert [row.letter for row in new] == ["urged"]
    assert new[0].address == "u11chief@linjiang.example"
    assert "代“" in new[0].facts["post"]


def test_whoever_cannot_be_written_to_is_never_a_dead_letter(town: Town) -> None:
    """Nobody of the unit has an address: the inspection office is told; nobody at all has one: the administrators."""
    town.now += timedelta(days=1)
    with town.database.writing() as conn:
        of_unit = select(accounts.c.person_id).where(accounts.c.login.startswith("u11"))
        conn.execute(update(people).where(people.c.id.in_(of_unit)).values(email=None))
    before = {row.id for row in town.letters()}

    town.act("office1", "urge", "XC2026-001-001", {"text": "请尽快报送整改材料。"})

    new = [row for row in town.letters() if row.id not in before]
    assert all(row.address for row in new if row.state == "waiting")
    assert {row.address.partition("@")[0].rstrip("0123456789") for row in new if row.state == "waiting"} == {"office"}
    assert [row.address for row in new if row.state != "waiting"] == [""]  # in his own mailbox, on the page


# --- who is told ------------------------------------------------------------------------------------------------


def test_every_act_that_promises_telling_has_a_letter() -> None:
    """What is urged, called, assigned or asked of a second person must reach somebody."""
    promised = {"Urged", "MeetingCalled", "SampledAssigned", "SecondPersonAsked", "LookBackAppointed", "ReceiptWaits"}

    assert promised <= set(LETTERS)


def test_urging_writes_to_whoever_has_the_task(town: Town) -> None:
    town.now += timedelta(days=1)

    town.act("office1", "urge", "XC2026-001-001", {"text": "请尽快报送整改材料。"})

    (letter,) = town.letters("urged")
    assert letter.address == "u11handler@linjiang.example"


def test_holders_of_a_role_hear_of_their_task_once(town: Town) -> None:
    told = [row for row in town.letters("task_waits") if row.role in ("discipline_commission", "inspection_team")]

    assert told
    with town.office.read() as conn:
        keys = list(conn.execute(select(outbox.c.case_id, outbox.c.person_id).where(outbox.c.letter == "task_waits")))
    assert {row.person_id for row in told}
    assert keys
