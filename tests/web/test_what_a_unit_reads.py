"""What is looked for, and how, is read by nobody who could write around it; what is missing is told in time."""

from collections.abc import Callable

import pytest

from cases.signals import SIGNALS
from cases.signals.own_view import QUESTIONS, TOLD, own_quotes
from config.messages import knows, say
from persistence.tables import signal_hits
from tests.support import city as cities
from tests.support.hearing import LOOKED_AT
from tests.web.city import City, token_of, with_pages
from tests.web.visitor import Visitor

FACTS = {
    "count": 1, "files": "a.pdf", "findings": "XC2026-777-001", "names": "甲公司", "percent": 93, "why": "regulation",
}  # fmt: skip


@pytest.fixture
def city(sqlite_city: Callable[[str], cities.City]) -> City:
    made = sqlite_city("rectifying")
    made.submit(made.numbers[0])
    made.office.settle(100)
    return with_pages(made)


def suspect(city: City, *signals: str) -> str:
    """Put grave hits on the first finding and let it be looked at, so that a hearing opens."""
    number = city.numbers[0]
    rows = [
        {
            "id": place, "finding_id": city.id_of(number), "cycle": 1, "signal": signal, "rule_version": "1",
            "severity": "HIGH", "parameters": "x", "facts": FACTS, "fingerprint": signal,
            "quotes": [{"text": f"{signal}的原文", "place": "别处"}, {"text": "他处原文", "place": "别处"}],
            "raised_at": city.office.now(),
        }
        for place, signal in enumerate(signals, 50)
    ]  # fmt: skip
    for row in rows:
        city.change(signal_hits.insert().values(row))
    city.take_as_proved()
    city.act("verifier1", "decide_signal", number, signal="50", verdict="confirmed", comment=LOOKED_AT)
    return number


def read_by(city: City, login: str, number: str) -> str:
    """Return everything that *login* can read of a finding: pages, forms, JSON."""
    visitor, headers = Visitor(city, login), {"Authorization": f"Bearer {token_of(login)}"}
    forms = [f"/findings/{number}/acts/{act}" for act in ("give_statement", "reply_to_signal", "answer_facts")]
    pages = [visitor.get(path).text for path in (f"/findings/{number}", f"/desk?case={number}", "/mailbox", *forms)]
    api = [
        visitor.get(f"/api/v1{path}", headers=headers).text
        for path in (f"/findings/{number}", f"/findings/{number}/events", "/letters", "/tasks")
    ]
    return "\n".join((*pages, *api))


def test_every_signal_is_either_told_or_stands_for_a_question_of_fact() -> None:
    assert TOLD | set(QUESTIONS) == set(SIGNALS)
    assert not TOLD & set(QUESTIONS)
    for topic in {*QUESTIONS.values(), "doubt"}:
        for language in ("zh", "en"):
            assert knows(f"suspicion_question.{topic}")
            assert not [one for one in SIGNALS if one in say(language, f"suspicion_question.{topic}")]
    assert not any(own_quotes(signal, [{"text": "x", "place": "y"}]) for signal in QUESTIONS)


def test_the_unit_reads_questions_and_neither_signal_nor_passage(city: City) -> None:
    hidden = sorted(QUESTIONS)
    number = suspect(city, *hidden)
    city.hearing(number).state().examine().second()

    for login in ("u11leader", "u11chief", "u11handler"):
        seen = read_by(city, login, number)
        assert number in seen
        for signal in hidden:
            assert signal not in seen, (login, signal)
            assert say("zh", f"signal_name.{signal}") not in seen, (login, signal)
        assert "的原文" not in seen
        assert "他处原文" not in seen
        assert "XC2026-777-001" not in seen
        assert LOOKED_AT not in seen  # how they examined is theirs
    outside = read_by(city, "office1", number)
    assert all(signal in outside for signal in hidden)
    assert LOOKED_AT in outside


def test_in_a_hearing_the_unit_is_asked_about_the_facts(city: City) -> None:
    number = suspect(city, "PR-12", "PR-01")

    form = Visitor(city, "u11leader").get(f"/findings/{number}/acts/give_statement").text

    assert say("zh", "suspicion_question.money") in form
    assert say("zh", "suspicion_question.origin") in form
    assert say("zh", "suspicion_question.people") not in form


def test_what_is_missing_in_its_own_papers_the_unit_is_told(city: City) -> None:
    number = suspect(city, "PR-09")

    seen = read_by(city, "u11handler", number)

    assert say("zh", "signal_name.PR-09") in seen
    assert "PR-09的原文" in seen


def test_a_doubt_is_put_to_the_unit_as_a_question(city: City) -> None:
    number = city.numbers[0]
    city.bring(number, "verify_rectification")
    city.verify(number, "false")

    form = Visitor(city, "u11leader").get(f"/findings/{number}/acts/give_statement").text

    assert say("zh", "suspicion_question.doubt") in form
