"""What is nearly the same is found among many, and the index follows what becomes of the findings."""

import random
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, insert, select, update

from cases.likeness import bare
from persistence import minhash, sketches
from persistence.database import Database
from persistence.sketches import Sketch, near, refresh, renewal
from persistence.tables import bands, evidence, findings, measures
from persistence.tables import sketches as drawings
from tests.bench.likeness import a_measure, edited
from tests.persistence.filed import put_evidence
from tests.persistence.stock import NOW, a_finding, add_findings, found_city

LEAST = 35


@pytest.fixture
def conn(database: Database) -> Iterator[Connection]:
    with database.writing() as conn:
        found_city(conn)
        yield conn


def put(conn: Connection, finding: int, *texts: str, unit: int = 2) -> None:
    """Put down a finding with a measure for each text, and let the index know; its measures are 100, 101, …"""
    add_findings(conn, a_finding(finding, unit_id=unit, unit_path=f"/1/{unit}/"))
    rows = [{"id": finding * 100 + n, "finding_id": finding, "seq": n, "text": text} for n, text in enumerate(texts)]
    conn.execute(insert(measures), rows)
    refresh(conn, finding, unit)


def owners(conn: Connection, text: str, *, least: int = LEAST) -> list[int]:
    return [other.owner_id for other in near(conn, Sketch("measure", 0, text=text), least=least)]


def of_measures(many: int, seed: int = 7) -> list[str]:
    rng = random.Random(seed)
    return [a_measure(rng) for _ in range(many)]


# --- found ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("percent", "least"), [(5, 0.98), (10, 0.98), (20, 0.93)])
def test_a_copy_is_found_though_some_of_it_was_written_anew(conn: Connection, percent: int, least: float) -> None:
    told, rng = of_measures(400), random.Random(percent)
    for n in range(20):
        put(conn, 10 + n, *told[n * 20 : n * 20 + 20])

    found = sum(
        (10 + n // 20) * 100 + n % 20 in owners(conn, edited(rng, text, percent)) for n, text in enumerate(told)
    )

    assert found / len(told) >= least


def test_what_was_half_written_anew_is_another_text(conn: Connection) -> None:
    told, rng = of_measures(20), random.Random(1)
    put(conn, 10, *told)

    assert [owners(conn, edited(rng, text, 50), least=45) for text in told] == [[]] * 20


def test_the_nearest_comes_first_and_oneself_is_left_out(conn: Connection) -> None:
    told, rng = of_measures(1)[0], random.Random(2)
    put(conn, 10, edited(rng, told, 10))
    put(conn, 11, told, edited(rng, told, 5))

    found = near(conn, Sketch("measure", 1100, text=told), least=LEAST)

    assert [other.owner_id for other in found] == [1101, 1000]


def test_a_form_that_thousands_share_hides_no_real_copy(conn: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sketches, "MOST_CANDIDATES", 40)
    monkeypatch.setattr(sketches, "MOST_IN_A_BAND", 50)
    sketches._sharing.cache_clear()
    rng = random.Random(3)
    form = "本单位已按照要求召开专题会议研究部署整改工作明确责任领导和责任人并将整改完成情况报送办公室备案具体做法是"
    filled = [form + "".join(rng.choices(a_measure(rng), k=40)) for _ in range(600)]
    for n in range(30):
        put(conn, 10 + n, *filled[n * 20 : n * 20 + 20])
    copied = filled[555][:-4] + "另有说明"

    found = near(conn, Sketch("measure", 0, text=copied), least=LEAST)
    sketches._sharing.cache_clear()

    assert found[0].owner_id == (10 + 555 // 20) * 100 + 555 % 20


def test_the_same_short_line_is_no_copy(conn: Connection) -> None:
    put(conn, 10, "追缴租金")

    assert conn.execute(select(bands)).all() == []


def test_spaces_marks_and_width_change_nothing(conn: Connection) -> None:
    told = of_measures(1)[0]
    put(conn, 10, told)

    assert owners(conn, " ".join(told.replace("，", ",").replace("；", "\n")), least=100) == [1000]


def test_the_estimate_is_near_the_truth() -> None:
    rng = random.Random(4)
    for text in of_measures(60):
        other = edited(rng, text, 20)
        ours, theirs = ({bare(t)[i : i + 5] for i in range(len(bare(t)) - 4)} for t in (text, other))
        truth = 100 * len(ours & theirs) / len(ours | theirs)
        signed = minhash.signature(bare(text))
        assert abs(minhash.likenesses(signed, [minhash.signature(bare(other))])[0] - truth) < 20


# --- pictures ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flipped", [(), (0,), (0, 16, 32, 48, 17, 33), (1, 2, 3, 4, 5, 6)])
def test_a_picture_is_found_at_six_bits(conn: Connection, flipped: tuple[int, ...]) -> None:
    phash = 0x9F3C_5A17_E402_8BD6
    put_picture(conn, 10, f"{phash:016x}")
    asked = phash
    for bit in flipped:
        asked ^= 1 << bit

    found = near(conn, Sketch("photo", 0, phash=f"{asked:016x}"), least=6)

    assert [(other.finding_id, other.score) for other in found] == [(10, len(flipped))]


def test_a_picture_of_seven_bits_is_another_one(conn: Connection) -> None:
    put_picture(conn, 10, "0" * 16)

    assert near(conn, Sketch("photo", 0, phash=f"{0b1111111:016x}"), least=6) == []


def put_picture(conn: Connection, finding: int, phash: str) -> None:
    add_findings(conn, a_finding(finding))
    put_evidence(conn, finding, finding, facts=[("PHASH", phash)])
    refresh(conn, finding, 2)


# --- kept up to date ------------------------------------------------------------------------------------------------


def test_a_changed_measure_is_found_by_its_new_words_only(conn: Connection) -> None:
    old, new = of_measures(2)
    put(conn, 10, old)

    conn.execute(update(measures).where(measures.c.id == 1000).values(text=new))
    refresh(conn, 10, 2)

    assert (owners(conn, old), owners(conn, new)) == ([], [1000])
    assert len(conn.execute(select(bands)).all()) == minhash.BANDS["measure"]


def test_nothing_is_written_where_nothing_changed(conn: Connection) -> None:
    put(conn, 10, *of_measures(3))

    assert refresh(conn, 10, 2) == 0


def test_withdrawn_evidence_leaves_the_index(conn: Connection) -> None:
    add_findings(conn, a_finding(10))
    told = "。".join(of_measures(4))
    put_evidence(conn, 500, 10, text=told)
    refresh(conn, 10, 2)
    asked = Sketch("evidence", 0, text=told)
    before = near(conn, asked, least=90)

    conn.execute(update(evidence).values(withdrawn_at=NOW))
    refresh(conn, 10, 2)

    assert [other.owner_id for other in before] == [500]
    assert near(conn, asked, least=90) == []
    assert conn.execute(select(bands)).all() == []


def test_a_transferred_finding_stands_with_its_new_unit(conn: Connection) -> None:
    told = of_measures(1)[0]
    put(conn, 10, told)

    conn.execute(update(findings).where(findings.c.id == 10).values(unit_id=3, unit_path="/1/3/"))
    refresh(conn, 10, 3)

    assert [other.unit_id for other in near(conn, Sketch("measure", 0, text=told), least=90)] == [3]


def test_measures_and_evidence_are_not_compared_with_each_other(conn: Connection) -> None:
    told = of_measures(1)[0]
    put(conn, 10, told)

    assert near(conn, Sketch("evidence", 0, text=told), least=1) == []


def test_two_that_draw_the_same_finding_at_once_leave_one_sketch(conn: Connection) -> None:
    add_findings(conn, a_finding(10))
    conn.execute(insert(measures), [{"id": 1000, "finding_id": 10, "seq": 0, "text": of_measures(1)[0]}])
    first, second = renewal(conn, 10, 2), renewal(conn, 10, 2)

    for statement, rows in [*first, *second]:
        conn.execute(statement, rows)

    (drawn,) = conn.execute(select(drawings)).all()
    assert set(conn.scalars(select(bands.c.sketch_id))) == {drawn.id}
    assert len(conn.execute(select(bands)).all()) == minhash.BANDS["measure"]
