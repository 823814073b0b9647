"""Units are renamed and go into each other; what was closed keeps its name, what is open follows."""

import pytest
from sqlalchemy import select

from persistence.tables import findings, unit_names, units
from tasks.merge_unit import CannotMergeUnit
from tests.tasks.test_corrections import numbers
from tests.tasks.town import CHECKED, Town, at, proof


def test_a_renamed_unit_keeps_what_it_was_called(town: Town) -> None:
    with town.office.read() as conn:
        unit = conn.execute(select(units).where(units.c.id == 11)).one()
    town.now = at("2026-04-01")
    words = {"unit": "11", "name": "新的名称", "short_name": "新名", "kind": unit.kind}
    town.act("secadmin1", "edit_unit", "office", words)

    with town.office.read() as conn:
        kept = conn.execute(select(unit_names)).one()
    assert (kept.name, str(kept.valid_until)) == (unit.name, "2026-03-31")


def test_a_merged_unit_hands_open_findings_to_its_successor(town: Town) -> None:
    number = numbers(town)[0]
    answer = town.act("secadmin1", "merge_unit", "office", {"unit": "11", "into": "12"})
    assert answer.more["findings"] == 3
    town.now = at("2026-03-03")

    row = town.finding(number)
    assert row.unit_id == 12
    assert town.actor("u11chief").grants == ()
    town.submit(number, proof("回单.pdf", "FUND_RECEIPT"))  # the handler took his post along
    town.act("u11leader", "review_rectification", number, {"verdict": "agreed", "comment": CHECKED})
    town.act("u12chief", "sign_rectification", number, {"verdict": "agreed", "comment": CHECKED, "pledge": "true"})
    with town.office.read() as conn:
        old = conn.execute(select(units).where(units.c.id == 11)).one()
        assert conn.scalar(select(findings.c.unit_path).where(findings.c.number == number)) == "/1/12/"
    assert (old.successor_id, old.path) == (12, "/1/12/11/")


def test_a_unit_does_not_go_into_itself_or_what_has_ended(town: Town) -> None:
    with pytest.raises(CannotMergeUnit):
        town.act("secadmin1", "merge_unit", "office", {"unit": "11", "into": "11"})
    with pytest.raises(CannotMergeUnit):
        town.act("secadmin1", "merge_unit", "office", {"unit": "1", "into": "12"})
