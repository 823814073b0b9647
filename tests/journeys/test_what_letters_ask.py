"""Every letter to every reader, in every state that a case passes: what it asks for, its reader can do then and there.

What he can do is what the page that the letter leads to offers him: open tasks on his desk, and acts that his rights
and the state of the case allow. What a letter asks for is read from its words, not from the table that put them there.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any

import pytest
from sqlalchemy import select, update

from cases.events import Event
from cases.rights import READERS
from notifications.letters import ASKS, every_letter
from notifications.routing import LETTERS
from persistence.outbox import Claimed, Owed
from persistence.people import load_actor
from persistence.tables import accounts, instances, outbox, people
from tasks.attempts import put_down, tell_of_failures
from tasks.deliver import House as Sender
from tasks.deliver import written
from tasks.engine_room import InstanceFault
from tasks.letters import ADMINISTRATORS, owed
from tasks.office import Answer, Office
from tasks.patrols.run import run_patrol
from tasks.sign_in import Session
from tasks.work import CLOCK, Work
from tests.support import city as cities
from tests.tasks.group import call, ready, record
from tests.tasks.test_sampling import assign, draw
from tests.tasks.test_undecided import suspect
from tests.web.city import City
from tests.web.visitor import Visitor
from web.house import House
from web.seeing import Room, Seen, seeing
from web.signed_in import Person
from xiaohao.demonstration import demo_users

ANYTHING = "anything"  # some task of the reader
ASKING = {
    "zh": re.compile("(?<![申提])请|由您(?:决定|核定|办理|签收|提交|复核)"),
    "en": re.compile(r"[Pp]lease|you decide|for you to"),
}
MEANT: Mapping[str, Mapping[str, frozenset[str]]] = {
    "zh": {
        "等待您办理": frozenset({ANYTHING}),
        "并办理": frozenset({ANYTHING}),
        "尽快办理": frozenset({ANYTHING}),
        "接续办理。": frozenset({ANYTHING}),
        "签收": frozenset({"sign_receipt", "accept_finding"}),
        "报送": frozenset({"submit_plan"}),
        "重新提交": frozenset({"submit_rectification"}),
        "提交整改材料": frozenset({"submit_rectification"}),
        "报告进展": frozenset({"report_progress"}),
        "作出说明": frozenset({"reply_to_signal"}),
        "系统核定": frozenset({"decide_suspicion"}),
        "转办": frozenset({"hand_over"}),
        "催办。": frozenset({"urge"}),
        "写明看法": frozenset({"read_second"}),
        "第二人复核": frozenset({"read_second"}),
        "决定": frozenset({"decide_proposal", "open_campaign"}),
        "作出安排": frozenset({"open_campaign"}),
        "如实记录": frozenset({"record_sampled"}),
        "办理核查事项": frozenset({"record_sampled"}),
        "参加会议": frozenset(),
        "核对后复核": frozenset({"confirm_paper_decision"}),
        "复核线下决定": frozenset({"confirm_paper_decision"}),
        "系统查看": frozenset(),  # the page opens
        "勿直接回复": frozenset(),
    },
    "en": {
        "to do it": frozenset({ANYTHING}),
        "do it without delay": frozenset({ANYTHING}),
        "go on with it": frozenset({ANYTHING}),
        "receipt": frozenset({"sign_receipt"}),
        "to confirm it": frozenset({"sign_receipt"}),
        "accept it": frozenset({"accept_finding"}),
        "hand in the rectification plan": frozenset({"submit_plan"}),
        "hand the plan in again": frozenset({"submit_plan"}),
        "submit again": frozenset({"submit_rectification"}),
        "submit the rectification": frozenset({"submit_rectification"}),
        "report the progress": frozenset({"report_progress"}),
        "to explain it": frozenset({"reply_to_signal"}),
        "decide it": frozenset({"decide_suspicion"}),
        "hand the task": frozenset({"hand_over"}),
        "urge the verifiers": frozenset({"urge"}),
        "say what you found": frozenset({"read_second"}),
        "you decide": frozenset({"decide_proposal"}),
        "see the grounds and decide": frozenset({"decide_proposal"}),
        "for you to decide": frozenset({"open_campaign"}),
        "to arrange it": frozenset({"open_campaign"}),
        "record what you find": frozenset({"record_sampled"}),
        "attend to a matter under verification": frozenset({"record_sampled"}),
        "open the scan and confirm": frozenset({"confirm_paper_decision"}),
        "sign in to see": frozenset(),
        "sign in to read": frozenset(),
        "sign in, see": frozenset(),
        "do not reply to it": frozenset(),
    },
}
"""Words of letters and which acts would do what they ask for, one of them at least; none: the page has to open."""

UNTOLD = frozenset({"receipt_waits", "task_waits"})  # a particular one goes out in their place, or nothing waits

FACTS: Mapping[str, object] = {"rung": "urge", "since": "2026-04-01", "days": "5", "times": "1"}
"""What an event may say for its letter."""


def requests(text: str, language: str) -> Iterator[tuple[frozenset[str], str]]:
    """Yield (acts, sentence) for each thing that a letter asks of its reader."""
    for sentence in re.findall(r"[^。；！\n.;]+(?:[。；！\n.;]|$)", text):
        if ASKING[language].search(sentence):
            meant = [acts for phrase, acts in MEANT[language].items() if phrase in sentence]
            assert meant, f"nobody knows what this asks for: {sentence}"
            yield from ((acts, sentence.strip()) for acts in meant)


@dataclass
class Pages:
    """What the pages of a city offer to each person now."""

    city: City
    offered: dict[tuple[int, str], set[str]] = field(default_factory=dict)

    @cached_property
    def house(self) -> House:
        """The rooms behind the pages."""
        found: House = self.city.app().state.house
        return found

    def offers(self, person_id: int, link: str) -> set[str]:
        """Return the acts that the page of a case offers; Unknown is raised where it does not open."""
        if (person_id, link) not in self.offered:
            _, room, number = link.split("/")
            self.offered[person_id, link] = self._seen(person_id, "findings" if room == "findings" else "lists", number)
        return self.offered[person_id, link]

    def _seen(self, person_id: int, room: Room, number: str) -> set[str]:
        office = self.city.office
        with office.read() as conn:
            actor = load_actor(conn, person_id, self.city.today)
        session = Session("", 0, person_id, "", "", must_change=False)
        with seeing(self.house, Person(actor, session, self.city.today), room, number) as seen:
            return {offer.act for offer in seen.mine() + seen.beside()} | ({ANYTHING} if _works(seen) else set())


def _works(seen: Seen) -> bool:
    return bool(seen.mine())


class Reading:
    """Reads letters as their readers do, and keeps what was asked of whom."""

    def __init__(self, city: City) -> None:
        self.city = city
        self.pages = Pages(city)
        self.complaints: list[str] = []
        self.asked: set[tuple[str, str]] = set()  # (letter, fact)
        self.told: set[tuple[str, str]] = set()  # (letter, role)
        self._texts: dict[Any, list[tuple[frozenset[str], str]]] = {}

    def read(self, letter: str, role: str, person_id: int, facts: Mapping[str, Any], case_id: int | None) -> None:
        """Check one letter, in both languages."""
        self.told.add((letter, role))
        self.asked |= {(letter, fact) for fact in ASKS if facts.get(fact)}
        offers = self.pages.offers(person_id, str(facts["link"]))
        for acts, sentence in self._requests(letter, facts, case_id):
            if acts and not acts & offers:
                self.complaints.append(f"{letter} to {role} ({person_id}): {sentence}")

    def _requests(self, letter: str, facts: Mapping[str, Any], case_id: int | None) -> list[tuple[frozenset[str], str]]:
        marks = tuple((name, bool(facts.get(name))) for name in sorted(ASKS | {"doer"}))
        if (letter, marks) not in self._texts:
            found: list[tuple[frozenset[str], str]] = []
            for language in ("zh", "en"):
                row = Claimed(
                    1, case_id, letter, "", 1, "li@linjiang.example", language, facts, self.city.office.now(), 1
                )
                with self.city.office.read() as conn:
                    made = written(self.city.office, conn, row, Sender())
                found += requests(f"{made.subject}\n{made.text}", language)
            self._texts[letter, marks] = found
        return self._texts[letter, marks]


# --- every letter to every role, whatever state the case is in ----------------------------------------------------


ROLES = sorted(READERS)
OF_THE_OFFICE = frozenset({"campaign_due", "sample_assigned", "meeting_called", "sheet_waits"})
"""Letters about no case: they lead to pages of their own."""

OF_CASES = {
    kind: told
    for kind, told in LETTERS.items()
    if not any(one.letter in OF_THE_OFFICE or ADMINISTRATORS in one.roles for one in told)
}


def letters_of(city: City, number: str) -> Iterator[Owed]:
    """Yield what would be owed now on a case if each event of the table happened, told to every role that reads.

    It is thought through and never written.
    """
    now = city.office.now()
    with city.office.read() as conn:
        work = Work(city.office, conn, CLOCK, "test", at=now, recorded_at=now, given={})
        case = work.finding_or_list(number)
        for kind in OF_CASES:
            work.record(case, Event(kind, {**FACTS, **({"holders": []} if kind == "Urged" else {"roles": ROLES})}))
        yield from owed(work)
        case.events, case.tasks, case.tasks_new = [Event("ReadAgain")], [], case.tasks  # as if this act opened them
        yield from owed(work)


def behind_pages(made: cities.City) -> City:
    """Return *made*, by its own clock, behind pages."""
    return City(made.office, made.attachments, made.passwords, made.url, made.files)


def read_all(city: City, *numbers: str) -> Reading:
    """Read every letter that the cases *numbers* could owe now."""
    reading = Reading(city)
    for number in numbers:
        for one in letters_of(city, number):
            if one.person_id is not None:
                reading.read(one.letter, one.role, one.person_id, one.facts, one.case_id)
    return reading


def suspected(city: City) -> str:
    """Let a finding be submitted on minutes alone."""
    return suspect(city, 1)


def confirmed(city: City) -> str:
    """Let its suspicions be found established, so that measures are proposed and a new cycle begins."""
    number = suspected(city)
    city.hearing(number).go_on(city.today)
    city.office.settle(100)
    return number


def returned(city: City) -> str:
    """Let the responsible leader return what was submitted."""
    number = city.numbers[1]
    city.submit(number)
    city.review(number, "returned")
    return number


def claimed(city: City) -> str:
    """Let somebody take the verification on himself, so that it is nobody else's."""
    number = city.numbers[0]
    city.act("verifier2", "claim_task", number)
    return number


def without_handler(city: City) -> str:
    """Close the handler's account, so that his chief stands in."""
    with city.office.read() as conn:
        account = conn.scalar(select(accounts.c.id).where(accounts.c.login == "u11handler"))
    city.act("secadmin1", "disable_account", "office", account=str(account))
    return city.numbers[0]


def without_address(city: City) -> str:
    """Take the handler's address away: his tasks stay with him, his chief reads what is written to him."""
    person = city.actor("u11handler").person_id
    city.change(update(people).where(people.c.id == person).values(email=None))
    city.take_as_proved()
    return city.numbers[0]


STATES: Mapping[str, tuple[str, Callable[[City], str]]] = {
    "issued": ("issued", lambda city: city.numbers[0]),
    "rectifying": ("rectifying", lambda city: city.numbers[0]),
    "verifying": ("verifying", lambda city: city.numbers[0]),
    "signing": ("signing", lambda city: city.numbers[0]),
    "signed off": ("signed_off", lambda city: city.numbers[0]),
    "returned": ("rectifying", returned),
    "suspected": ("rectifying", suspected),
    "confirmed": ("rectifying", confirmed),
    "claimed": ("verifying", claimed),
    "without a handler": ("issued", without_handler),
    "without an address": ("rectifying", without_address),
}


@pytest.mark.parametrize("state", STATES)
def test_no_letter_asks_its_reader_for_what_he_cannot_do(state: str, sqlite_city: Callable[[str], cities.City]) -> None:
    stage, bring = STATES[state]
    city = behind_pages(sqlite_city(stage))
    city.go_on()
    number = bring(city)

    reading = read_all(city, number, city.list_number)

    assert reading.complaints == []
    assert {letter for letter, _ in reading.told} >= {one.letter for told in OF_CASES.values() for one in told} - UNTOLD


# --- the letters that really go out ---------------------------------------------------------------------------------


class ReadAtOnce(Office):
    """An office whose letters are read in the moment in which they are owed."""

    reading: Reading
    newest: int = 0

    def transact(self, *given: Any, **more: Any) -> Answer:
        """Do what is asked, then read what it owes."""
        answer = super().transact(*given, **more)
        with self.read() as conn:
            new = conn.execute(select(outbox).where(outbox.c.id > self.newest).order_by(outbox.c.id)).all()
        self.reading.pages.offered.clear()
        for row in new:
            self.newest = row.id
            self.reading.read(row.letter, row.role, row.person_id, row.facts, row.case_id)
        return answer


@pytest.fixture
def read_at_once(sqlite_city: Callable[[str], cities.City]) -> tuple[City, Reading]:
    """A city before anything was done, whose letters are read at once."""
    city = behind_pages(sqlite_city("registered"))
    office = ReadAtOnce(city.office.database, city.office.keyring, now=cities.stands_at(cities.NOON))
    city.office = office
    office.reading = Reading(city)
    return city, office.reading


def test_the_letters_of_a_long_way_ask_for_what_can_be_done(read_at_once: tuple[City, Reading]) -> None:
    city, reading = read_at_once
    first, second, third = city.issue(cities.KINDS, due_on=cities.DUE_ON)
    for number in (first, second, third):
        city.accept(number)
    city.submit_plan()
    city.review_plan(*cities.REVIEWERS[:-1])
    city.review_plan(cities.REVIEWERS[-1], verdict="returned")
    city.submit_plan()
    city.review_plan()
    city.office.settle(100)
    confirmed(city)
    city.act("office1", "urge", first, text="请尽快报送整改材料。")
    city.bring(first, "verify_rectification")
    city.verify(first, "returned")
    city.go_to(cities.DUE_ON + timedelta(days=5))
    for number in (first, third):
        assert city.finding(number).overdue_since, number
    asked = {letter for letter, _ in reading.asked}

    assert reading.complaints == []
    assert asked >= {
        "feedback_given", "feedback_notice", "finding_issued", "finding_overdue", "measures_proposed", "paper_signal",
        "plan_returned", "receipt_waits", "rectification_returned", "task_waits", "urged",
    }  # fmt: skip


# --- pages of the house -----------------------------------------------------------------------------------------------


def pages_of(city: City, letter: str) -> Iterator[str]:
    """Yield the page to which each reader of *letter* is led, as he sees it; asked for or told of, it opens."""
    rows = city.ask(
        select(outbox.c.facts, accounts.c.login)
        .join(accounts, accounts.c.person_id == outbox.c.person_id)
        .where(outbox.c.letter == letter, accounts.c.login.in_([user.login for user in demo_users()]))
    )
    visitors = {login: Visitor(city, login) for _, login in rows}
    for facts, login in rows:
        assert all(value == "1" for name, value in facts.items() if name in ASKS), (login, facts)
        page = visitors[login].get(facts["link"])
        assert page.status_code == 200, (login, facts["link"])
        yield page.text


FORMS = {
    "campaign_due": "open_campaign",
    "calendar_missing": "edit_calendar",
    "case_faulted": "repair_case",
    "sheet_waits": "confirm_paper_decision",
}
"""What stands on the page of the house to which a letter leads."""

LED = (*FORMS, "sample_assigned", "meeting_called", "failures_stand", "nobody_reads")


def after_the_end(city: City) -> None:
    """Let a sample be drawn, a case be faulted, and a campaign and next year's notice of holidays be due."""
    assign(city, draw(city))
    own = city.id_of(city.list_number)
    (running,) = city.column(select(instances.c.id).where(instances.c.case_id == own))
    city.office.mark_faulted(InstanceFault(running, own, "SealBroken: made by a test"))
    city.go_to("2027-02-01")
    for name in ("campaigns", "deadlines"):
        run_patrol(city.office, name, city.office.now(), "clock")


def before_the_group(city: City) -> None:
    """Let a sheet be recorded and a meeting be called, something fail, and a letter find no reader."""
    first, second = ready(city)
    record(city, [first])
    call(city, [second], number="临巡领〔2026〕8号")
    put_down(city.office, "messages", "1", ValueError("made by a test"), city.office.now())
    tell_of_failures(city.office, city.office.now())
    without = accounts.c.login.startswith("u11") | accounts.c.login.startswith("office")
    city.change(update(people).where(people.c.id.in_(select(accounts.c.person_id).where(without))).values(email=None))
    city.take_as_proved()
    city.act("office1", "urge", city.numbers[2], text="请尽快报送整改材料。")


@pytest.mark.parametrize(
    ("stage", "happens", "letters"),
    [
        ("signed_off", after_the_end, {"campaign_due", "calendar_missing", "case_faulted", "sample_assigned"}),
        ("group_signing", before_the_group, {"sheet_waits", "meeting_called", "failures_stand", "nobody_reads"}),
    ],
)
def test_what_letters_of_the_office_ask_for_stands_on_their_pages(
    stage: str, happens: Callable[[City], None], letters: set[str], sqlite_city: Callable[[str], cities.City]
) -> None:
    city = behind_pages(sqlite_city(stage))
    city.go_on()

    happens(city)

    for letter in letters:
        pages = list(pages_of(city, letter))
        assert pages, letter
        assert all(f'value="{FORMS[letter]}"' in page for page in pages if letter in FORMS), letter


def test_no_letter_is_left_out() -> None:
    """The digest says what the letters say that it stands for."""
    of_cases = {one.letter for told in OF_CASES.values() for one in told}

    assert {*of_cases, *LED, "digest"} == set(every_letter())
