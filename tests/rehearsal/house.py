"""The demonstration house under a clock that is set: patrols and letters each morning, and what its rows say."""

import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, func, select

from cases.moments import SHANGHAI
from notifications.smtp import Server
from persistence import failures
from persistence.attachments import Attachments
from persistence.database import Database
from persistence.seal import Keyring
from persistence.tables import (
    extensions,
    findings,
    issue_lists,
    notices,
    open_tasks,
    outbox,
    people,
    posts,
    submissions,
    tenures,
    units,
)
from tasks.begin import begin
from tasks.catalogue import every_act
from tasks.deliver import House, deliver
from tasks.office import Office
from tasks.passwords import Passwords
from tasks.patrols.walk import walk
from tests.rehearsal.reckoning import Finding, Line, State, Unit
from tests.support.mail import MailServer
from tests.tasks import town as towns
from xiaohao.demonstration import furnish
from xiaohao.demonstration_story import tell_story
from xiaohao.halves import KEYS

MORNING = 8  # o'clock: behind the slots of the night
BASE = "https://xiaohao.example.org"
OF_THE_LADDER = ("ladder_notice", "rung_proposed", "suspicion_undecided", "finding_overdue", "calendar_missing")


def moment(day: date, hour: int = MORNING, minute: int = 0) -> datetime:
    """Return a moment of a day in Shanghai."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)


@dataclass
class Rehearsed:
    """The house; *now* is the clock on its wall, *mail* where its letters arrive."""

    folder: Path
    mail: MailServer
    now: datetime
    keyring: Keyring | None = None  # None: made in the folder
    complaints: list[str] = field(default_factory=list)  # of patrols and commands
    arrived: dict[str, list[date]] = field(default_factory=lambda: defaultdict(list))  # by Message-ID
    letters: Counter[str] = field(default_factory=Counter)  # by day
    unasked: list[tuple[date, str]] = field(default_factory=list)  # subjects of what clock and patrols said

    def __post_init__(self) -> None:
        every_act()
        self.database = Database(f"sqlite:///{self.folder}/xiaohao.sqlite")
        self.office = Office(self.database, self.keyring or Keyring.make(self.folder / KEYS), now=lambda: self.now)
        self.attachments = Attachments(self.folder / "evidence")
        self.server = replace(Server.parse(self.mail.url), authorities=str(self.mail.certificate))

    def patrol(self, day: date) -> None:
        """Let the patrols of a morning happen."""
        self.now = moment(day)
        walked = walk(self.office, self.attachments, self.now)
        self.complaints += [f"{name}: {cause}" for name, cause in walked.broken.items()]

    def by_command(self, day: date) -> None:
        """Let a morning happen by the command line alone, in processes of their own."""
        self.now = moment(day)
        for command in ("patrol", "deliver"):
            self.complaints += self._run(command, "--at", self.now.isoformat(), "--json")
        self._note_arrivals(day, unasked=True)

    def _run(self, *words: str) -> list[str]:
        """Run a command of this house and return what it complained about."""
        mail = f"{self.mail.url}&ca={quote(str(self.mail.certificate))}"
        ours = {"XIAOHAO_DATA": str(self.folder), "XIAOHAO_SMTP_URL": mail, "XIAOHAO_BASE_URL": BASE}
        others = {name: value for name, value in os.environ.items() if not name.startswith("XIAOHAO_")}
        program = [sys.executable, "-c", "from xiaohao.command import main; main()", *words]
        done = subprocess.run(program, env=others | ours, capture_output=True, text=True, check=False)
        return [f"{words[0]} ends {done.returncode}: {done.stdout}{done.stderr}"] if done.returncode else []

    def send(self, day: date, *, unasked: bool = False) -> None:
        """Send what is due, and put down what arrived; *unasked*: no person has acted since the last time."""
        self.now = max(self.now, moment(day, MORNING, 30))
        while any(deliver(self.office, self.server, House(BASE), now=self.now).values()):
            pass
        self._note_arrivals(day, unasked=unasked)

    def _note_arrivals(self, day: date, *, unasked: bool) -> None:
        for received in self.mail.received:
            self.arrived[str(received.message["Message-ID"])].append(day)
            self.letters[str(day)] += 1
            self.unasked += [(day, str(received.message["Subject"]))] if unasked else []
        self.mail.received.clear()

    # --- what stands there ------------------------------------------------------------------------------------------

    def state(self, day: date) -> State:
        """Read the rows that a reckoning needs, plainly."""
        with self.database.reading() as conn:
            return read_state(conn, day)

    def said_before(self) -> Iterator[tuple[str, int, str, str, str]]:
        """Yield what the ladder has said so far: (number, cycle, code, trigger, period)."""
        with self.database.reading() as conn:
            named = dict(conn.execute(select(findings.c.id, findings.c.number)).tuples().all())
            rows = conn.execute(select(notices).where(notices.c.outcome != "skipped")).all()
        for row in rows:
            if row.kind in ("finding", "suspicion", "unit"):
                number = f"unit {row.subject}" if row.kind == "unit" else named[row.subject]
                number = f"suspicion {number}" if row.kind == "suspicion" else number
                yield number, row.cycle, row.code, row.trigger, row.period

    def marked_before(self) -> Iterator[tuple[str, int, date]]:
        """Yield the findings that are marked overdue: (number, cycle, due day)."""
        with self.database.reading() as conn:
            rows = conn.execute(select(findings).where(findings.c.overdue_since.is_not(None))).all()
        for row in rows:
            yield row.number, row.cycle, row.due_on

    def lines_since(self, first: date) -> list[Line]:
        """Return the letters of the ladder as they were owed from *first* on and arrived, each as often as it came."""
        query = select(outbox).where(outbox.c.letter.in_(OF_THE_LADDER), outbox.c.created_at >= moment(first, 0))
        with self.database.reading() as conn:
            rows = conn.execute(query.order_by(outbox.c.id)).all()
        return [line for row in rows for line in self._lines(row)]

    def _lines(self, row: Any) -> Iterator[Line]:
        what = {"finding_overdue": "overdue", "calendar_missing": "calendar_missing"}
        code = what.get(row.letter) or row.facts["rung"]
        how = "proposed" if row.letter == "rung_proposed" else "told"
        for day in self.arrived.get(f"<letter-{row.id}@xiaohao.example.org>", ()):
            yield Line(day, row.facts["number"], code, how, row.address)

    def left_over(self) -> list[str]:
        """Return the letters that are neither sent nor superseded."""
        with self.database.reading() as conn:
            rows = conn.execute(select(outbox).where(outbox.c.state.not_in(("sent", "superseded")))).all()
        return [f"{row.letter} {row.facts.get('number')} {row.address or row.role} {row.state}" for row in rows]

    def failures(self) -> int:
        """Return how many things fail at present."""
        with self.database.reading() as conn:
            return failures.count_at_present(conn)


@contextmanager
def demonstration(folder: Path, mail: MailServer, today: date, *, more: int = 0) -> Iterator[Rehearsed]:
    """Make the demonstration house as it is on the evening before *today*, its letters of the past sent."""
    folder.mkdir(parents=True, exist_ok=True)
    before = today - timedelta(days=1)
    house = Rehearsed(folder, mail, moment(before, 18))
    begin(house.office, rehearsal=True)
    furnish(house.office, Passwords(cheap=True))
    tell_story(house.office, house.attachments, findings=more)
    house.send(before)
    house.letters.clear()
    try:
        yield house
    finally:
        house.database.dispose()


@contextmanager
def town(folder: Path, mail: MailServer, today: date) -> Iterator[Rehearsed]:
    """Make a house with one unit and three findings that are due on one day: what a short rehearsal can afford."""
    folder.mkdir(parents=True, exist_ok=True)
    towns.build(f"sqlite:///{folder}/xiaohao.sqlite")
    house = Rehearsed(folder, mail, moment(today - timedelta(days=1), 18), towns.KEYS)
    house.send(today - timedelta(days=1))
    try:
        yield house
    finally:
        house.database.dispose()


def read_state(conn: Connection, day: date) -> State:
    """Read findings, units and people as they stand."""
    seats = _seats(conn, day)
    asked = {case: _day(since) for case, since in conn.execute(_undecided())}
    extended = _extended(conn)
    handed_in = _handed_in(conn)
    back_since = dict(conn.execute(_back()).tuples().all())
    newest: dict[int, str] = {}
    for row in conn.execute(
        select(issue_lists).where(issue_lists.c.feedback_on.is_not(None)).order_by(issue_lists.c.id)
    ):
        newest[row.unit_id] = row.number
    read = []
    for row in conn.execute(select(findings).order_by(findings.c.number)):
        own = {"handler": row.handler_post_id, "responsible_leader": row.leader_post_id, "chief": row.chief_post_id}
        in_time = [
            at for cycle, at in handed_in[row.id] if cycle == row.cycle and row.due_on and _day(at) <= row.due_on
        ]
        back = back_since.get(row.id)
        read.append(Finding(
            number=row.number, cycle=row.cycle, is_open=row.state == "open",
            is_suspended=row.state == "suspended", unit=row.unit_id, due_on=row.due_on,
            issued_on=_day(row.issued_at), extended_on=_day(extended.get((row.id, row.cycle))),
            progress_on=_day(row.progress_at), returns=row.returns, is_key=row.is_key,
            is_submitted=row.submitted_at is not None,
            came_late=bool(row.submitted_at and row.due_on and _day(row.submitted_at) > row.due_on),
            was_kept=bool(in_time and back and row.due_on and _day(back) > row.due_on),
            undecided_since=asked.get(row.id) if row.state in ("open", "signed_off") else None,
            people=seats.of(row.unit_id, own),
        ))  # fmt: skip
    heaps = {unit: Unit(number, seats.of(unit, {})) for unit, number in newest.items()}
    return State(tuple(read), heaps, seats.by_roles["system_admin"])


def _day(at: datetime | None) -> Any:
    return at.astimezone(SHANGHAI).date() if at else None


def _undecided() -> Any:
    since = func.min(open_tasks.c.since).label("since")
    return (
        select(open_tasks.c.case_id, since).where(open_tasks.c.act == "decide_suspicion").group_by(open_tasks.c.case_id)
    )


def _extended(conn: Connection) -> Mapping[tuple[int, int], datetime]:
    """Return when a finding was last given more time, by finding and cycle."""
    approved = select(extensions).where(extensions.c.verdict == "approved").order_by(extensions.c.decided_at)
    return {(row.finding_id, row.cycle): row.decided_at for row in conn.execute(approved)}


def _back() -> Any:
    since = func.min(open_tasks.c.since)
    handing_in = open_tasks.c.act == "submit_rectification"
    return select(open_tasks.c.case_id, since).where(handing_in).group_by(open_tasks.c.case_id)


def _handed_in(conn: Connection) -> Mapping[int, list[tuple[int, datetime]]]:
    found: dict[int, list[tuple[int, datetime]]] = defaultdict(list)
    for row in conn.execute(select(submissions.c.finding_id, submissions.c.cycle, submissions.c.at)):
        found[row.finding_id].append((row.cycle, row.at))
    return found


_UP = (("verification_leader", "inspection_office_head"), ("inspection_office_head", "leading_group"))


@dataclass(frozen=True)
class _Seats:
    """Who sits on which post on a day, by addresses."""

    rows: Sequence[Any]  # post, role, unit of the post, scope, address
    superior: Mapping[int, int | None]  # unit -> post

    def on(self, post: int | None) -> frozenset[str]:
        """Return who holds a post."""
        return frozenset(row.email for row in self.rows if row.id == post)

    @cached_property
    def by_roles(self) -> Mapping[str, frozenset[str]]:
        """Return who holds a post with a role anywhere."""
        held: dict[str, frozenset[str]] = defaultdict(frozenset)
        for row in self.rows:
            held[row.role] |= {row.email}
        return held

    def of(self, unit: int, own: Mapping[str, int | None]) -> Mapping[str, frozenset[str]]:
        """Return the people of a case of a unit by role; a vacant post of the unit is answered for by its chief."""
        chief = frozenset(row.email for row in self.rows if row.role == "chief" and row.unit_id == unit)
        told: dict[str, frozenset[str]] = defaultdict(frozenset)
        told |= self.by_roles
        told |= {role: self.on(post) or chief for role, post in own.items()}
        told |= {"chief": self.on(own.get("chief")) or chief, "superior_leader": self.on(self.superior[unit])}
        for role, next_up in _UP:
            told[role] = told[role] or told[next_up]
        return told


def _seats(conn: Connection, day: date) -> _Seats:
    holds = (tenures.c.valid_from <= day) & (tenures.c.valid_until.is_(None) | (tenures.c.valid_until >= day))
    query = (
        select(posts.c.id, posts.c.role, posts.c.unit_id, people.c.email)
        .join(tenures, tenures.c.post_id == posts.c.id)
        .join(people, people.c.id == tenures.c.person_id)
        .where(holds)
    )
    superior = dict(conn.execute(select(units.c.id, units.c.superior_post_id)).tuples().all())
    return _Seats(conn.execute(query).all(), superior)
