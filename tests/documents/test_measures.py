import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.measures import split_measures


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
        ("", ()),
    ],
)
def test_measures_are_split_as_people_number_them(text: str, measures: tuple[str, ...]) -> None:
    assert split_measures(text) == measures


@given(
    parts=st.lists(st.text("甲乙丙丁戊己庚辛，", min_size=1, max_size=12).filter(str.strip), min_size=2, max_size=12),
    mark=st.sampled_from(["{}.", "{}、", "({})", "（{}）"]),
    end=st.sampled_from(["；", "。", "\n"]),
)
def test_numbered_measures_come_back_in_their_order(parts: list[str], mark: str, end: str) -> None:
    text = end.join(f"{mark.format(n)}{part}" for n, part in enumerate(parts, 1))

    assert [measure.strip("。") for measure in split_measures(text)] == parts
