"""What the signals read: one frozen snapshot of a finding, or of a list, with its neighbours, as of a moment.

A loader (`tasks.signals`) fills it in from the tables, the benchmark from a folder; the rules cannot tell which.
``None`` means *not known*, an empty tuple means *known to be none*: a rule that needs what is not known says
`Unsure` and never takes the gap for evidence. Nothing in a snapshot is younger than its ``as_of``.
Moments are UTC, dates are days in Shanghai, money is yuan. Source: DOMAIN.md 3.3 and 3.4.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from cases.evidence import EvidenceKind
from cases.evidence_facts import Fact
from cases.moments import shanghai_date

# --- documents ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Quote:
    """A passage that a person can look up: what it says, and where it stands."""

    text: str
    place: str


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The same file (by content) in the dossier of another finding."""

    finding_id: int
    number: str
    unit_id: int
    locator: str
    submitted: bool = False


@dataclass(frozen=True, slots=True)
class Similar:
    """A text of another finding that is nearly the same, boilerplate and shared official documents left out.

    *percent* is the Jaccard similarity of five-character shingles; *ours* and *theirs* are the longest passage that
    both have, each at its place. *joint*: both are told to take this measure together.
    """

    finding_id: int
    number: str
    unit_id: int
    percent: int
    ours: Quote
    theirs: Quote
    joint: bool = False
    later: bool = False  # came in after ours: then ours is not the copy


@dataclass(frozen=True, slots=True)
class PhotoNear:
    """A picture that looks the same: *distance* is the Hamming distance of 64-bit perceptual hashes."""

    finding_id: int
    number: str
    evidence_id: int
    filename: str
    distance: int


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A piece of evidence of this cycle.

    *effective_on* is the date that the document itself states as its uploader or reader gave it; *text* and *facts*
    are what was read of it (``None``: not read yet, or unreadable). *exempt*: on the list of approved templates.
    """

    id: int
    sha256: str
    filename: str
    kind: EvidenceKind
    purpose: str
    effective_on: date | None = None
    locator: str = ""
    elsewhere: tuple[Elsewhere, ...] = ()
    uploaded_at: datetime | None = None
    measure: int | None = None
    text: str | None = None
    facts: tuple[Fact, ...] | None = None
    similar: tuple[Similar, ...] = ()
    photos_near: tuple[PhotoNear, ...] = ()
    exempt: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """Evidence that was added, replaced or withdrawn after the sign-off, while the finding was closed."""

    id: int
    filename: str
    what: str  # added, replaced, withdrawn
    at: datetime


# --- measures and words ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Planned:
    """A measure of the plan, and what the last submission says was done about it.

    *kind* is FIX, ACCOUNTABILITY or REGULATION; *similar* are measures of other findings.
    """

    seq: int
    text: str
    done: str = ""
    kind: str = "FIX"
    due_on: date | None = None
    similar: tuple[Similar, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """An entry of progress that was made before the submission."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Extended:
    """More time that was asked for; *verdict* is approved, refused or empty."""

    asked_at: datetime
    decided_at: datetime | None
    verdict: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Names:
    """Names of organisations and places: *own* may stand in the papers of this unit, *foreign* belong to others.

    *outside* are those of the foreign that belong to no unit of ours: companies, and offices of other places.
    """

    own: frozenset[str] = frozenset()
    foreign: frozenset[str] = frozenset()
    outside: frozenset[str] = frozenset()


# --- money and people -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Recovery:
    """Money that came back; *account* says whose the receiving account is.

    One of `cases.registers.ACCOUNTS`, or empty where nobody knows the account.
    """

    id: int
    at: datetime
    amount: Decimal
    payer: str
    account: str
    payee: str = ""


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that the unit, its superior or an affiliate paid out; *timed*: the hour is known, not the day only."""

    id: int
    at: datetime
    amount: Decimal
    payee: str
    purpose: str
    timed: bool = True


@dataclass(frozen=True, slots=True)
class Callback:
    """What somebody on a list of refunds said when asked."""

    id: int
    person: str
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Waiver:
    """A decision outside the unit that *what* is not asked for.

    ``amount`` (written off, or corrected by 复核; *amount* is what need not come back), ``accountability``
    (不予追究说明), ``on_site``, ``self_check``.
    """

    what: str
    amount: Decimal | None = None
    decided_on: date | None = None


@dataclass(frozen=True, slots=True)
class PersonAction:
    """What was done about a person; *until* ends the time in which a sanction has effect (影响期)."""

    id: int
    person: str
    kind: str  # talk, criticism, admonition, organisational, dismissal, sanction
    on: date
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Appointment:
    """Somebody was appointed or promoted."""

    id: int
    person: str
    title: str
    on: date
    kind: str = "promoted"  # promoted, reappointed, transferred, demoted


# --- the process ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opinion:
    """A verdict that let the submission pass.

    *in_a_row* is how many findings the same person let pass in the minutes around it; *seconds* the time on the page,
    *files* how many there were to open and *opened* how many he opened. *meeting*: given in a meeting or on paper.
    """

    id: int
    act: str
    person: str
    comment: str
    in_a_row: int = 1
    person_id: int = 0
    at: datetime | None = None
    seconds: int | None = None
    files: int = 0
    opened: int | None = None
    meeting: bool = False


@dataclass(frozen=True, slots=True)
class Visit:
    """A look-back that was confirmed."""

    id: int
    inspectors: int
    from_outside: bool
    place: str
    on: date | None = None
    method: str = ""
    photos: int | None = None


@dataclass(frozen=True, slots=True)
class Executed:
    """A regulation was used, checked or taught; *sha256* names its file, empty where it is only told by title."""

    on: date
    sha256: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Regulated:
    """What the register of regulations says of one; empty where nobody entered it."""

    title: str
    on: date
    number: str = ""
    adopted_by: str = ""
    distribution: str = ""


@dataclass(frozen=True, slots=True)
class Issued:
    """A line of the unit's book of documents sent (发文登记簿): the original registration speaks for a late copy."""

    number: str
    title: str
    on: date
    copied_on: date | None = None


@dataclass(frozen=True, slots=True)
class SpotCheck:
    """Facts of the dossier that were asked about on the spot, and how many did not agree."""

    id: int
    on: date
    asked: int
    mismatches: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A dated milestone of a CONTINUOUS finding."""

    due_on: date
    held: bool = False


# --- the neighbourhood ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Earlier:
    """A finding of the same unit that was closed before this one was found; *percent* compares the texts."""

    finding_id: int
    number: str
    category: str
    closed_on: date
    percent: int
    same_object: bool = False
    ours: Quote = Quote("", "")
    theirs: Quote = Quote("", "")
    figures: tuple[str, ...] = ()  # counts, amounts and years that both name


@dataclass(frozen=True, slots=True)
class Complaint:
    """A petition, a call or an article that speaks of this finding's object; *percent* compares the texts.

    *passages* are the runs of characters that both have, the names of the unit left out.
    """

    id: int
    source: str
    on: date
    text: str
    percent: int
    same_object: bool = False
    passages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UnitPace:
    """How the findings of the unit in the same list reached their submission, this one included."""

    findings: int
    submitted_at: tuple[datetime, ...] = ()
    with_progress: int = 0  # of those submitted: had an entry of progress or evidence at least a week before


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the signals read of a finding in its present cycle, as of a moment."""

    finding_id: int
    number: str
    unit_id: int
    kind: str  # cases.finding.Kind
    as_of: datetime
    feedback_on: date | None = None
    issued_on: date | None = None
    due_on: date | None = None
    overdue_since: date | None = None
    submitted_at: datetime | None = None
    last_progress_on: date | None = None
    extensions: int = 0  # approved in this cycle
    measures: tuple[Planned, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()
    opinions: tuple[Opinion, ...] = ()
    visits: tuple[Visit, ...] = ()

    title: str = ""
    detail: str = ""
    category: str = ""
    amount: Decimal | None = None
    headcount: int | None = None
    is_systemic: bool = False
    needs_on_site: bool | None = None
    location: tuple[float, float] | None = None  # latitude, longitude
    classed_as: str = ""  # kind as the source wrote it
    inspected_from: date | None = None
    inspected_until: date | None = None
    entries: tuple[date, ...] = ()  # days on which a later inspection, supervision or campaign entered or will enter
    plan_approved_on: date | None = None
    first_due_on: date | None = None
    signed_off_at: datetime | None = None
    counted_done: bool | None = None  # the unit's report counts it as finished
    completion: str = ""  # what the last submission says
    claimed_amount: Decimal | None = None
    claimed_persons: int | None = None
    progress: tuple[Progress, ...] = ()
    extended: tuple[Extended, ...] = ()
    names: Names = Names()
    recoveries: tuple[Recovery, ...] | None = None
    fund: str = ""  # cases.registers.FUNDS: whose money it was, empty where nobody said
    payments: tuple[Payment, ...] | None = None
    affiliates: tuple[tuple[str, str], ...] = ()  # (party, its affiliate)
    callbacks: tuple[Callback, ...] | None = None
    waivers: tuple[Waiver, ...] = ()
    person_actions: tuple[PersonAction, ...] | None = None
    appointments: tuple[Appointment, ...] | None = None
    executed: tuple[Executed, ...] | None = None
    regulations: tuple[Regulated, ...] = ()
    issued_documents: tuple[Issued, ...] = ()
    self_checks: tuple[date, ...] | None = None
    spot_checks: tuple[SpotCheck, ...] | None = None
    milestones: tuple[Step, ...] = ()
    earlier: tuple[Earlier, ...] | None = None
    complaints: tuple[Complaint, ...] | None = None
    pace: UnitPace | None = None
    changes: tuple[Change, ...] = ()
    participants: tuple[tuple[str, int], ...] = ()  # (submitted | reviewed | signed | verified | looked_back, person)
    unit_people: frozenset[int] = frozenset()  # who works in the responsible unit

    @property
    def today(self) -> date:
        """The day of the snapshot in Shanghai."""
        return shanghai_date(self.as_of)

    @property
    def text(self) -> str:
        """The words of the finding."""
        return f"{self.title}。{self.detail}" if self.detail and self.detail != self.title else self.title

    @property
    def submitted(self) -> bool:
        """Whether the unit has said in this cycle that the finding is rectified."""
        return self.submitted_at is not None


# --- a list ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reported:
    """What the unit reported of itself: *done* of *total*, and the rate in hundredths of a percent if it named one."""

    id: int
    on: date
    done: int
    total: int
    rate: int | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """What the items themselves said on the day of a report."""

    on: date
    done: int
    total: int
    basically_done: int = 0
    continuous: int = 0


@dataclass(frozen=True, slots=True)
class Survey:
    """A survey of satisfaction, in percent; *asked* sheets went out and *answered* came back."""

    id: int
    on: date
    asked: int
    answered: int
    satisfied_percent: int


@dataclass(frozen=True, slots=True)
class ListSnapshot:
    """What the signals read of an issue list: how the unit as a whole rectifies and reports."""

    list_id: int
    number: str
    unit_id: int
    as_of: datetime
    findings: int
    done: int
    reported: tuple[Reported, ...] = ()
    counted: tuple[Counted, ...] = ()
    surveys: tuple[Survey, ...] | None = None
    chief_owns: int | None = None  # findings that the chief took upon himself
    meetings: int | None = None  # meetings on the rectification that were registered
    chief_attended: int | None = None
    chief_signed: Mapping[str, bool] | None = None  # plan, report -> whether he signed; only papers that are due


# --- what a rule answers --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Parameters:
    """The rows of one signal: how grave, what follows, and its numbers by name.

    *may_block*: on worlds of several hands it was right often enough to stand in the way of a sign-off; otherwise it is
    MEDIUM at most, whatever its row or its rule says.
    """

    severity: str
    action: str
    numbers: Mapping[str, int]
    may_block: bool = True

    def grave(self, found: str | None) -> str:
        """Return how grave a hit is for which the rule itself says *found*."""
        severity = found or self.severity
        return severity if self.may_block else min(severity, "MEDIUM", key=SEVERITIES.index)


@dataclass(frozen=True, slots=True)
class Found:
    """What a rule found.

    *facts* fill in the sentence ``signal.<signal>``; *same* is what makes it the same find the next time; *severity*
    where the rule knows it to be graver or lighter than its row says.
    """

    facts: Mapping[str, str | int]
    same: Iterable[object]
    quotes: tuple[Quote, ...] = field(default=())
    severity: str | None = None


@dataclass(frozen=True, slots=True)
class Unsure:
    """A rule cannot know; *lacks* are keys ``signal_lacks.<key>`` of what would have to be entered."""

    lacks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A signal that fired; *facts* fill in the sentence ``signal.<signal>``."""

    signal: str
    severity: str
    facts: Mapping[str, str | int]
    quotes: tuple[Quote, ...]
    fingerprint: str
    rule_version: int = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """What all the rules say: what fired, and what could not be known."""

    hits: tuple[Hit, ...] = ()
    unsure: Mapping[str, Unsure] = field(default_factory=dict)


Numbers = Mapping[str, int]
Outcome = Found | Unsure | None
Rule = Callable[[Snapshot, Numbers], Outcome]
ListRule = Callable[[ListSnapshot, Numbers], Outcome]

SEVERITIES: Final = ("LOW", "MEDIUM", "HIGH", "CRITICAL")


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal: its rule, the version of the rule, and its standard name.

    Raise *version* with every change of the rule: hits keep the version that made them.
    """

    id: str  # PR-01
    code: str  # EVIDENCE_REUSED
    rule: Rule | None = None
    list_rule: ListRule | None = None
    version: int = 1
