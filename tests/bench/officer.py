"""The whole act of an officer beside what others need for the bare completion of one user task.

Ours is `Office.perform`: idempotency key, rights, form, rule, engine, ledger, task list, letters owed, one commit. The
library's own serialiser only reads, completes and writes its document; django-viewflow closes one task and opens the
next. All three lie on the same kind of database.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, timedelta
from functools import partial

from sqlalchemy import select

from bpmn.engine import Engine
from bpmn.reading import PEOPLE
from cases.finding import Kind
from cases.moments import shanghai_date
from cases.rights import Actor
from persistence.columns import new_id
from persistence.database import Database
from persistence.people import load_actor, person_of_login
from persistence.seal import Keyring
from persistence.tables import findings, open_tasks, posts
from tasks.begin import begin
from tasks.case import AnyCase, FindingCase
from tasks.catalogue import every_act
from tasks.office import Office
from tasks.open_list import NewFinding, open_list
from tasks.passwords import Passwords
from tasks.releases import everything_shipped, keep_release
from tasks.work import Work
from tests.bench import engine_alone, one_task, viewflow_peer
from tests.bench.places import Places
from tests.bench.table import Line, interleaved
from xiaohao.demonstration import furnish

SECTION = "act"
ROUNDS = 12
UNIT = 11
LOGINS = (
    "u11handler", "u11leader", "u11chief", "office1", "discipline1", "organisation1", "verifier1", "lookback1",
    "signer1",
)  # fmt: skip
FORM = """{"type": "object", "additionalProperties": false, "required": ["comment"], "properties":
 {"comment": {"type": "string", "title": "意见", "x-title-en": "Comment", "minLength": 4, "maxLength": 2000},
  "amount": {"type": "integer", "title": "金额", "x-title-en": "Amount", "minimum": 0}}}""".encode()
GIVEN = {"comment": "已核对第3号凭证和现场照片，情况与报告一致", "amount": 120000}


class Benched:
    """An office whose findings travel along the benchmark's diagram, and the people who do its tasks."""

    def __init__(self, url: str, cases: int) -> None:
        every_act()
        self.database = Database(url)
        self.office = Office(self.database, Keyring.fresh())
        begin(self.office)
        furnish(self.office, Passwords(cheap=True))
        self.people = [self._person(login) for login in LOGINS]
        self._publish()
        self.numbers = self._findings(cases)

    def play(self, number: str, *, anew: bool = False) -> Iterator[float]:
        """Let people do every task of a finding; yield the seconds of each act.

        *anew*: the rights of the person are loaded as well, as on each request.
        """
        while tasks := self._tasks(number):
            task_id, act, holder = tasks[0]
            actor = next(person for person in self.people if holder in person.holders)
            key = f"bench-{new_id()}"
            began = time.perf_counter()
            if anew:
                with self.office.read() as conn:
                    actor = load_actor(conn, actor.person_id, shanghai_date(self.office.now()))
            self.office.perform(actor, act, number, GIVEN, key=key, task=task_id)
            yield time.perf_counter() - began

    def _tasks(self, number: str) -> list[tuple[str, str, str]]:
        query = select(open_tasks.c.id, open_tasks.c.act, open_tasks.c.holder)
        query = query.join(findings, findings.c.id == open_tasks.c.case_id).where(findings.c.number == number)
        with self.office.read() as conn:
            return [tuple(row) for row in conn.execute(query.order_by(open_tasks.c.id))]

    def _person(self, login: str) -> Actor:
        with self.office.read() as conn:
            found = person_of_login(conn, login)
            assert found is not None
            return load_actor(conn, found[0], shanghai_date(self.office.now()), account_id=found[1])

    def _publish(self) -> None:
        bench = engine_alone.release()
        engine = Engine(bench)
        elements = [element for process in engine.processes for element in engine.elements(process)]
        forms = {f"forms/{element.id}.json": FORM for element in elements if element.kind in PEOPLE}
        release = everything_shipped().with_files({**bench.files, **forms})
        with self.database.writing() as conn:
            keep_release(conn, release, title="测试用流程", state="published", drafted_by=None, at=self.office.now())

    def _findings(self, count: int) -> list[str]:
        new = [
            NewFinding(
                str(n), f"租金收缴不到位之{n}", Kind.PHASED, detail=f"第 {n} 处", measures=("追缴租金", "修订制度")
            )
            for n in range(1, count + 1)
        ]
        opened = open_list(self.office, self.people[3], unit_id=UNIT, round_id=1, title="测试清单", new=new)
        numbers = [str(number) for number in opened.more["created"]]
        with self.office.read() as conn:
            held = dict(conn.execute(select(posts.c.role, posts.c.id).where(posts.c.unit_id == UNIT)).tuples().all())
        due_on = date.today() + timedelta(days=90)
        for number in numbers:

            def body(work: Work, number: str = number) -> AnyCase:
                case = work.finding(number)
                self._issue(work, case, held, due_on)
                return case

            self.office.as_clock("issue", body)
        return numbers

    @staticmethod
    def _issue(work: Work, case: FindingCase, held: dict[str, int], due_on: date) -> None:
        ready = replace(
            case.finding, handler_post_id=held["handler"], leader_post_id=held["responsible_leader"],
            chief_post_id=held["chief"], due_on=due_on,
        )  # fmt: skip
        case.finding, issued = ready.issue(work.at)
        work.record(case, issued)
        work.start(case, "bench_case", engine_alone.FACTS)


def _next(benched: Benched, cases: Iterator[str], *, anew: bool = False) -> float:
    return statistics.fmean(benched.play(next(cases), anew=anew))


def measure(places: Places) -> Iterator[Line]:
    """Yield the act beside its peers, on each kind of database."""
    library = engine_alone.stock_engine()
    for kind in ("SQLite", "PostgreSQL"):
        if kind not in places.kinds():
            yield Line(SECTION, "act of an officer", kind, note=f"skipped: {places.missing}")
            continue
        with ExitStack() as ending:
            benched = Benched(places.fresh(kind), 2 * ROUNDS + 1)
            ending.callback(benched.database.dispose)
            store = one_task.Store(places.fresh(kind))
            ending.callback(store.database.dispose)
            peer = ending.enter_context(viewflow_peer.peer(places, kind))
            cases = iter(benched.numbers)
            list(benched.play(next(cases)))  # what is made once, is made before

            bare = partial(one_task.mean, one_task.stock, store, library)
            plays: list[Callable[[], float]] = [
                partial(_next, benched, cases),
                partial(_next, benched, cases, anew=True),
                bare,
            ]
            if peer.play is not None:
                plays.append(peer.play)
            found = interleaved(ROUNDS, *plays)
        yield Line(SECTION, "act of an officer / stock serialiser's bare completion", kind, found[0], found[2], least=1)
        yield Line(
            SECTION, "act of an officer / django-viewflow", kind,
            found[0], found[3] if peer.play else None, least=2, note=peer.note,
        )  # fmt: skip
        yield Line(SECTION, "the same, rights loaded as on a request / stock", kind, found[1], found[2])
