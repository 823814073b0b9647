"""登记: what entering by form and by workbook share: whose row it is, who may enter it, and whom it concerns."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from cases.dirty_text import same_text
from cases.finding import State
from cases.refusals import CaseError, CaseSuspended, FindingEnded, FormIncomplete, NotPermitted, Unknown
from cases.register_values import Words, happened_at, read_values
from cases.registers import ACCOUNTS, REGISTERS, About, Register
from cases.rights import outside
from cases.sign_off import NotFromOutside, SamePerson, require_independent
from config.messages import LANGUAGES, knows, say
from persistence import registers
from persistence.columns import canonical
from persistence.people import staff_of
from persistence.snapshots.registered import AROUND
from persistence.tables import register_entries, unit_names, units
from tasks.case import AnyCase, FindingCase, ListCase
from tasks.facts_of_case import dossier_of
from tasks.work import CLOCK, LOOK_FOR_SIGNALS, Work

SUBJECTS: Mapping[About, str] = {About.FINDING: "finding", About.LIST: "list", About.UNIT: "unit"}
"""The field of a row that says what it is about, where the page or command does not."""


class RegisterMisplaced(CaseError):
    """The register belongs elsewhere: to findings, lists or the whole office; facts: register."""

    code = "register_misplaced"


class EnteredFromOutside(NotFromOutside):
    """Only somebody from outside the unit enters what speaks for its honesty."""

    code = "entered_from_outside"


@dataclass(frozen=True, slots=True)
class Owner:
    """What a row belongs to; the case that keeps it in its ledger; *unit_path* is empty where no unit is meant."""

    case: AnyCase
    unit_path: str = ""
    confidentiality: int = 0
    finding_id: int | None = None
    list_id: int | None = None
    unit_id: int | None = None

    @property
    def ids(self) -> dict[str, int | None]:
        """The columns that name it."""
        return {"finding_id": self.finding_id, "list_id": self.list_id, "unit_id": self.unit_id}


@dataclass(frozen=True, slots=True)
class Row:
    """A row that can be kept; *place* is where it stood in its workbook."""

    owner: Owner
    values: Mapping[str, Any]
    at: datetime
    place: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that can't be kept: *errors* are codes by field; *written* is what stood there."""

    place: str
    errors: Mapping[str, str]
    written: Mapping[str, Any]


@dataclass(slots=True)
class Judged:
    """What became of the rows of a workbook; *repeated* ones stand in the register already."""

    rows: list[Row] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    repeated: int = 0


def register_named(name: str) -> Register:
    """Return the register *name*. Raises Unknown."""
    if name not in REGISTERS:
        raise Unknown()
    return REGISTERS[name]


def words_of(register: Register) -> Words:
    """Return how people of any language write the words of the choices; accounts are named by number or by word."""
    found: dict[str, dict[str, str]] = {}
    for asked in register.fields:
        choices, of = (ACCOUNTS, "belongs") if asked.name == "account" else (asked.choices, asked.name)
        said = [(language, word, f"register_choice.{of}.{word}") for word in choices for language in LANGUAGES]
        found[asked.name] = {same_text(say(language, key)): word for language, word, key in said if knows(key)}
    return found


class Owners:
    """Finds what rows are about and whether the actor may enter them; each is asked for once."""

    def __init__(self, work: Work, case: AnyCase, register: Register) -> None:
        self._work, self._case, self._register = work, case, register
        self._known: dict[str, Owner | CaseError] = {}

    def of(self, written: Mapping[str, Any]) -> Owner:
        """Return what the row *written* belongs to. Raises what refuses it."""
        named = str(written.get(SUBJECTS.get(self._register.about, ""), "") or "").strip()
        if named not in self._known:
            try:
                owner = self._find(named)
                require_right(self._work, self._register, owner)
                self._known[named] = owner
            except CaseError as refusal:
                self._known[named] = refusal
        found = self._known[named]
        if isinstance(found, CaseError):
            raise found
        return found

    def _find(self, named: str) -> Owner:
        about, case = self._register.about, self._case
        if isinstance(case, FindingCase | ListCase) and about not in (About.FINDING, About.LIST):
            raise RegisterMisplaced(register=self._register.name)
        if about is About.UNIT:
            return self._unit(named)
        if about is About.NOTHING:
            return Owner(case)
        if not isinstance(case, FindingCase | ListCase):
            case = self._work.finding(named) if about is About.FINDING else self._work.issue_list(named)
            subject = case.finding.subject if isinstance(case, FindingCase) else case.issue_list.subject
            self._work.require("enter_register", subject)
        if isinstance(case, FindingCase) and about is About.FINDING:
            _require_at_work(case)
            value = case.finding
            return Owner(case, value.unit_path, value.confidentiality, finding_id=case.id)
        if isinstance(case, ListCase) and about is About.LIST:
            return Owner(case, case.issue_list.unit_path, case.issue_list.subject.confidentiality, list_id=case.id)
        raise RegisterMisplaced(register=self._register.name)

    def _unit(self, named: str) -> Owner:
        if not named and self._register.anywhere:
            return Owner(self._case)
        ids = select(unit_names.c.unit_id).where((unit_names.c.name == named) | (unit_names.c.short_name == named))
        by_name = (units.c.name == named) | (units.c.short_name == named) | units.c.id.in_(ids)
        key = int(named) if named.isdecimal() and len(named) < 19 else -1
        found = self._work.conn.execute(select(units.c.id, units.c.path).where((units.c.id == key) | by_name)).all()
        if len(found) != 1:
            raise FormIncomplete({"unit": "owner_unknown" if named else "required"})
        return Owner(self._case, found[0].path, unit_id=found[0].id)


def _require_at_work(case: FindingCase) -> None:
    if case.finding.state is State.SUSPENDED:
        raise CaseSuspended()
    if case.finding.state is State.ENDED:
        raise FindingEnded(number=case.number)


def require_right(work: Work, register: Register, owner: Owner) -> None:
    """Raise unless the actor may enter rows of *register* about *owner*: by his post, and as a person from outside."""
    actor = work.actor
    if actor is CLOCK:
        return
    if not register.may_be_entered_by(actor, owner.unit_path, owner.confidentiality):
        raise NotPermitted(act="enter_register")
    if not register.outside or not owner.unit_path:
        return
    if isinstance(owner.case, FindingCase):
        require_independent(actor, owner.unit_path, dossier_of(work, owner.case))
    if not outside(actor, owner.unit_path) or actor.persons & staff_of(work.conn, owner.unit_path, work.today):
        raise EnteredFromOutside()


def judge_one(work: Work, case: AnyCase, register: Register, written: Mapping[str, Any]) -> Row:
    """Return the row that a form holds. Raises what refuses it, FormIncomplete for its fields."""
    owner = Owners(work, case, register).of(written)
    values, errors = read_values(register, written, now=work.at, words=words_of(register))
    if errors:
        raise FormIncomplete(errors)
    return Row(owner, values, happened_at(register, values, work.at))


def judge(work: Work, case: AnyCase, register: Register, written: Iterable[Mapping[str, Any]]) -> Judged:
    """Return which rows can be kept, and why the others can't; nothing is written."""
    judged, owners, words = Judged(), Owners(work, case, register), words_of(register)
    kept: dict[tuple[int | None, ...], Counter[str]] = {}
    subject = SUBJECTS.get(register.about, "")
    for told in written:
        values, errors = read_values(register, told, now=work.at, words=words)
        place = str(told.get("place", ""))[:80]
        try:
            owner = owners.of(told)
        except CaseError as refusal:
            judged.rejected.append(Rejected(place, {subject: _why(refusal)} | errors, told))
            continue
        if errors:
            judged.rejected.append(Rejected(place, errors, told))
        elif _stands(work, register, owner, values, kept):
            judged.repeated += 1
        else:
            judged.rows.append(Row(owner, values, happened_at(register, values, work.at), place))
    return judged


def _why(refusal: CaseError) -> str:
    """Return the code of the sentence that stands beside a row about something that the actor has no part in."""
    if isinstance(refusal, FormIncomplete):
        return next(iter(refusal.errors.values()))
    return "not_from_outside" if isinstance(refusal, NotFromOutside | SamePerson) else "owner_unknown"


def _stands(
    work: Work,
    register: Register,
    owner: Owner,
    values: Mapping[str, Any],
    kept: dict[tuple[int | None, ...], Counter[str]],
) -> bool:
    """Whether the row is one of those that stand; two alike are two, so each that stands is met once."""
    about = tuple(owner.ids.values())
    if about not in kept:
        kept[about] = Counter(map(_same, registers.standing(work.conn, register.name, **owner.ids)))
    left = kept[about]
    said = _same(values)
    if left[said] > 0:
        left[said] -= 1
        return True
    return False


def _same(values: Mapping[str, Any]) -> str:
    return canonical(dict(sorted(values.items())))


def keep(work: Work, register: Register, rows: Sequence[Row], *, source: str | None = None) -> list[int]:
    """Put down *rows* and tell whom they concern; return their ids."""
    ids = [
        work.add(
            register_entries, register=register.name, **row.owner.ids, at=row.at, fields=dict(row.values),
            person_id=work.actor.person_id, entered_at=work.at, source_sha256=source, place=row.place,
        )
        for row in rows
    ]  # fmt: skip
    tell_concerned(work, register, rows)
    return ids


def tell_concerned(work: Work, register: Register, rows: Sequence[Row]) -> None:
    """Let the cases that the rows concern look for signals; what holds for the whole office waits for the patrol."""
    for case_id in sorted(_concerned(work, register, rows)):
        work.tell(case_id, LOOK_FOR_SIGNALS)


def _concerned(work: Work, register: Register, rows: Sequence[Row]) -> set[int]:
    conn = work.conn
    found = {row.owner.case.id for row in rows if isinstance(row.owner.case, FindingCase | ListCase)}
    match register.name:
        case "appointment":
            found |= registers.findings_about_persons(conn, {str(row.values["person"]) for row in rows})
        case "payment":
            for path, times in _by_unit(rows).items():
                found |= registers.findings_with_refunds(conn, path, min(times) - AROUND, max(times) + AROUND)
        case "complaint":
            for unit_id in _units(rows):
                found |= registers.findings_of_unit(conn, unit_id, State.SIGNED_OFF)
        case "issued_document":
            for unit_id in _units(rows):
                found |= registers.findings_of_unit(conn, unit_id, State.OPEN, State.SIGNED_OFF)
        case "inspection":
            for row in rows:
                found |= registers.findings_of_list(conn, row.owner.list_id or 0)
    return found


def _by_unit(rows: Sequence[Row]) -> dict[str, list[datetime]]:
    times: dict[str, list[datetime]] = {}
    for row in rows:
        times.setdefault(row.owner.unit_path, []).append(row.at)
    return times


def _units(rows: Collection[Row]) -> set[int]:
    return {row.owner.unit_id for row in rows if row.owner.unit_id is not None}
