"""疑点: the cards of a finding with their passages side by side, and the queue of what waits for a decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from difflib import SequenceMatcher
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy import ColumnElement, Row, func, select

from cases.moments import shanghai_date, start_of_day
from cases.refusals import NotPermitted
from cases.sign_off import BLOCKING
from cases.signals import SIGNALS
from cases.signals.own_view import PAIRED, TOLD, own_facts, own_quotes, questions_of
from cases.signals.snapshot import SEVERITIES
from config.messages import knows, say
from config.signal_words import signal_sentence
from persistence.tables import (
    findings,
    open_tasks,
    people,
    signal_hints,
    signal_hits,
    signal_replies,
    suspicions,
    units,
)
from persistence.visibility import visible_findings
from tasks.case import FindingCase
from tasks.hearing import HEARD
from tasks.suspicion import VERIFY
from web import pages
from web.house import TheHouse
from web.seeing import Seen, clockwork_of
from web.signed_in import SignedIn, page_router
from web.typed import whole

router = page_router()

SHORTEST_RUN = 4  # characters that two passages share before they are marked
LONGEST_SHOWN = 600
PAGE = 50
AGES = (5, 15, 30)  # days
ICONS: Mapping[str, str] = {"CRITICAL": "⬤", "HIGH": "▲", "MEDIUM": "◆", "LOW": "○"}

Piece = tuple[bool, str]  # whether the run stands on both sides, and the run
H, F = signal_hits.c, findings.c


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage with its place; *pieces* mark what it shares with its neighbour."""

    place: str
    pieces: Sequence[Piece]


@dataclass(frozen=True, slots=True)
class Card:
    """One suspicion as a person may see it."""

    hit: Row[Any]
    icon: str
    sentence: str
    pairs: Sequence[tuple[Passage, Passage]]
    passages: Sequence[Passage]
    replies: Sequence[Row[Any]]
    decider: str

    @property
    def blocks(self) -> bool:
        """Whether it stands in the way of a sign-off."""
        return self.hit.decision is None and self.hit.severity in BLOCKING


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What a page of a finding shows of its suspicions; *unsure*: (name, what is missing), for those outside."""

    now: Sequence[Card]
    earlier: Sequence[Card]
    score: Row[Any] | None
    unsure: Sequence[tuple[str, str]]
    hinted: Sequence[tuple[str, datetime]]
    outside: bool
    questions: Sequence[str] = ()  # of fact, put to the unit in place of what it is not told; keys of the catalogue

    def __bool__(self) -> bool:
        return bool(self.now or self.earlier or self.unsure or self.questions)


def suspicion_of(seen: Seen) -> Suspicion | None:
    """Return the suspicions of a finding; None for a list."""
    if not isinstance(seen.case, FindingCase):
        return None
    every = seen.conn.execute(select(signal_hits).where(H.finding_id == seen.case.id).order_by(H.id)).all()
    rows = [row for row in every if seen.from_outside or row.signal in TOLD]
    replies = _replies(seen, [row.id for row in rows])
    names = _names(seen, {row.decided_by for row in rows if row.decided_by})
    cards = [_card(seen, row, replies.get(row.id, []), names) for row in rows]
    cycle = seen.case.finding.cycle
    score = seen.conn.execute(
        select(suspicions).where(suspicions.c.case_id == seen.case.id, suspicions.c.cycle == cycle)
    ).one_or_none()
    return Suspicion(
        now=_gravest_first(card for card in cards if card.hit.cycle == cycle),
        earlier=_gravest_first(card for card in cards if card.hit.cycle != cycle),
        score=score if seen.from_outside else None,
        unsure=_unsure(seen.person.language, score.unsure) if score is not None and seen.from_outside else (),
        hinted=_hinted(seen, cycle),
        outside=seen.from_outside,
        questions=() if seen.from_outside else _questions(seen, every),
    )


def _questions(seen: Seen, rows: Sequence[Row[Any]]) -> Sequence[str]:
    """Return the questions of fact that the unit is asked where it is heard about what it is not told."""
    assert isinstance(seen.case, FindingCase)
    if not any(task.act in HEARD for task in seen.case.tasks):
        return ()
    own = {running.id: running.process_id for running in seen.case.live}
    doubted = any(task.act in HEARD and own.get(task.instance_id) != VERIFY for task in seen.case.tasks)
    waiting = [row.signal for row in rows if row.cycle == seen.case.finding.cycle and row.decision is None]
    return [*(["doubt"] if doubted else []), *questions_of(waiting)]


def _gravest_first(cards: Any) -> list[Card]:
    return sorted(cards, key=lambda c: (c.hit.decision is not None, -SEVERITIES.index(c.hit.severity), c.hit.signal))


def _card(seen: Seen, row: Row[Any], replies: Sequence[Row[Any]], names: Mapping[int, str]) -> Card:
    language, outside = seen.person.language, seen.from_outside
    facts = row.facts if outside else own_facts(row.facts)
    quotes = row.quotes if outside else own_quotes(row.signal, row.quotes)
    paired = row.signal in PAIRED and outside
    return Card(
        hit=row,
        icon=ICONS[row.severity],
        sentence=signal_sentence(language, row.signal, facts),
        pairs=[side_by_side(language, ours, theirs) for ours, theirs in zip(quotes[::2], quotes[1::2], strict=False)]
        if paired
        else (),
        passages=()
        if paired
        else [Passage(_place(language, q["place"]), [(False, _words(language, q["text"]))]) for q in quotes],
        replies=replies,
        decider=names.get(row.decided_by, "") if outside else "",
    )


def side_by_side(language: str, ours: Mapping[str, str], theirs: Mapping[str, str]) -> tuple[Passage, Passage]:
    """Return two passages with the runs marked that stand in both."""
    a, b = ours["text"][:LONGEST_SHOWN], theirs["text"][:LONGEST_SHOWN]
    runs = [r for r in SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks() if r.size >= SHORTEST_RUN]
    return (
        Passage(_place(language, ours["place"]), _pieces(a, [(r.a, r.size) for r in runs])),
        Passage(_place(language, theirs["place"]), _pieces(b, [(r.b, r.size) for r in runs])),
    )


def _pieces(text: str, runs: Sequence[tuple[int, int]]) -> list[Piece]:
    pieces: list[Piece] = []
    done = 0
    for start, size in runs:
        pieces += [(False, text[done:start]), (True, text[start : start + size])]
        done = start + size
    return [piece for piece in [*pieces, (False, text[done:])] if piece[1]]


def _place(language: str, place: str) -> str:
    """Return a place in words; rules name measures by number and parts of the dossier by a key."""
    if place.isdecimal():
        return say(language, "suspicion.measure", number=place) if place != "0" else say(language, "suspicion.detail")
    return _words(language, place)


def _words(language: str, text: str) -> str:
    """Return a passage, the codes of the rules said in words where it consists of them."""
    keys = [f"signal_why.{code.lower()}" for code in text.split("、")]
    return say(language, "web.list_comma").join(say(language, key) for key in keys) if all(map(knows, keys)) else text


def _replies(seen: Seen, hits: Sequence[int]) -> dict[int, list[Row[Any]]]:
    query = (
        select(signal_replies, people.c.name.label("who"))
        .outerjoin(people, people.c.id == signal_replies.c.person_id)
        .where(signal_replies.c.hit_id.in_(hits))
        .order_by(signal_replies.c.id)
    )
    found: dict[int, list[Row[Any]]] = {}
    for row in seen.conn.execute(query):
        found.setdefault(row.hit_id, []).append(row)
    return found


def _names(seen: Seen, ids: set[int]) -> dict[int, str]:
    return dict(seen.conn.execute(select(people.c.id, people.c.name).where(people.c.id.in_(ids))).tuples().all())


def _unsure(language: str, unsure: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    comma = say(language, "web.list_comma")
    return [
        (
            f"{signal} {say(language, f'signal_name.{signal}')}",
            comma.join(say(language, key) if knows(key := f"signal_lacks.{one}") else one for one in lacks),
        )
        for signal, lacks in sorted(unsure.items())
    ]


def _hinted(seen: Seen, cycle: int) -> list[tuple[str, datetime]]:
    query = select(signal_hints.c.signals, signal_hints.c.at).where(
        signal_hints.c.finding_id == seen.case.id, signal_hints.c.cycle == cycle
    )
    comma = say(seen.person.language, "web.list_comma")
    rows = seen.conn.execute(query.order_by(signal_hints.c.id)).all()
    shown = [([one for one in row.signals if seen.from_outside or one in TOLD], row.at) for row in rows]
    return [(comma.join(signals), at) for signals, at in shown]


# --- the queue ------------------------------------------------------------------------------------------------------


@router.get("/suspicions")
def queue(request: Request, house: TheHouse, person: SignedIn) -> Response:
    """Show the suspicions of all findings that a person outside may see, newest first."""
    if not person.may("decide_signal"):
        raise NotPermitted(act="decide_signal")
    asked = {name: value for name, value in request.query_params.items() if value and name in _ASKED}
    with house.office.read() as conn:
        conditions = [
            *_conditions(asked, person.today),
            visible_findings(person.actor),
            _outside(person.actor.home_paths),
        ]
        query = (
            select(signal_hits, F.number, F.title, F.unit_id, units.c.short_name, open_tasks.c.due_on.label("due"))
            .join(findings, F.id == H.finding_id)
            .join(units, units.c.id == F.unit_id)
            .outerjoin(open_tasks, (open_tasks.c.case_id == F.id) & (open_tasks.c.act == "decide_suspicion"))
            .where(*conditions)
        )
        total = conn.scalar(select(func.count()).select_from(signal_hits).join(findings).where(*conditions))
        if (after := whole(asked.get("after"))) is not None:
            query = query.where(H.id < after)
        rows = conn.execute(query.order_by(H.id.desc()).limit(PAGE + 1)).all()
        seen_units = select(F.unit_id).join(signal_hits, H.finding_id == F.id).where(visible_findings(person.actor))
        unit_rows = conn.execute(
            select(units.c.id, units.c.short_name).where(units.c.id.in_(seen_units)).order_by(units.c.path)
        ).all()
        clockwork = clockwork_of(house, conn, person)
    shown = rows[:PAGE]
    more = {**asked, "after": str(shown[-1].id)} if len(rows) > PAGE else None
    return pages.show(
        request,
        "suspicions.html",
        rows=[_line(person.language, row, person.today, clockwork) for row in shown],
        total=total,
        asked=dict.fromkeys(_ASKED, "") | asked,
        severities=[one for one in reversed(SEVERITIES) if one != "LOW"],
        signals=list(SIGNALS),
        units=unit_rows,
        ages=AGES,
        next=f"/suspicions?{urlencode(more)}" if more else "",
    )


_ASKED = frozenset({"severity", "signal", "unit", "state", "age", "after"})


def _conditions(asked: Mapping[str, str], today: date) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        H.decision.is_not(None) if asked.get("state") == "decided" else H.decision.is_(None)
    ]
    if asked.get("state") != "decided":
        found.append(H.cycle == F.cycle)  # what was left open by a cycle that ended waits for nobody
    if asked.get("severity") in SEVERITIES:
        found.append(H.severity == asked["severity"])
    if asked.get("signal") in SIGNALS:
        found.append(H.signal == asked["signal"])
    if (unit := whole(asked.get("unit"))) is not None:
        found.append(F.unit_id == unit)
    if (age := whole(asked.get("age"))) in AGES:
        assert age is not None
        found.append(H.raised_at < start_of_day(today - timedelta(days=age)))
    return found


def _outside(homes: Sequence[str]) -> ColumnElement[bool]:
    """Leave out the units that are a person's own: people of a unit read their suspicions on the finding."""
    own = {home[: end + 1] for home in homes for end, letter in enumerate(home) if letter == "/" and end}
    return F.unit_path.not_in(sorted(own))


def _line(language: str, row: Row[Any], today: date, clockwork: Any) -> dict[str, Any]:
    grave = row.severity in BLOCKING and row.decision is None
    return {
        "row": row,
        "icon": ICONS[row.severity],
        "sentence": signal_sentence(language, row.signal, row.facts),
        "days": (today - shanghai_date(row.raised_at)).days,
        "urgency": clockwork.show(row.due) if grave and row.due else None,
        "due": row.due if grave else None,
    }
