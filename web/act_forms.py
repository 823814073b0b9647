"""Forms made from the JSON Schema of a task: labels, controls and choices for people, answers for the act.

A release decides which fields there are; this room knows how each is asked. Lists that speak about measures, criteria
or findings ("<number> <text>") become one labelled text each, so that nobody has to count.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, select
from starlette.datastructures import FormData

from cases.finding import Finding, State
from cases.sign_off import BLOCKING
from cases.signals.own_view import TOLD
from cases.signals.snapshot import SEVERITIES
from config.messages import knows, say
from persistence import case_store
from persistence.tables import criteria, evidence, findings, measures, signal_hits, signal_replies
from persistence.visibility import visible_findings
from tasks import eligible
from tasks.acts import ACTS
from tasks.case import FindingCase
from tasks.decide_suspicion import VERDICTS
from tasks.hearing import HEARD
from tasks.split_finding import MOST_PARTS
from tasks.suspicion import VERIFY
from web.hearing import heard_of
from web.seeing import Offer, Seen

FILES = frozenset({"evidence", "attachments"})
CHOSEN = frozenset({"measure", "signal"})  # texts that name a row of the case
ASSIGNED = {"assign": "assign", "money": "amounts"}  # one small answer for each of several things
SIDE_BY_SIDE = frozenset({"date", "number", "money", "line"})


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that may be chosen; *hint*: what helps to tell it from others."""

    value: str
    label: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One field as it is shown; *parts* of numbered texts are (number, what it is about, text)."""

    name: str
    label: str
    hint: str
    widget: str
    required: bool
    longest: int | None = None
    choices: Sequence[Choice] = ()
    chosen: frozenset[str] = frozenset()
    text: str = ""
    parts: Sequence[tuple[str, str, str]] = ()
    error: str = ""

    @property
    def narrow(self) -> bool:
        """Whether two of its kind stand side by side."""
        return self.widget in SIDE_BY_SIDE


@dataclass(frozen=True, slots=True)
class ActForm:
    """The form of one act on one case."""

    title: str
    hint: str
    fields: Sequence[Field] = ()
    plain_files: bool = True  # files that are no evidence bear no kind
    known_measures: Sequence[tuple[str, str]] = field(default_factory=tuple)


def schema_of(seen: Seen, offer: Offer) -> Mapping[str, Any] | None:
    """Return the schema that the release of the case has for *offer*."""
    name = f"forms/{offer.task.form if offer.task else offer.act}.json"
    if seen.release is None or name not in seen.release.files:
        return None
    schema: Mapping[str, Any] = json.loads(seen.release[name])
    return schema


def form_of(seen: Seen, offer: Offer, written: Mapping[str, Sequence[str]], errors: Mapping[str, str]) -> ActForm:
    """Return the form of *offer* with what was *written* so far and the *errors* (field -> sentence)."""
    language = seen.person.language
    schema = schema_of(seen, offer)
    title = say(language, f"act.{offer.act}") if knows(f"act.{offer.act}") else offer.act
    if schema is None:
        return ActForm(title, "")
    required = set(schema.get("required", ())) | set(ACTS[offer.act].needs)
    fields = [
        _field(seen, name, part, name in required, written, errors.get(name, ""))
        for name, part in schema["properties"].items()
        if not _is_moot(seen, offer, name)
    ]
    evidence_asked = any(part.get("x-widget") == "evidence" for part in schema["properties"].values())
    return ActForm(
        _said(schema, "title", language) or title,
        _said(schema, "description", language),
        fields,
        plain_files=not (evidence_asked and isinstance(seen.case, FindingCase)),
        known_measures=[(str(key), f"{seq} {text}") for key, seq, text in _measures(seen)],
    )


def _is_moot(seen: Seen, offer: Offer, name: str) -> bool:
    """Whether a field asks for what cannot be: a revocation of no sign-off, a reply that nobody gave."""
    if offer.act == "decide_suspicion" and name in ("verdict", "decisions", "reasons"):
        return bool(_heard(seen, offer)) == (name == "verdict")
    if name == "revocation":
        return isinstance(seen.value, Finding) and seen.value.state is not State.SIGNED_OFF
    if name == "replies_considered":
        replied = select(signal_replies.c.id).where(signal_replies.c.hit_id.in_([hit.id for hit in _undecided(seen)]))
        return not any(one.of_unit for one in heard_of(seen)) and seen.conn.execute(replied.limit(1)).first() is None
    return False


def _undecided(seen: Seen) -> Sequence[Row[Any]]:
    """Return the hits that wait for a decision, gravest first."""
    query = select(signal_hits).where(signal_hits.c.decision.is_(None))
    if isinstance(seen.value, Finding):
        query = query.where(signal_hits.c.finding_id == seen.case.id, signal_hits.c.cycle == seen.value.cycle)
    else:
        query = query.where(signal_hits.c.list_id == seen.case.id)
    rows = seen.conn.execute(query.order_by(signal_hits.c.id)).all()
    return sorted(rows, key=lambda row: (-SEVERITIES.index(row.severity), row.signal, row.id))


def _heard(seen: Seen, offer: Offer) -> Sequence[Row[Any]]:
    """Return the suspicions that an examination is about; a doubt about a verification or a visit has none."""
    running = next((one for one in seen.case.live if offer.task and one.id == offer.task.instance_id), None)
    return _undecided(seen) if running is None or running.process_id == VERIFY else ()


def given_of(schema: Mapping[str, Any] | None, form: FormData) -> dict[str, Any]:
    """Return the answers in *form* as the act takes them; files apart."""
    given: dict[str, Any] = {}
    for name, part in (schema or {"properties": {}})["properties"].items():
        if part["type"] == "array" and part.get("x-widget") in FILES:
            continue
        if part["type"] == "array":
            lines = [
                (key.partition(".")[2], str(text).strip())
                for key, text in form.multi_items()
                if key.startswith(f"{name}.")
            ]
            values = [f"{number} {text}" for number, text in lines if text]
            values += [str(value) for value in form.getlist(name) if str(value).strip()]
            if values:
                given[name] = values
        elif name in form and str(form[name]).strip():
            given[name] = str(form[name])
    return given


def written_of(form: FormData) -> dict[str, list[str]]:
    """Return every text of *form*, to be shown again or kept as a draft."""
    written: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str) and name not in ("csrf", "key", "version"):
            written.setdefault(name, []).append(value)
    return written


def _field(
    seen: Seen,
    name: str,
    part: Mapping[str, Any],
    required: bool,
    written: Mapping[str, Sequence[str]],
    error: str,
) -> Field:
    language = seen.person.language
    widget = _widget(name, part)
    return Field(
        name=name,
        label=_said(part, "title", language) or name,
        hint=_said(part, "description", language),
        widget=widget,
        required=required,
        longest=part.get("maxLength"),
        choices=_choices(seen, name, part, widget),
        chosen=frozenset(written.get(name, ())),
        text=(list(written.get(name, ())) or [""])[0],
        parts=_parts(seen, name, written) if widget in ("numbered", *ASSIGNED.values()) else (),
        error=error,
    )


def _widget(name: str, part: Mapping[str, Any]) -> str:
    """Return which control asks for a field."""
    asked, kind = part.get("x-widget"), part["type"]
    if kind == "array":
        if asked in FILES:
            return "files"
        if asked == "textarea":
            return "numbered"
        if asked in ASSIGNED:
            return ASSIGNED[asked]
        return "people" if asked == "person" else "checkboxes"
    if kind == "boolean":
        return "tick"
    if asked in ("person", "evidence", "post", "unit") or name in CHOSEN:
        return "select"
    if "enum" in part:
        return "radio"
    if asked == "money":
        return "money"
    if kind in ("integer", "number"):
        return "number"
    if part.get("format") == "date":
        return "date"
    return "text" if asked == "textarea" else "line"


def _said(part: Mapping[str, Any], word: str, language: str) -> str:
    chinese = str(part.get(word, ""))
    return str(part.get(f"x-{word}-en", chinese)) if language == "en" else chinese


def _choices(seen: Seen, name: str, part: Mapping[str, Any], widget: str) -> Sequence[Choice]:
    language = seen.person.language
    values = part.get("enum") or part.get("items", {}).get("enum")
    if values:
        labels = part.get("x-labels") or part.get("items", {}).get("x-labels") or {}
        return [Choice(value, labels.get(value, {}).get(language, value)) for value in values]
    if widget in ("people", "select") and part.get("x-widget") == "person":
        return [Choice(str(who.person_id), who.name, f"{who.unit} {who.post}") for who in _people(seen, name)]
    if part.get("x-widget") == "post":
        return [Choice(str(key), said) for key, said in eligible.posts_for(seen.conn, seen.subject.unit_path, name)]
    if name == "decisions":
        return [Choice(verdict, say(language, f"signal_decision.{verdict}")) for verdict in VERDICTS]
    if name == "criteria_met":
        query = select(criteria.c.seq, criteria.c.text).where(criteria.c.finding_id == seen.case.id)
        return [Choice(str(seq), f"{seq}. {text}") for seq, text in seen.conn.execute(query.order_by(criteria.c.seq))]
    return _rows_to_choose(seen, name)


def _rows_to_choose(seen: Seen, what: str) -> Sequence[Choice]:
    if what == "unit":
        others = eligible.units_beside(seen.conn, seen.value.unit_id, seen.person.today)
        return [Choice(str(key), name) for key, name in others]
    if what == "merged" and isinstance(seen.value, Finding):
        alike = eligible.mergeable(seen.conn, seen.value, visible_findings(seen.person.actor))
        return [Choice(number, number, title) for number, title in alike]
    if what.endswith("_parts"):
        parts = range(1, MOST_PARTS + 1)
        return [Choice(str(n), say(seen.person.language, "corrections.part", number=n)) for n in parts]
    if what == "measure":
        return [Choice(str(key), f"{seq}. {text}") for key, seq, text in _measures(seen)]
    if what == "evidence":
        query = select(evidence.c.id, evidence.c.filename, evidence.c.version).where(
            evidence.c.finding_id == seen.case.id, evidence.c.withdrawn_at.is_(None)
        )
        return [Choice(str(key), f"{name} v{version}") for key, name, version in seen.conn.execute(query)]
    if what == "signal":
        apart = seen.from_outside and any(task.act in HEARD for task in seen.case.tasks)
        hits = [hit for hit in _undecided(seen) if not (apart and hit.severity in BLOCKING)]
        hits = hits if seen.from_outside else [hit for hit in hits if hit.signal in TOLD]
        return [Choice(str(hit.id), _hit_in_words(seen, hit)) for hit in hits]
    return ()


def _about_hit(seen: Seen, name: str, hit: Row[Any]) -> str:
    """Name a suspicion; where a verdict is asked, say whether it must be given."""
    said = _hit_in_words(seen, hit)
    if name == "reasons":
        return said
    must = "suspicion.required" if hit.severity in BLOCKING else "suspicion.optional"
    return f"{said} · {say(seen.person.language, must)}"


def _hit_in_words(seen: Seen, hit: Row[Any]) -> str:
    language = seen.person.language
    return f"{hit.signal} {say(language, f'signal_name.{hit.signal}')} · {say(language, f'severity.{hit.severity}')}"


def _people(seen: Seen, name: str) -> Sequence[eligible.Candidate]:
    day, own = seen.person.today, seen.person.actor.person_id
    if name == "inspectors":
        assert isinstance(seen.value, Finding)
        rectified = case_store.dossier(seen.conn, seen.value, staff=set()).rectified_by
        return eligible.inspectors(seen.conn, seen.subject, day, not_these=rectified)
    held = [task.act for task in seen.case.tasks if seen.work.holds(task) and task.act in ACTS]
    permission = ACTS[held[0]].permission if held else "view"
    return eligible.may_do(seen.conn, permission, seen.subject, day, not_these=(own,))


def _measures(seen: Seen) -> list[tuple[int, int, str]]:
    if not isinstance(seen.case, FindingCase):
        return []
    query = select(measures.c.id, measures.c.seq, measures.c.text).where(measures.c.finding_id == seen.case.id)
    return [(key, seq, text) for key, seq, text in seen.conn.execute(query.order_by(measures.c.seq))]


def _parts(seen: Seen, name: str, written: Mapping[str, Sequence[str]]) -> Sequence[tuple[str, str, str]]:
    about: list[tuple[str, str]] = []
    if name in ("measure_parts", "evidence_parts"):
        rows = _rows_to_choose(seen, name.removesuffix("_parts"))
        return [(one.value, one.label, (list(written.get(f"{name}.{one.value}", ())) or [""])[0]) for one in rows]
    if name == "measures_done":
        about = [(str(seq), text) for _, seq, text in _measures(seen)] or [("1", "")]
    elif name in ("decisions", "reasons"):
        about = [(str(hit.id), _about_hit(seen, name, hit)) for hit in _undecided(seen)]
    elif name == "criteria_conclusions":
        query = select(criteria.c.seq, criteria.c.text).where(criteria.c.finding_id == seen.case.id)
        about = [(str(seq), text) for seq, text in seen.conn.execute(query.order_by(criteria.c.seq))]
    elif name == "returned_findings":
        own = select(findings.c.number, findings.c.title).where(findings.c.list_id == seen.case.id)
        about = [(number, title) for number, title in seen.conn.execute(own.order_by(findings.c.number))]
    else:
        about = [(str(place), "") for place in range(1, 6)]
    return [(number, text, (list(written.get(f"{name}.{number}", ())) or [""])[0]) for number, text in about]
