"""Findings and papers while they are being made up: what the tricks change before anything is written."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from cases.evidence import EvidenceKind, Purpose
from cases.finding import Kind
from cases.moments import SHANGHAI
from tests.bench.paper_world.city import City, Home
from tests.bench.paper_world.scenarios import Scenario
from tests.bench.paper_world.styles import Deed, Style
from xiaohao import bench_format as form


@dataclass
class Photo:
    """A picture to be drawn: the same *scene* is the same spot, *state* what is to be seen there, *shot* the moment."""

    scene: int
    state: int
    shot: int
    taken_at: datetime | None
    lat: float | None
    lon: float | None
    change: str = ""  # "", crop, recompress, flip, brighten: what was done to an older picture


@dataclass
class Paper:
    """A file to be written. *lines* are its text; a workbook has *rows*, a picture a *photo*."""

    kind: EvidenceKind
    title: str
    lines: list[str]
    created: datetime
    modified: datetime
    stated_on: date | None = None
    number: str = ""
    form: str = "docx"
    filename: str = ""
    author: str = ""
    rows: list[list[object]] = field(default_factory=list)
    photo: Photo | None = None
    adopted_by: str = ""
    distribution: tuple[str, ...] = ()
    body: tuple[int, int] = (0, 0)  # where in *lines* the paragraphs stand that are no form: from, to


@dataclass
class Link:
    """A paper attached to a finding."""

    paper: Paper
    purpose: Purpose
    uploaded_at: datetime
    uploader: str
    measure: int | None = None
    locator: str = ""
    withdrawn_at: datetime | None = None
    replaces: "Link | None" = None


@dataclass
class Rule:
    """An entry of the register of regulations for a paper."""

    paper: Paper
    name: str
    number: str
    adopted_by: str
    issued_on: date | None
    distribution: tuple[str, ...]
    executions: list[form.Execution]


@dataclass
class Draft:
    """A finding being made up; names as in `xiaohao.bench_format.Finding`."""

    number: str
    seq: int
    home: Home
    scenario: Scenario
    style: Style
    values: dict[str, object]  # of the grammar: the facts of this finding
    title: str
    detail: str
    kind: Kind
    source_kind: Kind
    due_on: date
    first_due_on: date
    issued_at: datetime
    accepted_at: datetime
    leader: str
    handler: str
    as_of: datetime
    amount: Decimal | None
    heads: int | None
    state: str = "signed_off"
    systemic: bool = False
    onsite: bool = False
    place: form.Place | None = None
    objects: tuple[str, ...] = ()
    co_units: tuple[str, ...] = ()
    done_at: datetime | None = None
    signed_off_at: datetime | None = None
    reopened_at: datetime | None = None
    deeds: list[Deed] = field(default_factory=list)
    measures: list[form.Measure] = field(default_factory=list)
    milestones: list[form.Milestone] = field(default_factory=list)
    progress: list[form.Progress] = field(default_factory=list)
    extensions: list[form.Extension] = field(default_factory=list)
    submission: form.Submission | None = None
    reviews: list[form.Review] = field(default_factory=list)  # opened_files are filled when files have names
    opened: dict[str, int] = field(default_factory=dict)  # act -> how many of the papers were opened
    visits: list[form.Visit] = field(default_factory=list)
    visit_photos: list[Paper] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    receipts: list[form.Receipt] = field(default_factory=list)
    waivers: list[form.Waiver] = field(default_factory=list)
    callbacks: list[form.CallBack] = field(default_factory=list)
    person_actions: list[form.PersonAction] = field(default_factory=list)
    self_checks: list[form.SelfCheck] = field(default_factory=list)
    spot_checks: list[form.SpotCheck] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)

    @property
    def done(self) -> bool:
        """Whether the unit has reported it as rectified."""
        return self.submission is not None

    def papers(self, *kinds: EvidenceKind) -> list[Paper]:
        """Return the attached papers, all or of *kinds*."""
        return [link.paper for link in self.links if not kinds or link.paper.kind in kinds]

    def forget(self) -> None:
        """Take back everything that was told of the rectification; the problem stays."""
        self.state, self.submission = "signed_off", None
        self.done_at = self.signed_off_at = self.reopened_at = None
        self.opened.clear()
        for told in (
            *(self.deeds, self.measures, self.milestones, self.progress, self.extensions, self.reviews, self.visits),
            *(self.visit_photos, self.links, self.receipts, self.waivers, self.callbacks, self.person_actions),
            *(self.self_checks, self.spot_checks, self.rules),
        ):
            told.clear()

    def say(self, completion: str) -> None:
        """Let the unit report *completion*."""
        assert self.submission is not None
        self.submission = replace(self.submission, completion=completion)


@dataclass
class ListDraft:
    """The findings of one inspection of one unit."""

    number: str
    round: form.Round
    home: Home
    style: Style
    feedback_on: date
    inspection_from: date
    inspection_to: date
    plan_approved_at: datetime
    report_due_on: date
    as_of: datetime
    findings: list[Draft] = field(default_factory=list)
    entries: tuple[date, ...] = ()
    rates: list[form.ReportedRate] = field(default_factory=list)
    meetings: list[form.Meeting] = field(default_factory=list)
    signatures: list[form.Signature] = field(default_factory=list)
    surveys: list[form.Survey] = field(default_factory=list)
    tricked: bool = False  # the list as a whole

    @property
    def late(self) -> bool:
        """Whether the detector looks after the whole window, not midway."""
        return (self.as_of.date() - self.feedback_on).days > 300


@dataclass
class WorldDraft:
    """A city with its lists, and the registers beside them."""

    rng: Random
    city: City
    lists: list[ListDraft] = field(default_factory=list)
    payments: list[form.Payment] = field(default_factory=list)
    appointments: list[form.Appointment] = field(default_factory=list)
    complaints: list[form.Complaint] = field(default_factory=list)
    registrations: list[form.Registration] = field(default_factory=list)
    templates: list[form.Template] = field(default_factory=list)
    planted: list[form.Planted] = field(default_factory=list)
    look_alikes: list[form.LookAlike] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)  # numbers of findings that bear a trick or a look-alike

    def list_of(self, draft: Draft) -> ListDraft:
        """Return the list that *draft* stands on."""
        return next(each for each in self.lists if each.home is draft.home and draft in each.findings)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """Return a moment of a day in Shanghai."""
    return datetime.combine(day, time(hour, minute), SHANGHAI)


def moment(rng: Random, day: date) -> datetime:
    """Return some moment in the office hours of *day*."""
    return at(day, rng.choice((8, 9, 9, 10, 11, 14, 15, 15, 16, 17)), rng.randrange(60)) + timedelta(
        seconds=rng.randrange(60)
    )


def workday(day: date) -> date:
    """Return *day*, or the Monday after it."""
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)
