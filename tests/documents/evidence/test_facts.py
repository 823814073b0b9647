"""Whatever a text holds, facts are found without harm and stand where they say."""

from datetime import date
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.evidence_facts import FactKind
from documents.evidence.facts import MOST_OF_A_KIND, facts_in
from documents.evidence.properties import facts_of_properties
from documents.evidence.text import Part, Table, Whole

PIECES = st.sampled_from(
    ["2026年4月10日", "2026-13-40", "〔2026〕", "号", "元", "万元", "12.6",
     "《", "》", "xx", "年 月 日", "党委会议", "同意", "\n",
     "抄送：",
     "停发", "起", "人", "各", "：", "第", "3个", "月", "¥", "１２３", "壹万元整", "　", "经"]
)  # fmt: skip
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=6)), max_size=40).map("".join)


@given(st.lists(TEXTS, max_size=5))
def test_every_fact_of_any_text_stands_where_it_says(texts: list[str]) -> None:
    whole = Whole(tuple(Part(f"¶{n}", text) for n, text in enumerate(texts, 1)))
    for fact in facts_in(whole, (), "x.txt"):
        assert whole.text[fact.start : fact.end] == fact.written or fact.place == "filename"
        if fact.kind in (FactKind.DOC_DATE, FactKind.STOP_ON, FactKind.MEETING_ON, FactKind.SIGNED_ON):
            date.fromisoformat(fact.value)


@given(
    st.lists(
        st.lists(st.one_of(st.text(max_size=5), st.sampled_from(["金额（万元）", "1.5", "-3"])), max_size=5), max_size=9
    )
)
def test_any_table_can_be_looked_at(rows: list[list[str]]) -> None:
    table = Table("表", rows, sheet=True)
    facts_in(Whole(tuple(table.cells())), (table,), "x.xlsx")


@given(st.sampled_from(["created", "modified", "photo_time", "photo_gps"]), st.text(max_size=30))
def test_any_property_is_understood_or_left_out(name: str, value: str) -> None:
    facts_of_properties([(name, value, "properties")])


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("D:20260410093000+08'00'", "2026-04-10T01:30:00Z"),
        ("D:20260410093000Z", "2026-04-10T09:30:00Z"),
        ("D:20260410", "2026-04-09T16:00:00Z"),  # no zone: made here
        ("2026-04-10T01:30:00Z", "2026-04-10T01:30:00Z"),
    ],
)
def test_a_moment_of_a_file_is_understood(written: str, moment: str) -> None:
    (fact,) = facts_of_properties([("created", written, "properties")])
    assert (fact.value, fact.written) == (moment, written)


def test_the_day_under_the_name_is_the_documents_own_and_not_one_in_an_annex() -> None:
    lines = ["办法", "自2026年1月1日起施行。", "江城大学", "2026年4月10日", "附件：旧办法", "2019年5月6日"]
    whole = Whole(tuple(Part(f"¶{n}", text) for n, text in enumerate(lines, 1)))
    assert [f.value for f in facts_in(whole, (), "x") if f.kind is FactKind.DOC_DATE] == ["2026-04-10"]


@pytest.mark.parametrize("nasty", ["一" * 100_000, "2026年" * 20_000, "各" * 60_000, "经会议" * 25_000, "1," * 40_000])
def test_a_hostile_text_takes_no_longer_than_a_long_one(nasty: str) -> None:
    began = process_time()
    facts = facts_in(Whole((Part("¶1", nasty),)), (), "x")
    assert process_time() - began < 20
    assert len(facts) <= MOST_OF_A_KIND * len(FactKind)
