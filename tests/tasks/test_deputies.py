"""Deputies, and posts that nobody holds: who may act for whom, and who may not."""

import pytest
from sqlalchemy import func, select

from cases.refusals import FormIncomplete, NotPermitted
from cases.rights import Role
from cases.sign_off import SamePerson
from persistence.tables import ledger, open_tasks, tenures
from tasks.name_deputy import OwnDeputy
from tests.tasks.test_corrections import numbers
from tests.tasks.town import CHECKED, Town, at, proof


def name_deputy(town: Town, by: str, deputy: str, **more: str) -> None:
    given = {"deputy": str(town.actor(deputy).person_id), "valid_from": "2026-05-01", "valid_until": "2026-05-20"}
    town.act(by, "name_deputy", "office", given | {"reason": "外出培训"} | more)


def test_a_deputy_acts_in_his_own_name_and_the_record_says_for_whom(town: Town) -> None:
    number = numbers(town)[0]
    name_deputy(town, "u11handler", "u11member")
    town.now = at("2026-05-02")
    town.submit(number, proof("回单.pdf", "FUND_RECEIPT"), login="u11member")

    with town.office.read() as conn:
        who, post = conn.execute(
            select(ledger.c.who, ledger.c.post).where(ledger.c.event == "RectificationSubmitted")
        ).one()
    absent, deputy = town.actor("u11handler"), town.actor("u11member")
    assert who == deputy.name
    assert f"代{absent.name}" in post
    town.now = at("2026-05-21")
    assert not town.actor("u11member").plays(Role.HANDLER)


def test_the_deputy_of_a_submitter_does_not_review_what_he_submitted(town: Town) -> None:
    number = numbers(town)[0]
    town.now = at("2026-04-30")
    town.submit(number, proof("回单.pdf", "FUND_RECEIPT"))
    name_deputy(town, "u11handler", "u11leader")
    town.now = at("2026-05-02")
    with pytest.raises(SamePerson):
        town.act("u11leader", "review_rectification", number, {"verdict": "agreed", "comment": CHECKED})
    town.now = at("2026-05-21")
    town.act("u11leader", "review_rectification", number, {"verdict": "agreed", "comment": CHECKED})


def test_who_was_stood_for_does_not_review_what_his_deputy_submitted(town: Town) -> None:
    number = numbers(town)[0]
    name_deputy(town, "secadmin1", "u11leader", person=str(town.actor("u11handler").person_id))
    town.now = at("2026-05-02")
    town.submit(number, proof("回单.pdf", "FUND_RECEIPT"), login="u11leader")
    town.now = at("2026-06-02")
    with pytest.raises(SamePerson):
        town.act("u11leader", "review_rectification", number, {"verdict": "agreed", "comment": CHECKED})


def test_nobody_gives_his_posts_away_beyond_his_unit_or_those_of_others(town: Town) -> None:
    with pytest.raises(OwnDeputy):
        name_deputy(town, "u11handler", "u11handler")
    with pytest.raises(FormIncomplete):
        name_deputy(town, "u11handler", "u12handler")
    with pytest.raises(NotPermitted):
        name_deputy(town, "u11leader", "u11member", person=str(town.actor("u11handler").person_id))


def test_the_tasks_of_a_vacant_post_stand_with_the_chief_who_hands_them_out(town: Town) -> None:
    number = numbers(town)[0]
    handler = town.actor("u11handler").person_id
    with town.office.read() as conn:
        tenure = conn.scalar(select(tenures.c.id).where(tenures.c.person_id == handler))
        of_unit = open_tasks.c.act == "submit_rectification"
        waiting = conn.scalar(select(func.count()).select_from(open_tasks).where(of_unit))
    answer = town.act("secadmin1", "end_tenure", "office", {"tenure": str(tenure), "valid_until": "2026-05-01"})
    assert answer.more["tasks"] == waiting == 3

    town.now = at("2026-05-02")
    town.act(
        "u11chief", "hand_over", number, {"person": str(town.actor("u11leader").person_id), "reason": "经办人调离"}
    )
    town.submit(number, proof("回单.pdf", "FUND_RECEIPT"), login="u11leader")
    assert town.finding(number).submitted_at is not None


def test_what_somebody_had_claimed_goes_back_the_night_after_his_last_day(town: Town) -> None:
    number = numbers(town)[0]
    handler = town.actor("u11handler").person_id
    town.act("u11handler", "claim_task", number)
    with town.office.read() as conn:
        tenure = conn.scalar(select(tenures.c.id).where(tenures.c.person_id == handler))
    claimed = select(func.count()).select_from(open_tasks).where(open_tasks.c.claimed_by == handler)
    town.act("secadmin1", "end_tenure", "office", {"tenure": str(tenure), "valid_until": "2026-05-03"})

    counts = []
    for day in ("2026-05-03", "2026-05-04"):
        town.patrol("deadlines", day)
        with town.office.read() as conn:
            counts.append(conn.scalar(claimed))

    assert counts == [1, 0]
