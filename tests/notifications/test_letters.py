"""Every letter in every language, as agreed in ``golden/``; ``UPDATE_GOLDEN=1`` writes them anew to be read."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.messages import LANGUAGES
from notifications.letters import (
    FactRefused,
    HeaderRefused,
    Letter,
    LetterBook,
    TemplateRefused,
    UnknownLetter,
    every_letter,
    message_id,
    shipped,
    shipped_letters,
)
from notifications.routing import LETTERS, WITHOUT_EVENT, once_per_person, told_of

GOLDEN = Path(__file__).parent / "golden"
FACTS = {
    "number": "F-1",
    "title": "会议费报销附件不全",
    "deadline": "",
    "link": "/findings/F-1",
    "post": "责任领导",
    "works": "1",
}


def render(
    letter: str = "task_waits",
    facts: Mapping[str, str] = FACTS,
    *,
    recipient: str = "li@example.org",
    language: str = "zh",
    items: Sequence[Mapping[str, str]] = (),
    book: LetterBook | None = None,
) -> Letter:
    return (book or shipped_letters()).render(
        letter,
        language,
        recipient,
        facts,
        items=items,
        message_id=message_id(7, "example.org"),
        sender="xiaohao@example.org",
        base="https://xiaohao.example.org/",
        written_at=datetime(2026, 11, 20, 1, 30, tzinfo=UTC),
    )


def read(letter: Letter) -> EmailMessage:
    return message_from_bytes(letter.content, policy=policy.default)


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def book_with(**texts: str) -> LetterBook:
    """The shipped letters with some texts of ``task_waits`` in Chinese replaced."""
    changed = {f"letters/task_waits/zh/{name.replace('_', '.')}": text.encode() for name, text in texts.items()}
    return LetterBook({**shipped(), **changed})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("letter", every_letter())
def test_a_letter_reads_as_agreed(letter: str, language: str) -> None:
    message = read(shipped_letters().preview(letter, language))
    headers = "".join(f"{name}: {value}\n" for name, value in message.items())
    written = f"{headers}\n{part(message, 'plain')}\n{part(message, 'html')}"
    golden = GOLDEN / f"{letter}.{language}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(written, "utf-8")

    assert written == golden.read_text("utf-8")
    assert message.defects == []


def test_no_agreed_letter_is_left_over() -> None:
    agreed = {golden.name for golden in GOLDEN.iterdir()}

    assert agreed == {f"{letter}.{language}.txt" for letter in every_letter() for language in LANGUAGES}


def test_a_letter_is_complete_for_a_mail_server() -> None:
    content = render().content

    assert content.isascii()
    assert content.count(b"\n") == content.count(b"\r\n") == content.count(b"\r")
    assert all(len(line) <= 76 for line in content.split(b"\r\n") if not line.startswith(b"Content-Type"))
    assert not any(line.startswith(b".") for line in content.split(b"\r\n"))
    assert b"Auto-Submitted: auto-generated\r\n" in content
    assert b"Message-ID: <letter-7@example.org>\r\n" in content
    assert b"Date: Fri, 20 Nov 2026 09:30:00 +0800\r\n" in content


def test_the_same_letter_twice_is_the_same_to_the_last_byte() -> None:
    assert render().content == render().content


def test_an_unknown_language_reads_chinese() -> None:
    assert render(language="fr").subject == render(language="zh").subject


def test_a_day_is_printed_in_the_language_of_the_letter() -> None:
    facts = FACTS | {"deadline": "2026-12-31"}

    assert "期限：2026年12月31日" in render(facts=facts).text
    assert "Deadline: 31 December 2026" in render(facts=facts, language="en").text


def test_what_was_counted_without_a_notice_of_holidays_says_so() -> None:
    facts = FACTS | {"rung": "supervise_letter", "reply_by": "2027-02-18", "estimated": "reply_by"}

    assert "2027年2月18日（预估）" in render("ladder_notice", facts).text
    assert "18 February 2027 (estimated)" in render("ladder_notice", facts, language="en").text
    assert "预估" not in render("ladder_notice", facts | {"estimated": ""}).text


def test_an_unfixed_deadline_leaves_no_empty_line() -> None:
    assert "期限" not in render().text


def test_a_rung_is_named_as_the_office_names_it() -> None:
    facts = FACTS | {"reply_by": ""}

    assert "挂牌督办" in render("ladder_notice", facts | {"rung": "key_supervision"}).subject
    assert "黄牌" in render("ladder_notice", facts | {"rung": "黄牌"}).subject


@pytest.mark.parametrize(
    "change",
    [
        {"clue": "举报人姓名"},
        {"evidence": "付款凭证"},
        {"deadline": "年底"},
        {"link": "https://elsewhere.example/"},
        {"link": "//elsewhere.example/"},
        {"link": "/\\elsewhere.example/"},
        {"link": "javascript:alert(1)"},
        {"link": ""},
        {"number": 7},
    ],
)
def test_what_may_not_leave_by_mail_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(FactRefused):
        render(facts=FACTS | change)


@pytest.mark.parametrize("missing", sorted(FACTS))
def test_a_missing_fact_is_refused(missing: str) -> None:
    with pytest.raises(FactRefused, match=missing):
        render(facts={name: value for name, value in FACTS.items() if name != missing})


def test_a_letter_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownLetter):
        render("love_letter")


@pytest.mark.parametrize(
    "recipient",
    [
        "",
        "li",
        "li@example.org, zhang@example.org",
        "li@example.org;zhang@example.org",
        "li@example.org\r\nBcc: zhang@example.org",
        "li@example.org\n",
        "Li <li@example.org>",
        "li@example.org zhang@example.org",
        "li@@example.org",
        "@example.org",
        "li@-example.org",
        "李@example.org",
    ],
)
def test_a_field_holds_one_plain_address(recipient: str) -> None:
    with pytest.raises(HeaderRefused):
        render(recipient=recipient)


def test_no_header_breaks_into_another() -> None:
    letter = render()

    with pytest.raises(HeaderRefused):
        replace(letter, message_id="a@b>\r\nBcc: c@d")
    with pytest.raises(HeaderRefused):
        replace(letter, sender="a@b\r\nBcc: c@d")
    with pytest.raises(HeaderRefused):
        replace(letter, subject="待办\r\nBcc: c@d")


@given(st.text(max_size=300))
def test_no_title_can_write_a_header_or_a_tag(title: str) -> None:
    message = read(render(facts=FACTS | {"title": "报销" + title}))
    harmless = read(render())

    assert message.keys() == harmless.keys()
    assert message["To"] == "li@example.org"
    assert message.defects == []
    assert tags_of(part(message, "html")) == tags_of(part(harmless, "html"))


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=200))
def test_a_title_arrives_as_it_was_written(title: str) -> None:
    letter = render(facts=FACTS | {"title": title})

    assert f"标题：{title}\n" in part(read(letter), "plain")
    assert read(letter)["Subject"] == letter.subject
    assert letter.subject.endswith(title)


class Tags(HTMLParser):
    """Collects the names of the tags of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)


def tags_of(html: str) -> list[str]:
    tags = Tags()
    tags.feed(html)
    return tags.seen


@pytest.mark.parametrize(
    "text",
    [
        "{{ number.__class__ }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ number * 1000000000 }}",
        "{{ range(1000000000) }}",
        "{{ number|upper }}",
        "{% for item in items %}{% for item in items %}{% endfor %}{% endfor %}",
        "{% for item in number %}{% endfor %}",
        "{% for item in items recursive %}{% endfor %}",
        "{% include 'finding_issued/zh/body.txt' %}",
        "{% extends 'finding_issued/zh/body.txt' %}",
        "{% extends number %}",
        "{% set number = title %}",
        "{% macro m() %}{% endmacro %}",
        "{{ self }}",
        "{{ clue }}",
        "{% for item in items %}{{ item.clue }}{% endfor %}",
        "{{ number",
    ],
)
def test_a_text_that_does_more_than_letters_do_is_refused(text: str) -> None:
    with pytest.raises(TemplateRefused, match=r"task_waits/zh/body\.txt"):
        book_with(body_txt=text)


def test_frames_cannot_go_round_in_circles() -> None:
    with pytest.raises(TemplateRefused, match="a frame extends nothing"):
        LetterBook({**shipped(), "letters/frame.zh.txt": b"{% extends 'frame.en.txt' %}"})


@pytest.mark.parametrize("sample", [b"{", b"[]", b"\xff"])
def test_a_sample_that_is_none_is_refused(sample: bytes) -> None:
    book = LetterBook({**shipped(), "letters/task_waits/sample.json": sample})

    with pytest.raises(TemplateRefused, match="task_waits/sample"):
        book.preview("task_waits", "zh")


def test_a_text_in_another_encoding_is_refused() -> None:
    with pytest.raises(TemplateRefused, match="task_waits/zh/body"):
        LetterBook({**shipped(), "letters/task_waits/zh/body.txt": "待办".encode("gb18030")})


def test_an_office_may_write_its_own_text() -> None:
    book = book_with(
        subject_txt="{{ number }} 待办", body_txt="{% if deadline %}{{ deadline }}{% else %}尽快{% endif %}"
    )

    assert render(book=book).subject == "F-1 待办"
    assert render(book=book).text == "尽快"


def test_a_sample_holds_what_its_letter_says_and_nothing_more() -> None:
    for letter in every_letter():
        sample = shipped_letters().sample_of(letter)
        items = sample.pop("items", ())
        for missing in sample:
            with pytest.raises(FactRefused):
                render(letter, {name: value for name, value in sample.items() if name != missing}, items=items)


def test_a_signal_is_never_an_accusation() -> None:
    text = shipped_letters().preview("paper_signal", "zh").text

    assert "系统提示" in text
    assert not any(word in text for word in ("造假", "虚假", "违纪", "问责"))


def test_every_event_is_told_by_a_letter_that_exists() -> None:
    letters = {told.letter for each in LETTERS.values() for told in each}

    assert letters | WITHOUT_EVENT == set(every_letter())
    assert all(told.roles for each in LETTERS.values() for told in each)


def test_an_event_that_nobody_needs_to_hear_of_is_told_to_nobody() -> None:
    assert told_of("DraftKept") == ()


def test_nobody_is_told_twice_of_one_act() -> None:
    owed = [("task_waits", 1), ("finding_issued", 1), ("task_waits", 2), ("task_waits", 2), ("receipt_waits", 2)]

    assert once_per_person(owed) == (("finding_issued", 1), ("task_waits", 2))
