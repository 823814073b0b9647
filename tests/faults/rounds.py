"""Rounds of faults: which comes when, what one found, and the ground that they share."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Self

from cases.moments import SHANGHAI
from tests.faults import commands
from tests.faults.forks import Ended, Forks
from tests.faults.houses import House, copy_of
from tests.faults.own_postgres import OwnPostgres, own_postgres
from tests.support import postgres


class Skipped(Exception):
    """This machine cannot do it; the message says what it lacks."""


@dataclass(frozen=True)
class Found:
    """What one round found. It held when nothing stands in *wrong*."""

    wrong: tuple[str, ...] = ()
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    stuck: int = 0

    @property
    def held(self) -> bool:
        """Whether everything was as promised."""
        return not (self.wrong or self.lost or self.doubled or self.stuck)


@dataclass
class Verdict:
    """Gathers what a round finds, sentence by sentence."""

    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    stuck: int = 0
    wrong: list[str] = field(default_factory=list)

    def expect(self, holds: bool, otherwise: str) -> None:
        """Note *otherwise* unless it holds."""
        if not holds:
            self.wrong.append(otherwise)

    def compare(self, was: Counter[str], should: Counter[str], when: str) -> None:
        """Count what is missing and what is there twice."""
        missing, surplus = should - was, was - should
        self.lost += sum(missing.values())
        self.doubled += sum(surplus.values())
        if missing:
            self.wrong.append(f"{when}: lost {dict(missing)}")
        if surplus:
            self.wrong.append(f"{when}: doubled {dict(surplus)}")

    def examine(self, house: House, when: str) -> None:
        """Ask the house itself how it is: doctor, audit verify, and what is stuck."""
        self.wrong += [f"{when}: {complaint}" for complaint in house.complaints()]
        stuck = house.stuck()
        self.stuck += len(stuck)
        self.wrong += [f"{when}: {one}" for one in stuck]

    def spoke(self, ended: Ended, when: str) -> None:
        """Whatever happens, people read a sentence, never a traceback."""
        if "Traceback (most recent call last)" in ended.err + ended.out:
            self.wrong.append(f"{when}: a traceback: {ended.said}")

    def found(self) -> Found:
        """Return what the round found."""
        return Found(tuple(self.wrong), self.acknowledged, self.lost, self.doubled, self.stuck)


@dataclass(frozen=True)
class Kind:
    """A kind of fault. *attempt* does the round of a number; the generator knows seed, kind and number alone."""

    name: str
    what: str
    attempt: Callable[["Ground", int, Random], Found]
    often: int  # rounds of it among the hundred of a full turn; 0: once in a thousand, for it takes minutes


@dataclass
class Tally:
    """What the rounds of one kind found together."""

    tried: int = 0
    held: int = 0
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    stuck: int = 0
    seconds: float = 0.0
    skipped: str = ""

    def add(self, found: Found, seconds: float) -> None:
        """Count one more round."""
        self.tried += 1
        self.held += found.held
        self.acknowledged += found.acknowledged
        self.lost += found.lost
        self.doubled += found.doubled
        self.stuck += found.stuck
        self.seconds += seconds


@dataclass
class Ground:
    """What all rounds share: the server of processes, houses to copy, a folder; a PostgreSQL where there is one."""

    forks: Forks
    folder: Path
    seed: int
    _templates: dict[str, House] = field(default_factory=dict)
    _results: dict[str, object] = field(default_factory=dict)
    _closing: ExitStack = field(default_factory=ExitStack)
    _count: int = 0
    _servers: dict[str, postgres.PostgresServer] = field(default_factory=dict)
    _hurt: OwnPostgres | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    @property
    def monday(self) -> date:
        """A Monday seven weeks from now: the first deadlines of the demonstration have passed by then."""
        ahead = date.today() + timedelta(days=42)
        return ahead + timedelta(days=7 - ahead.weekday())

    def at(self, days: int = 0, hour: int = 7) -> str:
        """Return a moment so many days after that Monday, as ``--at`` takes it."""
        return datetime.combine(self.monday + timedelta(days=days), time(hour, 30), SHANGHAI).isoformat()

    def once(self, name: str, make: Callable[[], object]) -> object:
        """Return what *make* gave when it was first asked for under *name*."""
        if name not in self._results:
            self._results[name] = make()
        return self._results[name]

    def scratch(self) -> Path:
        """Return a folder of one round."""
        self._count += 1
        return Path(tempfile.mkdtemp(prefix=f"{self._count}-", dir=self.folder))

    def drop(self, folder: Path) -> None:
        """Take the folder of a round away."""
        shutil.rmtree(folder, ignore_errors=True)

    # --- houses -----------------------------------------------------------------------------------------------------

    def empty(self, *, on: str = "sqlite") -> House:
        """Return a place where nothing is yet."""
        folder = self.scratch()
        return House(self.forks, folder, "" if on == "sqlite" else self._server_of(on).fresh_database())

    def house(self, template: str = "read", *, on: str = "sqlite") -> House:
        """Return a copy of a house: *demo*, *read* (the same when its evidence was read), an old one, *restored*."""
        made = self._template(template, on)
        url = "" if on == "sqlite" else self._server_of(on).fresh_database(_database(made.url))
        return copy_of(made, self.scratch(), url=url)

    def archive(self, which: str) -> bytes:
        """Return an archive of the demonstration house, plain or sealed, or the one that an old house wrote."""
        content = self.once(f"archive {which}", lambda: self._archive(which))
        assert isinstance(content, bytes)
        return content

    def _archive(self, which: str) -> bytes:
        house = self.empty() if which == "old" else self.house()
        kept = house.folder / "kept.tar.gz"
        if which == "old":
            _done(house.run("tests.faults.old_house:lay_old_archive", str(kept)))
        else:
            house.more = commands.SEALED if which == "sealed" else {}
            _done(house.run("backup", str(kept), *(["--encrypt"] if which == "sealed" else [])))
        content = kept.read_bytes()
        self.done_with(house)
        return content

    def done_with(self, house: House) -> None:
        """Take a house away."""
        for server in self._servers.values():
            if house.url in server.urls():
                server.drop(house.url)
        self.drop(house.folder)

    def _template(self, name: str, on: str) -> House:
        key = f"{name} {on}"
        if key not in self._templates:
            if name == "demo":
                house = self.empty(on=on)
                _done(house.run("demo", "--json"))
            elif name == commands.OLD:
                house = self.empty(on=on)
                _done(house.run("tests.faults.old_house:lay_old_house"))
            elif name == commands.CAUGHT_UP:
                house = self.house(commands.OLD, on=on)
                _done(house.run("findings", "--json"))
            elif name == "restored":
                house = self.empty(on=on)
                (house.folder / "kept.tar.gz").write_bytes(self.archive("plain"))
                _done(house.run("restore", str(house.folder / "kept.tar.gz")))
            else:
                house = self.house("demo", on=on)
                _done(house.run("patrol", "letters", "--at", self.at(-7), "--json"))
                house.let_time_pass()
            self._templates[key] = house
        return self._templates[key]

    def _server_of(self, on: str) -> postgres.PostgresServer:
        """Return the PostgreSQL that all share, or the one that may be hurt. Raises Skipped."""
        if on not in self._servers:
            try:
                self._servers[on] = self.hurt.server if on == "hurt" else self._shared()
            except postgres.PostgresMissing as missing:
                raise Skipped(str(missing)) from missing
        return self._servers[on]

    def _shared(self) -> postgres.PostgresServer:
        place = self.folder / "postgres"
        place.mkdir(exist_ok=True)
        server = postgres.serve(place)
        self._closing.callback(server.close)
        return server

    @property
    def hurt(self) -> OwnPostgres:
        """The PostgreSQL that may be cut off and restarted. Raises PostgresMissing."""
        if self._hurt is None:
            self._hurt = self._closing.enter_context(own_postgres())
        return self._hurt


def _database(url: str) -> str:
    from sqlalchemy import make_url

    return make_url(url).database or ""


def _done(ended: Ended) -> None:
    if ended.status != 0:
        raise RuntimeError(f"the house could not be furnished: {ended.said}\n{ended.err}")


def chance(seed: int, kind: str, number: int) -> Random:
    """Return the generator of one round."""
    return Random(f"{seed}:{kind}:{number}")


def order(kinds: Mapping[str, Kind], only: Sequence[str] = ()) -> Iterator[tuple[Kind, int]]:
    """Return kinds with the number of their round, for ever: mixed by how often each comes, rare ones early once."""
    chosen = [kind for kind in kinds.values() if not only or kind.name in only]
    numbers: Counter[str] = Counter()
    turn = 0
    while True:
        due: list[tuple[float, Kind]] = []
        for kind in chosen:
            times = kind.often or int(turn % 10 == 0 or len(chosen) == 1)
            due += [((place + 0.5) / times, kind) for place in range(times)]
        for _, kind in sorted(due, key=lambda one: one[0]):
            yield kind, numbers[kind.name]
            numbers[kind.name] += 1
        turn += 1
