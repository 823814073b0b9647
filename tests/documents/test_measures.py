from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.written_dates import read_date
from documents.measures import deadlines_in, split_measures


@pytest.mark.parametrize(
    ("text", "measures"),
    [
        ("1.清理合同。2.重新公开发包。", ("清理合同。", "重新公开发包。")),
        ("1、清退2.5万元;2、2025.3.31前公示", ("清退2.5万元", "2025.3.31前公示")),
        ("（1）倒排工期,2025年6月14日开工;（2）10月1日开园运营。", ("倒排工期,2025年6月14日开工", "10月1日开园运营。")),
        ("一是规范程序。二是处理人员,是否到位另行核查。", ("规范程序。", "处理人员,是否到位另行核查。")),
        ("①制定计划 ②每月学习 ③督查通报", ("制定计划", "每月学习", "督查通报")),
        ("（一）修订制度\n（二）组织培训", ("修订制度", "组织培训")),
        ("第一，自查；第二，整改", ("自查", "整改")),
        ("１．自查\n２．整改", ("自查", "整改")),
        ("自查\n\n整改", ("自查", "整改")),
        ("整改措施：1.自查 2.整改", ("整改措施：自查", "整改")),
        ("完善谈话提醒制度,每季度开展一次检查。", ("完善谈话提醒制度,每季度开展一次检查。",)),
        ("落实第一议题制度，2025.1.2前完成", ("落实第一议题制度，2025.1.2前完成",)),
        ("1.于2025年6月底前清退；2.2025年9月30日前建账", ("于2025年6月底前清退", "2025年9月30日前建账")),
        ("", ()),
    ],
)
def test_measures_are_split_as_people_number_them(text: str, measures: tuple[str, ...]) -> None:
    assert split_measures(text) == measures


@given(
    day=st.dates(date(1991, 1, 1), date(2099, 12, 31)),
    spelling=st.sampled_from(["{0.year}年{0.month}月{0.day}日", "{0.year}.{0.month}.{0.day}", "{0:%Y-%m-%d}"]),
    frame=st.sampled_from(["完善制度，{}前完成", "于{}之前清退到位", "{}前，完成整改。", "组织培训（{}以前落实）"]),
)
def test_a_promised_day_is_found_in_any_sentence_as_it_is_written(day: date, spelling: str, frame: str) -> None:
    (written,) = deadlines_in((frame.format(spelling.format(day)),))

    assert read_date(written).on == day


@given(
    parts=st.lists(st.text("甲乙丙丁戊己庚辛，", min_size=1, max_size=12).filter(str.strip), min_size=2, max_size=12),
    mark=st.sampled_from(["{}.", "{}、", "({})", "（{}）"]),
    end=st.sampled_from(["；", "。", "\n"]),
)
def test_numbered_measures_come_back_in_their_order(parts: list[str], mark: str, end: str) -> None:
    text = end.join(f"{mark.format(n)}{part}" for n, part in enumerate(parts, 1))

    assert [measure.strip("。") for measure in split_measures(text)] == parts


@pytest.mark.parametrize(
    ("measure", "days"),
    [
        ("对合同全面清理，于2025年6月底前完成", ("2025年6月底前",)),
        ("二〇二五年六月三十日之前收回欠款", ("二〇二五年六月三十日之前",)),
        ("2025年6月30日前完成清退，2025.9.30前建立制度", ("2025年6月30日前", "2025.9.30前")),
        ("2025年12月31日前完成，2025年12月31日前公示", ("2025年12月31日前",)),
        ("清退2018年12月31日前发放的补贴", ()),
        ("核查2020年1月1日以前形成的欠款", ()),
        ("投入2.5万元，每月前往现场3次", ()),
        ("目前已完成", ()),
    ],
)
def test_only_a_day_for_which_something_is_promised_is_a_deadline(measure: str, days: tuple[str, ...]) -> None:
    assert deadlines_in((measure,)) == days
