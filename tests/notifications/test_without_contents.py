"""Mail is not for contents: number, kind, day and link, and of what is verified not even what it is about."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from config.messages import LANGUAGES, knows, say
from notifications.letters import FACTS, LetterBook, every_letter, shipped
from notifications.routing import LETTERS, OF_VERIFICATION

TITLE = "违规发放津贴补贴"
AT = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
WITHHELD = {
    "zh": re.compile("疑点|虚假|雷同|回访|回头看|再检查|抽样|抽查|现场|走访|约谈|通报批评|PR-[0-9]"),
    "en": re.compile(
        "suspicio|look-?back|spot.?check|on.?site|visit|sample|interview|circular|PR-[0-9]", re.IGNORECASE
    ),
}
CONTENT = ("detail", "comment", "reason", "amount", "measure", "evidence", "name", "unit", "opinion", "text")


def written(letter: str, language: str, **facts: Any) -> EmailMessage:
    book = LetterBook(shipped())
    sample = dict(book.sample_of(letter))
    items = [{**item, **facts} for item in sample.pop("items", ())]
    made = book.render(
        letter, language, "officer@example.org", sample | facts, items=items, message_id="a@example.org",
        sender="xiaohao@example.org", base="https://xiaohao.example.org", written_at=AT,
    )  # fmt: skip
    return message_from_bytes(made.content, policy=policy.default)


def everything(message: EmailMessage) -> str:
    parts = [part.get_content() for part in message.walk() if part.get_content_maintype() == "text"]
    return "\n".join([str(message["Subject"]), *parts])


every_letter_and_language = pytest.mark.parametrize(
    ("letter", "language"), [(letter, language) for letter in every_letter() for language in LANGUAGES]
)


def test_no_fact_that_a_letter_may_use_is_a_content_but_the_title() -> None:
    assert not [fact for fact in FACTS if any(word in fact for word in CONTENT)]


@every_letter_and_language
def test_a_letter_without_a_title_has_no_place_for_one(letter: str, language: str) -> None:
    message = written(letter, language, title="")

    assert TITLE not in everything(message)
    assert not re.search(r"标题|Title|[:：]\s*$", str(message["Subject"]))
    assert "标题：" not in everything(message)
    assert not re.search(r"^Title:", everything(message), re.MULTILINE)


@every_letter_and_language
def test_a_title_stands_in_a_subject_only_where_the_place_wants_it_and_nothing_is_verified(
    letter: str, language: str
) -> None:
    subject = str(written(letter, language, title=TITLE)["Subject"])

    assert not (TITLE in subject and letter in OF_VERIFICATION)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("letter", sorted(OF_VERIFICATION))
def test_what_is_verified_and_how_is_said_in_no_letter(letter: str, language: str) -> None:
    text = re.sub(r"https?://\S+", "", everything(written(letter, language, title="", post="某局负责人")))
    name = say(language, f"letter_name.{letter}")

    assert not WITHHELD[language].search(text), WITHHELD[language].findall(text)
    assert not WITHHELD[language].search(name), name


def test_every_letter_about_a_suspicion_or_a_visit_is_of_that_kind() -> None:
    about = re.compile("Suspicion|Signal|Recurrence|SecondReading|LookBack|Sampled|Campaign|Measures|Proposal")
    told = {one.letter for event, letters in LETTERS.items() if about.search(event) for one in letters}

    assert told == OF_VERIFICATION
    assert all(knows(f"letter_name.{letter}") for letter in told)


@every_letter_and_language
def test_no_link_of_a_letter_does_anything(letter: str, language: str) -> None:
    links = re.findall(r'https?://[^\s"<>]+', everything(written(letter, language, title="")))

    for link in links:
        assert re.fullmatch(r"https://xiaohao\.example\.org(/[A-Za-z0-9/-]*)?([?]year=[0-9]{4})?", link), (
            link
        )  # no token
        assert "/acts/" not in link
