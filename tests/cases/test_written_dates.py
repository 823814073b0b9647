from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cases.finding import Kind
from cases.written_dates import EARLIEST, LATEST, WrittenDate, read_date, read_kind, read_serial
from config.messages import knows

FEEDBACK = date(2025, 2, 25)
DAYS = st.dates(EARLIEST, LATEST)


def chinese(number: int) -> str:
    """12 -> 十二"""
    digits = "零一二三四五六七八九"
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else digits[tens] + "十") + (digits[ones] if ones else "")


SPELLINGS = (
    lambda d: f"{d.year}年{d.month}月{d.day}日",
    lambda d: f"{d.year}年{d.month:02}月{d.day:02}日前",
    lambda d: f"{d.year}.{d.month}.{d.day}",
    lambda d: f"{d.year}-{d.month:02}-{d.day:02}",
    lambda d: f" {d.year}/{d.month}/{d.day} ",
    lambda d: f"{d:%Y%m%d}",
    lambda d: f"{d.isoformat()} 00:00:00",
    lambda d: f"{d.year}年{d.month}月{d.day}日前完成".translate(str.maketrans("0123456789", "０１２３４５６７８９")),
    lambda d: (
        "".join("〇一二三四五六七八九"[int(c)] for c in str(d.year)) + f"年{chinese(d.month)}月{chinese(d.day)}日"
    ),
    lambda d: "".join("○一二三四五六七八九"[int(c)] for c in str(d.year)) + f"年{chinese(d.month)}月{chinese(d.day)}号",
)


@given(day=DAYS, spelling=st.sampled_from(SPELLINGS))
def test_every_full_spelling_of_a_day_is_that_day(day: date, spelling: object) -> None:
    assert callable(spelling)
    assert read_date(spelling(day)) == WrittenDate(day)


@given(day=DAYS)
def test_a_serial_number_is_its_day_in_both_calendars(day: date) -> None:
    assert read_serial(float((day - date(1899, 12, 30)).days)) == WrittenDate(day)
    assert read_serial((day - date(1904, 1, 1)).days + 0.5, since_1904=True) == WrittenDate(day)


@given(year=st.integers(1990, 2100), month=st.integers(1, 12))
def test_the_end_of_a_month_is_its_last_day_and_a_bare_month_is_none(year: int, month: int) -> None:
    end = read_date(f"{year}年{month}月底前").on

    assert end is not None
    assert (end + timedelta(1)).day == 1
    assert (end.year, end.month) == (year, month)
    assert read_date(f"{year}年{month}月") == WrittenDate(doubt="month_without_day")


@pytest.mark.parametrize(
    ("text", "on", "kind"),
    [
        ("二○二五年十月底前", date(2025, 10, 31), None),
        ("2023年二季度末", date(2023, 6, 30), None),
        ("2025年底前并长期坚持", date(2025, 12, 31), Kind.CONTINUOUS),
        ("立行立改，2025年3月底前", date(2025, 3, 31), Kind.IMMEDIATE),
        ("2025年内", date(2025, 12, 31), None),
        ("25/03/2024", date(2024, 3, 25), None),
        ("2025年3月1日至6月30日", date(2025, 6, 30), None),
        ("反馈之日起3个月内", date(2025, 5, 25), None),
        ("立行立改", None, Kind.IMMEDIATE),
        ("长期坚持", None, Kind.CONTINUOUS),
        ("立行立改并长期坚持", None, Kind.CONTINUOUS),
        ("", None, None),
        ("/", None, None),
    ],
)
def test_what_is_clear_is_understood_without_a_question(text: str, on: date | None, kind: Kind | None) -> None:
    assert read_date(text, feedback_on=FEEDBACK) == WrittenDate(on, kind)


@pytest.mark.parametrize(
    ("text", "doubt", "on"),
    [
        ("2025年6月", "month_without_day", None),
        ("2025.6", "month_without_day", None),
        ("2025年6月中旬", "month_without_day", None),
        ("2025年", "year_without_day", None),
        ("2025年二季度", "quarter_without_day", None),
        ("3月5日", "year_missing", None),
        ("05/03/2024", "day_or_month_first", None),
        ("3个月内", "term_without_start", None),
        ("原2025.6.30，延至2025.9.30", "several_dates", None),
        ("待定", "not_a_date", None),
        ("二季度末", "year_from_feedback", date(2025, 6, 30)),
        ("年底前", "year_from_feedback", date(2025, 12, 31)),
        ("1月底前", "year_from_feedback", date(2026, 1, 31)),
        ("25年3月31日", "two_digit_year", date(2025, 3, 31)),
        ("2025年12月31日（班子成员）", "more_than_a_date", date(2025, 12, 31)),
        ("45356", "serial_as_text", date(2024, 3, 5)),
    ],
)
def test_what_is_ambiguous_is_asked(text: str, doubt: str, on: date | None) -> None:
    assert read_date(text, feedback_on=FEEDBACK) == WrittenDate(on, doubt=doubt)
    assert knows(f"intake.{doubt}")


@pytest.mark.parametrize("text", ["2024-02-30", "2024.13.1", "1900-01-00", "2025年6月31日", "2025年13月底", "2月30日"])
def test_a_day_that_does_not_exist_is_impossible(text: str) -> None:
    assert read_date(text) == WrittenDate(impossible=True)


@pytest.mark.parametrize("number", [0, 1, 59, 60, 61, -5, 1e12, 3e6])
def test_a_number_that_is_no_deadline_is_impossible(number: float) -> None:
    assert read_serial(number) == WrittenDate(impossible=True)


@given(text=st.text("0123456789年月日底前季度末.-/一二十○ 至内个", max_size=14))
@example("99999年99月")
@example("0000年0月0日")
@example("9999年12月31日起9999年内")
def test_no_text_breaks_the_reader(text: str) -> None:
    read = read_date(text, feedback_on=FEEDBACK)

    assert read.on is None or EARLIEST <= read.on <= LATEST
    assert read.doubt is None or knows(f"intake.{read.doubt}")


def test_kinds_of_inspection_and_audit_are_one_family() -> None:
    assert [read_kind(text) for text in ("立行立改", "限期整改", "分阶段整改", "持续整改", "长期整改", "其他")] == [
        Kind.IMMEDIATE,
        Kind.PHASED,
        Kind.PHASED,
        Kind.CONTINUOUS,
        Kind.CONTINUOUS,
        None,
    ]
