"""问题台账: every finding that a person may see, narrowed by filters that stand in the address; batch sign-off.

清单列表 stands here too: the lists behind the findings.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy import Connection, func, select
from starlette.datastructures import FormData

from cases.figures import COMPLETION, formula
from cases.finding import Finding, Kind, State
from cases.issue_list import REPORTS_TO_COME
from cases.refusals import CaseError, FormIncomplete, Unknown
from cases.sign_off import require_sign_off
from persistence import overviews
from persistence.figures import tally_now
from persistence.overviews import FindingFilters, FindingLine, Order, Place, place_of
from persistence.tables import findings, issue_lists, posts, units
from persistence.visibility import visible_findings, visible_lists
from tasks.case import FindingCase
from tasks.sign_off import dossier_to_sign
from web import pages
from web.case_pages import settle_facts
from web.dossier_shown import STEPS
from web.house import House, TheHouse
from web.refusals import field_sentence, sentence
from web.seeing import clockwork_of, seeing
from web.signed_in import Filled, Person, SignedIn, page_router
from web.typed import DayUnclear, day_of, whole

router = page_router()

PAGE = 50
MOST_AT_ONCE = 200
COLUMNS = ("unit", "kind", "stage", "leader", "due", "amount")


@router.get("/findings")
def ledger(request: Request, house: TheHouse, person: SignedIn) -> Response:
    asked = {name: value for name, value in request.query_params.items() if value and name in _ASKED}
    with house.office.read() as conn:
        unit_rows = _units(conn, person)
        filters = _filters(conn, asked, person.today)
        visible = visible_findings(person.actor)
        order = Order.NUMBER if asked.get("order") == "number" else Order.DUE
        lines = overviews.list_findings(
            conn, visible, filters, after=_after(asked.get("after", ""), order), limit=PAGE + 1, order=order
        )
        counts = overviews.count_findings(conn, visible, filters)
        tally = tally_now(conn, person.today, visible, *overviews.narrowed(filters))
        clockwork = clockwork_of(house, conn, person)
        shown = lines[:PAGE]
        leaders = _titles(conn, [line.leader_post_id for line in shown if line.leader_post_id])
        mine = _mine_to_sign(conn, person, [line.id for line in shown])
    completion = formula(COMPLETION[0])
    narrowed = {name: value for name, value in asked.items() if name != "after"}
    hidden = frozenset(asked.get("hide", "").split(",")) & frozenset(COLUMNS)
    return pages.show(
        request,
        "ledger.html",
        lines=[(line, clockwork.of_finding(line.state, line.due_on, line.submitted_at)) for line in shown],
        mine=mine,
        leaders=leaders,
        asked=dict.fromkeys(_ASKED, "") | asked,
        units=unit_rows,
        kinds=list(Kind),
        states=list(State),
        stages=STEPS,
        chips=_chips(narrowed, unit_rows),
        total=sum(one.count for one in counts),
        tally=tally,
        rate=completion.rate(tally).text,
        sentence=completion.sentence(person.language),
        next=_address(narrowed | {"after": _place_text(shown[-1], order)}) if len(lines) > PAGE else "",
        first=_address(narrowed) if "after" in asked else "",
        columns=[
            (name, name not in hidden, _address(narrowed | {"hide": ",".join(sorted(hidden ^ {name}))}))
            for name in COLUMNS
        ],
        hidden=hidden,
        by_number=_address(narrowed | {"order": "number"}),
        by_due=_address(narrowed | {"order": ""}),
        key=secrets.token_urlsafe(12),
    )


_ASKED = frozenset({field.name for field in fields(FindingFilters)} | {"unit", "q", "after", "order", "hide"})


def _filters(conn: Connection, asked: Mapping[str, str], today: date) -> FindingFilters:
    """Return the filters of an address; what is not understood narrows nothing."""
    path = None
    if (unit := whole(asked.get("unit"))) is not None:
        path = conn.scalar(select(units.c.path).where(units.c.id == unit))
    return FindingFilters(
        unit_path=path,
        state=asked.get("state") if asked.get("state") in set(State) else None,
        stage=asked.get("stage"),
        kind=asked.get("kind") if asked.get("kind") in set(Kind) else None,
        category=asked.get("category"),
        overdue={"1": True, "0": False}.get(asked.get("overdue", "")),
        list_id=whole(asked.get("list_id")),
        search=asked.get("q", "")[:100] or None,
        has_attention=True if asked.get("has_attention") == "1" else None,
        today=today,
    )


def _chips(asked: Mapping[str, str], unit_rows: Sequence[Any]) -> list[tuple[str, str, str]]:
    """Return (filter, value as a word or its key, address without it) of every filter in force."""
    names = {str(row.id): row.short_name for row in unit_rows}
    chips = []
    for name, value in asked.items():
        if name in ("order", "hide", "after"):
            continue
        without = _address({other: kept for other, kept in asked.items() if other != name})
        chips.append((name, names.get(value, value) if name == "unit" else value, without))
    return chips


def _address(asked: Mapping[str, str]) -> str:
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"/findings?{query}" if query else "/findings"


def _after(text: str, order: Order) -> Place | None:
    key, _, last = text.rpartition("|")
    if (row := whole(last)) is None:
        return None
    try:
        return (key if order is Order.NUMBER else day_of(key)), row
    except DayUnclear:
        return None


def _place_text(line: FindingLine, order: Order) -> str:
    key, last = place_of(line, order)
    return f"{key or ''}|{last}"


def _units(conn: Connection, person: Person) -> Sequence[Any]:
    """Return the units of which the person sees findings."""
    seen = select(findings.c.unit_id).where(visible_findings(person.actor)).distinct()
    query = select(units.c.id, units.c.short_name).where(units.c.id.in_(seen)).order_by(units.c.path)
    return conn.execute(query).all()


def _titles(conn: Connection, ids: Sequence[int]) -> dict[int, str]:
    """Return post id -> title."""
    return dict(conn.execute(select(posts.c.id, posts.c.title).where(posts.c.id.in_(set(ids)))).tuples().all())


def _mine_to_sign(conn: Connection, person: Person, ids: Sequence[int]) -> set[int]:
    """Return the findings among *ids* whose sign-off waits for the person."""
    T = overviews.T
    query = select(T.case_id).where(T.case_id.in_(ids), T.act == "sign_off")
    held = (T.claimed_by == person.actor.person_id) | (T.claimed_by.is_(None) & T.holder.in_(person.actor.holders))
    return set(conn.scalars(query.where(held))) if person.may("sign_off") else set()


# --- batch sign-off -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fate:
    """What a batch does, or did, with one finding; *why* is empty where nothing stands against it."""

    number: str
    title: str
    unit: str
    why: str
    version: int = 0  # of the case that was looked at


@router.post("/batch-sign-off")
def batch_sign_off(request: Request, house: TheHouse, person: SignedIn, form: Filled) -> Response:
    """Show what a batch would do; with ``go`` do it, finding by finding, each as an act of its own."""
    numbers = list(dict.fromkeys(str(number) for number in form.getlist("number")))[:MOST_AT_ONCE]
    given = {name: str(form.get(name, "")).strip() for name in _DECISION if str(form.get(name, "")).strip()}
    errors = _decision_errors(person.language, given) if form.get("go") else {}
    fates = [_as_looked_at(_fate(house, person, number), form) for number in numbers]
    facts: dict[str, Any] = {
        "ready": [fate for fate in fates if not fate.why],
        "skipped": [fate for fate in fates if fate.why],
        "given": dict.fromkeys(_DECISION, "") | given,
        "errors": dict.fromkeys(_DECISION, "") | errors,
        "key": str(form.get("key") or secrets.token_urlsafe(12)),
    }
    if not form.get("go") or errors:
        return pages.show(request, "batch.html", status=422 if errors else 200, **facts)

    done = [_sign(house, person, fate, given, facts["key"]) for fate in facts["ready"]]
    return pages.show(request, "batch_done.html", done=done, skipped=facts["skipped"])


_DECISION = ("comment", "sheet_number", "decided_on", "votes_for", "votes_against", "dissent")


def _as_looked_at(fate: Fate, form: FormData) -> Fate:
    """Return *fate* with the version that the preview showed: what was changed since is not signed."""
    seen = whole(form.get(f"version.{fate.number}"))
    return fate if seen is None else replace(fate, version=seen)


def _decision_errors(language: str, given: Mapping[str, str]) -> dict[str, str]:
    missing = {name: "required" for name in ("comment", "sheet_number") if name not in given}
    wrong = {name: "not_whole" for name in ("votes_for", "votes_against") if not given.get(name, "0").isdecimal()}
    return {name: field_sentence(language, code) for name, code in (missing | wrong).items()}


def _fate(house: House, person: Person, number: str) -> Fate:
    """Ask the rules whether *person* could sign *number* off now."""
    try:
        with seeing(house, person, "findings", number) as seen:
            value = seen.value
            assert isinstance(value, Finding)
            unit = str(seen.conn.scalar(select(units.c.short_name).where(units.c.id == value.unit_id)))
            try:
                seen.work.require("sign_off", value.subject)
                seen.work.take_task(seen.case, "sign_off", None)
                assert isinstance(seen.case, FindingCase)
                require_sign_off(person.actor, value.unit_path, dossier_to_sign(seen.work, seen.case))
            except CaseError as refused:
                return Fate(number, value.title, unit, sentence(person.language, refused))
            return Fate(number, value.title, unit, "", seen.case.head.version)
    except Unknown as refused:
        return Fate(number, "", "", sentence(person.language, refused))


def _sign(house: House, person: Person, fate: Fate, given: Mapping[str, str], key: str) -> Fate:
    """Sign one finding off; the outcome is its own, whatever happens to the others."""
    try:
        house.office.perform(
            person.actor, "sign_off", fate.number, {**given, "verdict": "signed"},
            key=f"batch {key} {fate.number}"[:80], version=fate.version,
        )  # fmt: skip
    except CaseError as refused:
        why = sentence(person.language, refused)
        if isinstance(refused, FormIncomplete):
            why += " ".join(field_sentence(person.language, code) for code in refused.errors.values())
        return Fate(fate.number, fate.title, fate.unit, why)
    return fate


# --- lists ----------------------------------------------------------------------------------------------------------


@router.get("/lists")
def lists(request: Request, house: TheHouse, person: SignedIn) -> Response:
    L = issue_lists.c
    with house.office.read() as conn:
        own = (
            select(L.id, L.number, L.title, L.state, L.stage, L.feedback_on, L.report_due_on, units.c.short_name)
            .join(units, units.c.id == L.unit_id)
            .where(visible_lists(person.actor))
            .order_by(L.id.desc())
            .limit(200)
        )
        rows = conn.execute(own).all()
        tallies = (
            select(findings.c.list_id, findings.c.state, func.count())
            .where(findings.c.list_id.in_([row.id for row in rows]), visible_findings(person.actor))
            .group_by(findings.c.list_id, findings.c.state)
        )
        counts: dict[int, dict[str, int]] = {}
        for list_id, state, count in conn.execute(tallies):
            counts.setdefault(list_id, {})[state] = count
        clockwork = clockwork_of(house, conn, person)
    shown = [
        (row, sum(counts.get(row.id, {}).values()), counts.get(row.id, {}).get(State.SIGNED_OFF, 0),
         clockwork.show(row.report_due_on) if row.state in REPORTS_TO_COME else None)
        for row in rows
    ]  # fmt: skip
    return pages.show(request, "lists.html", rows=shown)


SETTLED = ("leader", "handler", "chief", "due_on", "milestones", "historic")


@router.get("/findings/{number}/settle")
def settle_form(request: Request, house: TheHouse, person: SignedIn, number: str) -> Response:
    """Return the form by which one finding of a list is settled; the page of the list asks for it row by row."""
    with seeing(house, person, "findings", number) as seen:
        if not seen.may("map_posts"):
            raise Unknown()
        facts = settle_facts(seen)
    return pages.show(request, "parts/settle.html", refused="", settled=False, **facts)


@router.post("/findings/{number}/settle")
def settle(request: Request, house: TheHouse, person: SignedIn, form: Filled, number: str) -> Response:
    """Map one finding's posts and days on its list's page."""
    given = {name: str(form[name]).strip() for name in SETTLED if form.get(name)}
    refused = ""
    try:
        house.office.perform(person.actor, "settle_finding", number, given)
    except FormIncomplete as why:
        refused = " ".join(field_sentence(person.language, code) for code in why.errors.values())
    except CaseError as why:
        refused = sentence(person.language, why)
    with seeing(house, person, "findings", number) as seen:
        facts = settle_facts(seen)
    return pages.show(
        request, "parts/settle.html", status=422 if refused else 200, refused=refused, settled=not refused, **facts
    )
