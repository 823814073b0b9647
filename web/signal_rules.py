"""疑点规则: the rules of the signals with their thresholds, and the back-test that comes before any change of them."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from fastapi import BackgroundTasks, Request
from fastapi.responses import Response
from sqlalchemy import Connection, Row, func, or_, select

from bpmn.release import Release
from cases.moments import start_of_day
from cases.refusals import CaseError, FormIncomplete, Unknown
from cases.signals import SIGNALS
from cases.signals.snapshot import Signal
from config.messages import knows, say
from config.signal_words import signal_sentence
from persistence.tables import back_tests, findings, issue_lists, people, releases, signal_hits
from persistence.visibility import visible_findings, visible_lists
from tasks.backtest.comparing import CHANGES, DECISIONS, Found, Sample
from tasks.backtest.running import (
    back_test_kept,
    begin_back_test,
    draft_of,
    go_on,
    is_at_work,
    run_back_test,
    stop_back_test,
)
from tasks.kept_releases import release_kept
from tasks.rule_tables import Setting, settings_of, tables_in
from web import pages
from web.administration import NOTHING, Attempt, back_to, office_router, refused, was_done
from web.house import House, TheHouse
from web.signed_in import Filled, Person, SignedIn
from web.typed import DayUnclear, Id, day_of

router = office_router("read_rules")
editing = office_router("edit_rules")
YEAR = timedelta(days=365)
LATEST = 12  # back-tests that the page lists
_SWITCH = re.compile(r"（1 为[^）]*）")


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table: a signal, how grave it is, its numbers, and what became of its hits in a year."""

    signal: Signal
    severity: Setting
    action: str
    numbers: Sequence[Setting]
    hits: Counter[str]


@router.get("/rules")
def rules_page(request: Request, house: TheHouse, person: SignedIn, done: str | None = None) -> Response:
    return _rules(request, house, person, done=done)


@editing.post("/rules")
def try_out(request: Request, house: TheHouse, person: SignedIn, form: Filled, afterwards: BackgroundTasks) -> Response:
    """Begin a back-test of what was written; nothing changes by it."""
    given = {name: str(value) for name, value in form.items() if isinstance(value, str)}
    try:
        written = {name: value for name, value in given.items() if "." in name}
        test_id = begin_back_test(house.office, written, _since(given, person), person.actor.person_id)
    except CaseError as refusal:
        return _rules(request, house, person, tried=refused(person, "back_test", refusal, given))
    return _run(house, test_id, afterwards)


@router.get("/rules/tests/{test_id}")
def back_test_page(
    request: Request, house: TheHouse, person: SignedIn, test_id: Id, done: str | None = None
) -> Response:
    return _test(request, house, person, test_id, done=done)


@router.get("/rules/tests/{test_id}/progress")
def progress(request: Request, house: TheHouse, person: SignedIn, test_id: Id) -> Response:
    """How far it is: asked every second by the page, which is shown anew when it has ended."""
    row = back_test_kept(house.office, test_id)
    at_work = is_at_work(house.office, test_id)
    answer = pages.show(
        request, "office/back_test_progress.html", row=row, at_work=at_work, editor=person.may("edit_rules")
    )
    if row.state != "running":
        answer.headers["HX-Refresh"] = "true"
    return answer


@editing.post("/rules/tests/{test_id}/stop")
def stop(house: TheHouse, test_id: Id) -> Response:
    back_test_kept(house.office, test_id)
    stop_back_test(house.office, test_id)
    return back_to(f"/rules/tests/{test_id}", "stop_back_test")


@editing.post("/rules/tests/{test_id}/go-on")
def resume(house: TheHouse, test_id: Id, afterwards: BackgroundTasks) -> Response:
    back_test_kept(house.office, test_id)
    go_on(house.office, test_id)
    return _run(house, test_id, afterwards)


@editing.post("/rules/tests/{test_id}/draft")
def draft(request: Request, house: TheHouse, person: SignedIn, test_id: Id, form: Filled) -> Response:
    """Draft the release that was tried, with the back-test as its reason."""
    title = str(form.get("title") or "")
    try:
        draft_of(house.office, test_id, title, person.actor.person_id)
    except CaseError as refusal:
        tried = refused(person, "draft_rules", refusal, {"title": title})
        return _test(request, house, person, test_id, tried=tried)
    return back_to(f"/rules/tests/{test_id}", "draft_rules")


def _run(house: House, test_id: int, afterwards: BackgroundTasks) -> Response:
    afterwards.add_task(run_back_test, house.office, test_id)
    answer = back_to(f"/rules/tests/{test_id}", "back_test")
    answer.background = afterwards
    return answer


def _since(given: Mapping[str, str], person: Person) -> date:
    try:
        return day_of(given.get("since")) or person.today - YEAR
    except DayUnclear:
        raise FormIncomplete({"since": "not_a_date"}) from None


# --- the table ------------------------------------------------------------------------------------------------------


def _rules(
    request: Request, house: House, person: Person, *, tried: Attempt = NOTHING, done: str | None = None
) -> Response:
    with house.office.read() as conn:
        in_force = house.office.release_in_force(conn)
        release = release_kept(conn, in_force)
        row = conn.execute(select(releases).where(releases.c.id == in_force)).one()
        hits = _hits_of_a_year(conn, person)
        tests = conn.execute(_tests().order_by(back_tests.c.asked_at.desc()).limit(LATEST)).all()
    settings = settings_of(release)
    return pages.show(
        request, "office/rules.html", status=422 if tried.text else 200, row=row, tests=tests,
        rules=_lines(release, settings, hits), decisions=DECISIONS[:4],
        weights=_named(settings, "weight"), routes=_named(settings, "route"), since=person.today - YEAR,
        says=lambda setting: words_of(person.language, setting), editor=person.may("edit_rules"), tried=tried,
        done=was_done(done),
    )  # fmt: skip


def _lines(release: Release, settings: Mapping[str, Setting], hits: Mapping[str, Counter[str]]) -> list[Rule]:
    table = tables_in(release).parameters
    return [
        Rule(
            SIGNALS[name],
            settings[f"{name}.severity"],
            told.action,
            [one for one in _named(settings, name) if not one.choices],
            hits.get(name, Counter()),
        )
        for name, told in table.items()
    ]


def _named(settings: Mapping[str, Setting], group: str) -> list[Setting]:
    return [setting for name, setting in settings.items() if name.partition(".")[0] == group]


def words_of(language: str, setting: Setting) -> str:
    """Return what a setting means: as the table's own note says it, in English by its name."""
    group, _, name = setting.name.partition(".")
    if group in ("weight", "route"):
        closed_set = "severity" if group == "weight" else "signal_route"
        return say(language, f"rules.{group}", name=say(language, f"{closed_set}.{name}"))
    if name == "severity":
        return say(language, "rules.severity")
    note = _SWITCH.sub("", setting.note)  # a switch is shown as yes or no
    return note if language == "zh" and note else name.replace("_", " ")


def _hits_of_a_year(conn: Connection, person: Person) -> dict[str, Counter[str]]:
    """Return signal -> decision -> hits of the last twelve months, of what the person may see."""
    hit, since = signal_hits.c, start_of_day(person.today - YEAR)
    seen = or_(
        hit.finding_id.in_(select(findings.c.id).where(visible_findings(person.actor))),
        hit.list_id.in_(select(issue_lists.c.id).where(visible_lists(person.actor))),
    )
    query = (
        select(hit.signal, func.coalesce(hit.decision, "undecided"), func.count())
        .where(hit.raised_at >= since, seen)
        .group_by(hit.signal, hit.decision)
    )
    counted: dict[str, Counter[str]] = {}
    for signal, decision, count in conn.execute(query):
        counted.setdefault(signal, Counter())[decision] = count
    return counted


def _tests() -> Any:
    return (
        select(back_tests, people.c.name.label("who"), releases.c.state.label("draft_state"))
        .outerjoin(people, people.c.id == back_tests.c.asked_by)
        .outerjoin(releases, releases.c.id == back_tests.c.draft_id)
    )


# --- a back-test ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Changed:
    """One setting that the back-test tried."""

    name: str
    words: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One sample, with its sentence where the person may see the case."""

    sample: Sample
    address: str
    sentence: str


def _test(
    request: Request,
    house: House,
    person: Person,
    test_id: int,
    *,
    tried: Attempt = NOTHING,
    done: str | None = None,
) -> Response:
    with house.office.read() as conn:
        row = conn.execute(_tests().where(back_tests.c.id == test_id)).one_or_none()
        if row is None:
            raise Unknown()
        release = release_kept(conn, row.release_id)
        stale = house.office.release_in_force(conn) != row.release_id
        found = Found.kept(row.found)
        samples = _shown(conn, person, found.samples)
    return pages.show(
        request, "office/back_test.html", status=422 if tried.text else 200, row=row,
        at_work=is_at_work(house.office, test_id), changes=changed_settings(release, row, person.language),
        signals=found.of_signals(), ways=found.of_ways(), ends=_ends_of(found), samples=samples, sums=sums_of(found),
        kinds=CHANGES, decisions=DECISIONS, stale=stale, editor=person.may("edit_rules"), tried=tried,
        done=was_done(done),
    )  # fmt: skip


def changed_settings(release: Release, row: Row[Any], language: str) -> list[Changed]:
    """Return what a back-test tried, beside what was in force."""
    known = settings_of(release)

    def said(value: str) -> str:
        return say(language, f"severity.{value}") if knows(f"severity.{value}") else value

    return [
        Changed(name, words_of(language, known[name]), said(known[name].value), said(value))
        for name, value in row.changes.items()
        if name in known
    ]


def sums_of(found: Found) -> dict[str, int]:
    """Return the numbers that decide: what was well founded and would be lost, what was explained and spared."""
    sums = Counter({"missed": 0, "spared": 0, "new": 0, "otherwise": 0})
    for changes in found.of_signals().values():
        lost = changes.get("lost", Counter())
        sums["missed"] += lost["confirmed"]
        sums["spared"] += lost["explained"] + lost["insufficient"]
        sums["new"] += changes.get("new", Counter()).total()
    sums["otherwise"] = sum(ends.total() for ends in found.of_ways().values())
    return dict(sums)


def _ends_of(found: Found) -> list[str]:
    return sorted({end for ends in found.of_ways().values() for end in ends})


def _shown(conn: Connection, person: Person, samples: Sequence[Sample]) -> list[Shown]:
    ids = {one.finding_id for one in samples if one.finding_id is not None}
    lists = {one.list_id for one in samples if one.list_id is not None}
    seen = set(conn.scalars(select(findings.c.id).where(findings.c.id.in_(ids), visible_findings(person.actor))))
    seen |= set(conn.scalars(select(issue_lists.c.id).where(issue_lists.c.id.in_(lists), visible_lists(person.actor))))
    shown = []
    for one in samples:
        if one.finding_id in seen or one.list_id in seen:
            address = f"/findings/{one.number}" if one.list_id is None else f"/lists/{one.number}"
            sentence = signal_sentence(person.language, one.signal, one.facts) if one.signal else ""
            shown.append(Shown(one, address, sentence))
    return shown
