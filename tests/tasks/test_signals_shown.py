"""What `xiaohao signals NUMBER` shows: what was kept, how it stands now, and what nobody can know."""

from typing import Any

import pytest
from sqlalchemy import func, select

from cases.refusals import Unknown
from persistence.tables import signal_hits
from tests.tasks.town import Town, at, proof
from xiaohao.signals_shown import in_lines, signals_of

ONE, TWO = "XC2026-001-001", "XC2026-001-002"
SHARED = proof("验收单.pdf", "ACCEPTANCE", sha256="a" * 64)


def shown(town: Town, number: str = ONE, *, now: bool = False) -> dict[str, Any]:
    with town.office.read() as conn:
        return signals_of(town.office, conn, number, town.now, now=now)


def both_with_one_paper(town: Town) -> None:
    town.now = at("2026-04-01")
    town.submit(ONE, SHARED)
    town.submit(TWO, SHARED)
    town.office.settle(100)


def test_a_hit_is_shown_with_its_sentence_and_the_score(town: Town) -> None:
    both_with_one_paper(town)

    document = shown(town)

    assert [(hit["signal"], hit["stands"]) for hit in document["signals"]] == [("PR-01", "same")]
    assert document["route"] in ("yellow", "red")
    assert "系统提示需核查的疑点" in "".join(in_lines(document, now=False))


def test_a_hit_whose_paper_was_approved_later_is_shown_as_such(town: Town) -> None:
    both_with_one_paper(town)
    approved = {"register": "approved_document", "on": "2026-04-01", "title": "验收单", "reason": "全市统一的验收单"}
    town.act("office1", "enter_register", "office", approved)
    town.now = at("2026-04-02")

    document = shown(town)

    assert [(hit["stands"], hit["exempt"]) for hit in document["signals"]] == [("exempt", ["验收单.pdf"])]
    assert "认可的模板" in "".join(in_lines(document, now=False))
    assert shown(town, now=True)["signals"] == []


def test_looking_at_this_moment_keeps_nothing(town: Town) -> None:
    town.now = at("2026-04-10")

    document = shown(town, now=True)

    assert [hit["signal"] for hit in document["signals"]] == ["PR-16"]
    with town.office.read() as conn:
        assert conn.scalar(select(func.count()).select_from(signal_hits)) == 0


def test_what_nobody_entered_is_said_to_be_lacking(town: Town) -> None:
    town.now = at("2026-04-01")
    town.submit(ONE, SHARED, proof("管理办法.pdf", "REGULATION"))  # nobody has read it yet

    document = shown(town)

    assert document["unsure"]["PR-25"] == ["evidence_text"]
    assert any(line.startswith("不确定 PR-") for line in in_lines(document, now=False))


def test_a_list_is_shown_too_and_an_unknown_number_is_refused(town: Town) -> None:
    assert shown(town, ONE.rsplit("-", 1)[0])["signals"] == []
    with pytest.raises(Unknown):
        shown(town, "XC1999-001-001")
