"""The format of a labelled benchmark of paper rectification: what an office would know, and apart from it the truth.

A directory holds ``world.json`` (a `World`), ``files/`` (the evidence) and ``labels.json`` (`Labels`: for the scorer
only). Anybody may write one; docs/benchmark.md says what each field means. The reader is strict: what it does not know,
it refuses with the place and a sentence. Dates are Shanghai calendar days ("2025-03-04"), moments carry their offset,
money is yuan as text ("4500.00"), records point at each other by code.
"""

import json
import re
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from cases.evidence import EvidenceKind, Purpose
from cases.finding import Kind

FORMAT = "xiaohao-bench/1"
T = TypeVar("T")


class Unreadable(Exception):
    """A benchmark directory does not follow the format; the sentence names file, place and what is asked for."""


class AccountKind(StrEnum):
    """Whose pocket a bank account is."""

    TREASURY = "TREASURY"  # 国库
    NON_TAX = "NON_TAX"  # 财政非税专户
    DISCIPLINE = "DISCIPLINE"  # 纪委廉政账户/暂扣款专户
    OWN = "OWN"  # the unit's own basic or petty account
    COLLECTIVE = "COLLECTIVE"  # 村集体“三资”专户
    PERSONAL = "PERSONAL"  # somebody's own: 原支付人
    OUTSIDE = "OUTSIDE"  # another organisation's


class FundSource(StrEnum):
    """Whose money a finding is about; decides where it has to return to."""

    FISCAL = "FISCAL"  # back to TREASURY, NON_TAX or DISCIPLINE, never OWN
    ENTERPRISE = "ENTERPRISE"  # a company's own money: OWN is its original channel
    COLLECTIVE = "COLLECTIVE"  # a village's: COLLECTIVE
    MASSES = "MASSES"  # taken from people: back to PERSONAL


class Strength(StrEnum):
    """How openly a manipulation was planted; REAL: as a published case tells it."""

    WEAK = "weak"
    MEDIUM = "medium"
    STRONG = "strong"
    REAL = "real"


# --- who and where --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """A named spot; degrees north and east (WGS 84)."""

    name: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of the city's tree; kind as in table ``units`` (committee, inspecting, discipline, organisation, ...)."""

    code: str
    name: str
    short_names: tuple[str, ...]
    kind: str
    parent: str | None = None
    address: str = ""


@dataclass(frozen=True, slots=True)
class Organisation:
    """Somebody outside the tree whose name a text may bear: company, bank, unit of another city."""

    name: str
    short_names: tuple[str, ...] = ()
    place: str = ""


@dataclass(frozen=True, slots=True)
class Post:
    """Somebody by post, never by name; *title* is the post held when the finding was issued."""

    code: str
    unit: str
    title: str
    role: str


@dataclass(frozen=True, slots=True)
class Account:
    """A bank account of the dictionary; *holder* is a unit's code, else a name."""

    number: str
    holder: str
    kind: AccountKind


@dataclass(frozen=True, slots=True)
class Affiliate:
    """*party* and *of* are names or post codes that stand for one interest."""

    party: str
    of: str
    relation: str
    known_on: date


@dataclass(frozen=True, slots=True)
class Round:
    """A round of inspections; *office* is the unit that inspects."""

    code: str
    name: str
    office: str


# --- lists ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReportedRate:
    """What a unit reported: *rate* in percent of *done* by *total*; *words* as the report has them."""

    at: datetime
    done: int
    total: int
    rate: Decimal
    words: str


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting of the unit about its rectification."""

    at: datetime
    subject: str
    attended: tuple[str, ...]
    absent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Signature:
    """*document*: plan, report, chief_report; *for_whom* a post if somebody signed on another's behalf."""

    document: str
    by: str
    at: datetime
    for_whom: str | None = None


@dataclass(frozen=True, slots=True)
class Survey:
    """Satisfaction: sheets given out, answered, and of these satisfied."""

    at: datetime
    asked: int
    answered: int
    satisfied: int
    whom: str


@dataclass(frozen=True, slots=True)
class IssueList:
    """What one inspection handed to one unit. *entries*: days on which later checks entered (回头看, 督察)."""

    number: str
    round: str
    unit: str
    source: str
    feedback_on: date
    inspection_from: date
    inspection_to: date
    plan_approved_at: datetime
    report_due_on: date
    chief: str
    team: tuple[str, ...]  # posts of the leadership team, chief included
    entries: tuple[date, ...] = ()
    reported_rates: tuple[ReportedRate, ...] = ()
    meetings: tuple[Meeting, ...] = ()
    signatures: tuple[Signature, ...] = ()
    surveys: tuple[Survey, ...] = ()


# --- findings -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of the plan and what was reported on it; *kind*: FIX, ACCOUNTABILITY, REGULATION."""

    seq: int
    text: str
    kind: str
    due_on: date
    completion: str = ""
    completed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Milestone:
    """A dated step of a CONTINUOUS finding."""

    text: str
    due_on: date
    held_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """One progress report of the unit; *percent* 0-100."""

    at: datetime
    by: str
    text: str
    percent: int | None = None


@dataclass(frozen=True, slots=True)
class Extension:
    """A later due date that was asked for; *verdict*: approved, refused, or empty while undecided."""

    asked_at: datetime
    from_due_on: date
    until: date
    reason: str
    verdict: str | None = None
    decided_at: datetime | None = None
    decided_by: str | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """The unit reports the finding as rectified; *claimed_heads*: people who are said to have paid back."""

    at: datetime
    by: str
    completion: str
    recovered_yuan: Decimal | None = None
    claimed_heads: int | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """A verdict of one person, with the audit log of the page: *opened_files* are paths under files/."""

    act: str
    by: str
    verdict: str
    comment: str
    opened_at: datetime
    decided_at: datetime
    opened_files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Visit:
    """An on-site check or call-back; *photos* are paths under files/; *result*: held, returned, false."""

    method: str
    started_at: datetime
    ended_at: datetime
    place: str
    inspectors: tuple[str, ...]
    record: str
    result: str
    photos: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """One file attached to one finding; *measure* is the number of a measure of the plan."""

    id: str
    file: str
    filename: str
    kind: EvidenceKind
    purpose: Purpose
    uploaded_at: datetime
    uploader: str
    measure: int | None = None
    locator: str = ""
    effective_on: date | None = None
    withdrawn_at: datetime | None = None
    replaces: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """Money that came back, voucher by voucher."""

    at: datetime
    amount: Decimal
    payer: str
    payee_account: str
    voucher: str


@dataclass(frozen=True, slots=True)
class Waiver:
    """Decided by somebody entitled: *kind* WRITE_OFF, CORRECTED_AMOUNT, NO_ACCOUNTABILITY, MEASURE."""

    kind: str
    reason: str
    decided_by: str
    decided_at: datetime
    amount: Decimal | None = None
    measure: int | None = None


@dataclass(frozen=True, slots=True)
class CallBack:
    """Somebody on the list of a refund was asked whether it is true."""

    at: datetime
    person: str
    confirmed: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class PersonAction:
    """Somebody was dealt with: TALK, CRITICISM, ADMONITION, ORGANISATIONAL, SANCTION; *bars_until*: 影响期."""

    at: datetime
    person: str
    kind: str
    document: str
    bars_until: date | None = None


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """举一反三: what else of the same sort was looked through."""

    at: datetime
    by: str
    scope: str
    checked: int
    found: int
    mended: int


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One sampled fact that does not agree."""

    fact: str
    reported: str
    found: str


@dataclass(frozen=True, slots=True)
class SpotCheck:
    """Facts of the report that somebody outside sampled."""

    at: datetime
    by: str
    facts: int
    mismatches: tuple[Mismatch, ...] = ()


@dataclass(frozen=True, slots=True)
class Execution:
    """A rule was used: USE, CHECK, TRAINING."""

    at: datetime
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Regulation:
    """An entry of the register of regulations; empty where nobody entered anything."""

    file: str
    name: str
    number: str = ""
    adopted_by: str = ""
    issued_on: date | None = None
    distribution: tuple[str, ...] = ()
    executions: tuple[Execution, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem with everything that an office knows about it at *as_of*, the moment when the detector looks."""

    number: str
    list: str
    seq: int
    as_of: datetime
    title: str
    detail: str
    aspect: str
    category: str
    kind: Kind
    source_kind: Kind  # as the inspection classed it
    state: str  # open, submitted, basic_done, signed_off
    due_on: date
    first_due_on: date
    issued_at: datetime
    accepted_at: datetime
    leader: str
    handler: str
    amount_yuan: Decimal | None = None
    headcount: int | None = None
    fund_source: FundSource | None = None
    is_key: bool = False
    is_systemic: bool = False
    needs_onsite: bool = False
    place: Place | None = None
    objects: tuple[str, ...] = ()  # projects, contracts, accounts that the finding names
    co_units: tuple[str, ...] = ()  # units that rectify with it
    signed_off_at: datetime | None = None
    reopened_at: datetime | None = None
    measures: tuple[Measure, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    progress: tuple[Progress, ...] = ()
    extensions: tuple[Extension, ...] = ()
    submissions: tuple[Submission, ...] = ()
    reviews: tuple[Review, ...] = ()
    visits: tuple[Visit, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    callbacks: tuple[CallBack, ...] = ()
    person_actions: tuple[PersonAction, ...] = ()
    self_checks: tuple[SelfCheck, ...] = ()
    spot_checks: tuple[SpotCheck, ...] = ()
    regulations: tuple[Regulation, ...] = ()


# --- what lies beside the findings ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that a unit paid; *payee* is a post code or a name."""

    at: datetime
    unit: str
    payee: str
    amount: Decimal
    purpose: str


@dataclass(frozen=True, slots=True)
class Appointment:
    """Somebody was appointed; *kind*: PROMOTED, TRANSFERRED, REAPPOINTED, DEMOTED."""

    at: datetime
    person: str
    title: str
    kind: str


@dataclass(frozen=True, slots=True)
class Complaint:
    """A petition, hotline call or media piece; *unit* where the register names one."""

    at: datetime
    channel: str
    text: str
    unit: str | None = None
    objects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Registration:
    """A line of a unit's book of documents sent (发文登记簿); *copied_on*: later printed or exported again."""

    unit: str
    number: str
    title: str
    registered_on: date
    copied_on: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A text that an authority gave out for everybody to fill in."""

    name: str
    issued_by: str
    issued_on: date
    text: str


@dataclass(frozen=True, slots=True)
class World:
    """All that an office knows."""

    format: str
    generator: str
    rounds: tuple[Round, ...]
    units: tuple[Unit, ...]
    posts: tuple[Post, ...]
    lists: tuple[IssueList, ...]
    findings: tuple[Finding, ...]
    organisations: tuple[Organisation, ...] = ()
    accounts: tuple[Account, ...] = ()
    affiliates: tuple[Affiliate, ...] = ()
    payments: tuple[Payment, ...] = ()
    appointments: tuple[Appointment, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    registrations: tuple[Registration, ...] = ()
    templates: tuple[Template, ...] = ()


# --- the truth ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Planted:
    """A manipulation: found when *signal* is raised on any of *subjects* (numbers of findings or lists).

    *also*: where raising it is right too. *implies*: other signals that the same facts rightly raise on them.
    """

    signal: str
    strength: Strength
    subjects: tuple[str, ...]
    how: str
    also: tuple[str, ...] = ()
    implies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LookAlike:
    """Honest, and looking like *signal*."""

    signal: str
    subjects: tuple[str, ...]
    how: str


@dataclass(frozen=True, slots=True)
class Labels:
    """The truth about a world; findings that no manipulation names are honest."""

    format: str
    seed: int | None
    styles: tuple[str, ...]
    held_back: bool
    planted: tuple[Planted, ...]
    look_alikes: tuple[LookAlike, ...]

    def dishonest(self) -> frozenset[str]:
        """Return every number, of findings and lists, that a manipulation touches."""
        return frozenset(number for each in self.planted for number in (*each.subjects, *each.also))


# --- reading and writing --------------------------------------------------------------------------------------------


def write_json(path: Path, record: World | Labels) -> None:
    """Write *record* with stable bytes, one line per member of a top-level list."""
    lines = []
    for field in fields(record):
        value = getattr(record, field.name)
        if isinstance(value, tuple) and value:
            text = "[\n" + ",\n".join(_dumped(item) for item in value) + "\n]"
        else:
            text = _dumped(value)
        lines.append(f"{json.dumps(field.name)}: {text}")
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def _dumped(value: object) -> str:
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))


def _plain(value: object) -> object:
    """Return *value* as JSON knows it; members that stand at their default are left out."""
    if is_dataclass(value) and not isinstance(value, type):
        members = ((field, getattr(value, field.name)) for field in fields(value))
        return {field.name: _plain(member) for field, member in members if member != field.default}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal | StrEnum) else value


def read_world(directory: Path) -> World:
    """Read ``world.json`` and make sure that everything it points at is there. Raises Unreadable."""
    world = _read(World, directory / "world.json")
    for problem in _dangling(world, directory):
        raise Unreadable(f"world.json: {problem}")
    return world


def read_labels(directory: Path) -> Labels:
    """Read ``labels.json``, for the scorer only. Raises Unreadable."""
    return _read(Labels, directory / "labels.json")


def _read(kind: type[T], path: Path) -> T:
    try:
        written = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise Unreadable(
            f"{path.name} is missing: a benchmark directory holds world.json, labels.json, files/"
        ) from None
    except ValueError as error:
        raise Unreadable(f"{path.name} is no JSON in UTF-8: {error}") from None
    if isinstance(written, dict) and written.get("format") != FORMAT:
        raise Unreadable(f"{path.name}: format is {written.get('format')!r}, this program reads {FORMAT!r}")
    record: T = _understood(kind, written, path.name)
    return record


_READERS: dict[Any, tuple[type | tuple[type, ...], Callable[[Any], Any], str]] = {
    str: (str, str, "text"),
    int: (int, int, "a whole number"),
    bool: (bool, bool, "true or false"),
    float: ((int, float), float, "a number"),
    Decimal: (str, Decimal, 'yuan or percent as text, "4500.00"'),
    datetime: (str, datetime.fromisoformat, 'a moment with offset, "2025-03-04T09:00:00+08:00"'),
    date: (str, date.fromisoformat, 'a day, "2025-03-04"'),
}


def _understood(kind: Any, written: Any, place: str) -> Any:
    """Return *written* as a value of *kind*. Raises Unreadable naming *place*."""
    if get_origin(kind) in (Union, types.UnionType):
        return None if written is None else _understood(get_args(kind)[0], written, place)
    if get_origin(kind) is tuple:
        if not isinstance(written, list):
            raise Unreadable(f"{place}: a list is asked for")
        return tuple(_understood(get_args(kind)[0], item, f"{place}[{at}]") for at, item in enumerate(written))
    if is_dataclass(kind):
        return _record(kind, written, place)
    if issubclass(kind, StrEnum):
        if written not in set(kind):
            raise Unreadable(f"{place}: {written!r} is none of {', '.join(kind)}")
        return kind(written)
    return _scalar(kind, written, place)


def _scalar(kind: Any, written: Any, place: str) -> Any:
    accepts, read, asked = _READERS[kind]
    if not isinstance(written, accepts) or (isinstance(written, bool) and kind is not bool):
        raise Unreadable(f"{place}: {asked} is asked for, not {written!r}")
    try:
        value = read(written)
    except (ValueError, InvalidOperation):
        raise Unreadable(f"{place}: {asked} is asked for, not {written!r}") from None
    if isinstance(value, datetime) and value.tzinfo is None:
        raise Unreadable(f"{place}: a moment needs its offset, {written!r} has none")
    if isinstance(value, Decimal) and not value.is_finite():
        raise Unreadable(f"{place}: {asked} is asked for, not {written!r}")
    return value


def _record(kind: Any, written: Any, place: str) -> Any:
    if not isinstance(written, dict):
        raise Unreadable(f"{place}: an object is asked for ({kind.__name__})")
    hints, needed = _shape(kind)
    if unknown := sorted(set(written) - set(hints)):
        raise Unreadable(f"{place}: {kind.__name__} knows no {', '.join(unknown)}; it has {', '.join(hints)}")
    if missing := sorted(needed - set(written)):
        raise Unreadable(f"{place}: {', '.join(missing)} missing from {kind.__name__}")
    return kind(**{name: _understood(hints[name], value, f"{place}.{name}") for name, value in written.items()})


@cache
def _shape(kind: Any) -> tuple[Mapping[str, Any], frozenset[str]]:
    return get_type_hints(kind), frozenset(field.name for field in fields(kind) if field.default is MISSING)


_FILE = re.compile(r"[0-9A-Za-z._-]{1,80}")


def files_of(finding: Finding) -> Iterator[str]:
    """Yield every path under files/ that *finding* names, repeated where it is named twice."""
    yield from (evidence.file for evidence in finding.evidence)
    yield from (photo for visit in finding.visits for photo in visit.photos)
    yield from (regulation.file for regulation in finding.regulations)
    yield from (file for review in finding.reviews for file in review.opened_files)


def _dangling(world: World, directory: Path) -> Iterator[str]:
    """Yield a sentence for everything named that is not there, or there twice."""
    for what, codes in (
        ("unit", [unit.code for unit in world.units]),
        ("list", [each.number for each in world.lists]),
        ("finding", [each.number for each in world.findings]),
        ("post", [post.code for post in world.posts]),
        ("account", [account.number for account in world.accounts]),
    ):
        if len(set(codes)) != len(codes):
            yield f"a {what} stands there twice: {next(code for code in codes if codes.count(code) > 1)}"
    units, lists = {unit.code for unit in world.units}, {each.number for each in world.lists}
    posts, accounts = {post.code for post in world.posts}, {account.number for account in world.accounts}
    yield from (f"list {each.number}: no unit {each.unit}" for each in world.lists if each.unit not in units)
    yield from (f"post {post.code}: no unit {post.unit}" for post in world.posts if post.unit not in units)
    for finding in world.findings:
        if finding.list not in lists:
            yield f"finding {finding.number}: no list {finding.list}"
        acting = {finding.leader, finding.handler, *(review.by for review in finding.reviews)}
        acting |= {each.uploader for each in finding.evidence} | {each.by for each in finding.submissions}
        acting |= {inspector for visit in finding.visits for inspector in visit.inspectors}
        yield from (f"finding {finding.number}: no post {post}" for post in sorted(acting - posts))
        paid_to = {receipt.payee_account for receipt in finding.receipts} - accounts
        yield from (f"finding {finding.number}: no account {number}" for number in sorted(paid_to))
        yield from (f"finding {finding.number}: {why}" for why in _missing_files(finding, directory))


def _missing_files(finding: Finding, directory: Path) -> Iterator[str]:
    for file in sorted(set(files_of(finding))):
        if not _FILE.fullmatch(file) or PurePosixPath(file).name != file or file.startswith("."):
            yield f"{file!r} is no name of a file under files/ (letters, digits, dot, dash)"
        elif not (directory / "files" / file).is_file():
            yield f"files/{file} is missing"
