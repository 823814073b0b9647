"""What the signals are given to read: a finding and its neighbours as they were known at a moment."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, insert, update

from cases.signals.snapshot import Exhibit, Snapshot
from persistence.database import Database
from persistence.sketches import refresh
from persistence.snapshots import reference_of, snapshot_of
from persistence.tables import evidence, finding_links, measures, register_entries, submissions, unit_names, units
from tests.bench.likeness import a_measure, edited
from tests.persistence.filed import enter, put_evidence
from tests.persistence.stock import NOW, a_finding, add_findings, found_city

MINE, THEIRS = 10, 11
LATER = NOW + timedelta(days=1)


@pytest.fixture
def conn(database: Database) -> Iterator[Connection]:
    """A city with a finding of bureau 2 and one of bureau 3."""
    with database.writing() as conn:
        found_city(conn)
        add_findings(conn, a_finding(MINE), a_finding(THEIRS, unit_id=3, unit_path="/1/3/"))
        yield conn


def look(conn: Connection, finding: int = MINE, **more: Any) -> Snapshot:
    """Let the index know of both findings and return what is seen a day later."""
    for id, unit in ((MINE, 2), (THEIRS, 3)):
        refresh(conn, id, unit)
    return snapshot_of(conn, finding, more.get("as_of", LATER))


def exhibit(conn: Connection, **more: Any) -> Exhibit:
    return look(conn, **more).exhibits[0]


def report(seed: int = 1, sentences: int = 6) -> str:
    rng = random.Random(seed)
    return "\n".join(a_measure(rng) for _ in range(sentences))


# --- texts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("percent", "found"), [(0, True), (5, True), (10, True), (50, False)])
def test_a_text_like_that_of_another_finding_is_seen(conn: Connection, percent: int, found: bool) -> None:
    put_evidence(conn, 500, MINE, text=report())
    put_evidence(conn, 501, THEIRS, text=edited(random.Random(2), report(), percent))

    assert [other.number for other in exhibit(conn).similar] == (["F-0000011"] if found else [])


def test_a_passage_of_the_likeness_is_quoted(conn: Connection) -> None:
    put_evidence(conn, 500, MINE, text=report())
    put_evidence(conn, 501, THEIRS, text=edited(random.Random(2), report(), 5))

    similar = exhibit(conn).similar[0]

    assert similar.ours.text == similar.theirs.text
    assert (similar.ours.place, similar.theirs.place, len(similar.ours.text)) == ("500.docx", "501.docx", 200)


def test_what_every_office_writes_makes_nothing_alike(conn: Connection) -> None:
    formulas = "现将有关情况报告如下\n按照市委巡察反馈意见的要求\n特此报告\n抄送：各科室\n联系人：张\n" * 8
    put_evidence(conn, 500, MINE, text=formulas + report(1, 1))
    put_evidence(conn, 501, THEIRS, text=formulas + report(2, 1))

    assert exhibit(conn).similar == ()


def test_one_official_document_filed_in_two_units_is_no_copy(conn: Connection) -> None:
    number = [("DOC_NO", "青政办|2026|5")]
    put_evidence(conn, 500, MINE, text=report(), facts=number)
    put_evidence(conn, 501, THEIRS, text=report() + "（扫描件）", facts=number)

    assert exhibit(conn).similar == ()


def test_an_approved_document_is_exempt_by_content_and_by_title(conn: Connection) -> None:
    put_evidence(conn, 500, MINE, sha256="a" * 64, text=report())
    put_evidence(conn, 502, MINE, filename="《公务接待管理办法》.docx", text=report(3))
    put_evidence(conn, 501, THEIRS, text=report())
    before = [one.exempt for one in look(conn).exhibits]
    enter(conn, "approved_document", title="统一模板", sha256="a" * 64, reason="全市统一")
    enter(conn, "approved_document", title="公务接待管理办法", reason="全市统一")

    seen = look(conn).exhibits

    assert before == [False, False]
    assert [(one.exempt, one.similar) for one in seen] == [(True, ()), (True, ())]


def test_what_an_approved_template_gave_to_both_proves_nothing(conn: Connection) -> None:
    form = report(9, 6)
    put_evidence(conn, 500, MINE, text=form + report(1, 2))
    put_evidence(conn, 501, THEIRS, text=form + report(2, 2))
    before = exhibit(conn).similar
    enter(conn, "approved_document", title="统一模板", text=form, reason="全市统一")

    assert before
    assert exhibit(conn).similar == ()


def test_parts_of_one_finding_have_the_same_papers_honestly(conn: Connection) -> None:
    put_evidence(conn, 500, MINE, sha256="a" * 64, text=report())
    put_evidence(conn, 501, THEIRS, sha256="a" * 64)
    link = {"id": 1, "from_id": MINE, "to_id": THEIRS, "at": NOW}
    before = exhibit(conn).elsewhere
    conn.execute(insert(finding_links), link | {"relation": "split"})

    assert [place.number for place in before] == ["F-0000011"]
    assert exhibit(conn).elsewhere == ()


def test_a_copied_measure_of_another_unit_is_seen(conn: Connection) -> None:
    told = a_measure(random.Random(5))
    for id, finding in ((1, MINE), (2, THEIRS)):
        conn.execute(insert(measures), {"id": id, "finding_id": finding, "seq": 1, "text": told})

    similar = look(conn).measures[0].similar

    assert [(other.number, other.unit_id, other.percent, other.joint) for other in similar] == [
        ("F-0000011", 3, 100, False)
    ]


# --- pictures -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("phash", "distance"), [("00000000000000ff", 2), ("000000000000ffff", None)])
def test_a_picture_that_looks_the_same_is_seen(conn: Connection, phash: str, distance: int | None) -> None:
    put_evidence(conn, 500, MINE, facts=[("PHASH", "00000000000000fc")])
    put_evidence(conn, 501, THEIRS, facts=[("PHASH", phash)])

    assert [near.distance for near in exhibit(conn).photos_near] == ([] if distance is None else [distance])


def test_of_ones_own_pictures_before_and_after_are_compared(conn: Connection) -> None:
    put_evidence(conn, 500, MINE, facts=[("PHASH", "00000000000000fc")], purpose="BASELINE")
    put_evidence(conn, 501, MINE, facts=[("PHASH", "00000000000000fd")])
    put_evidence(conn, 502, MINE, facts=[("PHASH", "00000000000000fe")])

    near = {one.id: [other.evidence_id for other in one.photos_near] for one in look(conn).exhibits}

    assert near == {500: [501, 502], 501: [500], 502: [500]}


# --- as of a moment -------------------------------------------------------------------------------------------------


def test_what_came_later_is_not_seen(conn: Connection) -> None:
    put_evidence(conn, 500, MINE, sha256="a" * 64, text=report())
    put_evidence(conn, 501, THEIRS, sha256="a" * 64, uploaded_at=LATER + timedelta(hours=1))
    put_evidence(conn, 502, THEIRS, text=report(), uploaded_at=LATER + timedelta(hours=1))
    put_evidence(conn, 503, MINE, uploaded_at=LATER + timedelta(hours=1))
    enter(conn, "spot_check", finding_id=MINE, entered_at=LATER + timedelta(hours=1), asked=5, mismatches=5)
    sent = {"finding_id": MINE, "cycle": 1, "person_id": 1, "completion": "完成", "measures_done": {}}
    conn.execute(insert(submissions), sent | {"id": 1, "at": LATER + timedelta(hours=1)})

    seen = look(conn)

    assert [(one.id, one.elsewhere, one.similar) for one in seen.exhibits] == [(500, (), ())]
    assert (seen.spot_checks, seen.completion) == ((), "")


def test_what_was_withdrawn_later_is_still_seen(conn: Connection) -> None:
    put_evidence(conn, 500, MINE, sha256="a" * 64)
    put_evidence(conn, 501, THEIRS, sha256="a" * 64)
    conn.execute(update(evidence).values(withdrawn_at=LATER + timedelta(hours=1)))

    seen = snapshot_of(conn, MINE, LATER)

    assert [[place.number for place in one.elsewhere] for one in seen.exhibits] == [["F-0000011"]]
    assert snapshot_of(conn, MINE, LATER + timedelta(hours=2)).exhibits == ()


def test_a_withdrawn_row_of_a_register_speaks_no_more(conn: Connection) -> None:
    entry = enter(conn, "spot_check", finding_id=MINE, asked=5, mismatches=2)
    before = look(conn).spot_checks
    conn.execute(update(register_entries).where(register_entries.c.id == entry).values(withdrawn_at=LATER))

    assert [check.mismatches for check in before or ()] == [2]
    assert look(conn, as_of=LATER).spot_checks == ()


# --- names and accounts ---------------------------------------------------------------------------------------------


def test_names_of_ones_own_tree_are_own_and_those_of_others_foreign(conn: Connection) -> None:
    known = {"kind": "inspected", "valid_from": date(2020, 1, 1)}
    below = {"id": 20, "parent_id": 2, "path": "/1/2/20/", "name": "青山镇水利站", "short_name": "青山水利站"}
    other = {"id": 30, "parent_id": 3, "path": "/1/3/30/", "name": "红旗乡卫生院", "short_name": "红旗卫生院"}
    office = {"id": 40, "parent_id": 1, "path": "/1/40/", "name": "巡察工作办公室", "short_name": "巡察办"}
    conn.execute(insert(units), [known | below, known | other, known | office | {"kind": "inspecting"}])
    before = {"id": 1, "unit_id": 2, "name": "青山水利水电局", "short_name": "水电局", "valid_from": date(2000, 1, 1)}
    conn.execute(insert(unit_names), before | {"valid_until": date(2019, 12, 31)})
    enter(conn, "organisation", name="外县交通运输局", short_names="外县交通局")

    names = look(conn).names

    assert {"市委", "局2", "青山镇水利站", "青山水利水电局", "巡察工作办公室"} <= names.own
    assert {"红旗乡卫生院", "红旗卫生院", "外县交通运输局"} <= names.foreign
    assert not names.own & names.foreign


def test_units_that_rectify_together_may_name_each_other(conn: Connection) -> None:
    known = {"kind": "inspected", "valid_from": date(2020, 1, 1), "parent_id": 1, "path": "/1/30/"}
    conn.execute(insert(units), known | {"id": 30, "name": "红旗乡卫生院", "short_name": "红旗卫生院"})
    before = look(conn).names
    enter(conn, "particulars", finding_id=MINE, co_units="红旗乡卫生院")

    assert "红旗乡卫生院" in before.foreign
    assert "红旗乡卫生院" in look(conn).names.own


@pytest.mark.parametrize(
    ("written", "payee", "whose"),
    [
        ("treasury", "", "treasury"),
        ("6222", "", "collective"),
        ("6333", "", "own"),
        ("市国库支付中心", "", "treasury"),
        ("非税收入专户", "", "non_tax"),
        ("7777", "局2基本户", "own"),
        ("7777", "某公司", ""),
    ],
)
def test_whose_an_account_is_follows_from_number_word_or_holder(
    conn: Connection, written: str, payee: str, whose: str
) -> None:
    enter(conn, "account", number="6222", holder="村经济合作社", belongs="collective")
    enter(conn, "account", number="6333", holder="局2", belongs="other")
    enter(conn, "recovery", finding_id=MINE, amount="100.00", payer="某人", account=written, payee=payee)

    assert [refund.account for refund in look(conn).recoveries or ()] == [whose]


def test_what_the_superior_paid_around_a_refund_is_seen(conn: Connection) -> None:
    enter(conn, "recovery", finding_id=MINE, amount="2000000.00", payer="某公司", account="treasury")
    for unit in (1, 2, 3):
        enter(conn, "payment", unit_id=unit, amount=f"{unit}.00", payee="某公司", purpose="借款")
    enter(conn, "payment", unit_id=1, at=NOW - timedelta(days=90), amount="9.00", payee="某公司", purpose="借款")

    assert [paid.amount for paid in look(conn).payments or ()] == [Decimal(1), Decimal(2)]  # not the other bureau's


def test_an_appointment_elsewhere_of_somebody_dealt_with_is_seen(conn: Connection) -> None:
    enter(conn, "person_action", finding_id=MINE, person="原局长", kind="dismissal")
    for person in ("原局长", "别人"):
        enter(conn, "appointment", unit_id=3, person=person, title="副局长", kind="promoted")

    seen = look(conn)

    assert [(one.person, one.title) for one in seen.appointments or ()] == [("原局长", "副局长")]


# --- not known ------------------------------------------------------------------------------------------------------


def test_a_file_that_nobody_read_has_no_facts_and_one_without_any_has_none(conn: Connection) -> None:
    put_evidence(conn, 500, MINE, text="已整改")
    put_evidence(conn, 501, MINE)

    assert [(one.text, one.facts) for one in look(conn).exhibits] == [("已整改", ()), (None, None)]


def test_what_only_an_on_site_look_can_tell_is_not_known(conn: Connection) -> None:
    seen = look(conn)

    assert (seen.needs_on_site, seen.location, seen.fund, seen.claimed_amount) == (None, None, "", None)


def test_a_shared_reference_sees_the_same(conn: Connection) -> None:
    put_evidence(conn, 500, MINE, text=report())
    put_evidence(conn, 501, THEIRS, text=report())
    alone = look(conn)

    assert snapshot_of(conn, MINE, LATER, reference_of(conn, LATER)) == alone
