"""Walks a case of the shipped diagrams through our engine, in memory, as the acts would."""

from datetime import UTC, datetime, timedelta
from functools import cache

from bpmn.engine import Engine, Fact, OpenTask, Turn
from bpmn.release import shipped

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # a Monday morning in Shanghai
FAR = timedelta(days=180)

FINDING: dict[str, Fact] = {
    "number": "XC-2026-001",
    "kind": "PHASED",
    "category": "资金资产",
    "amount_yuan": 4500,
    "headcount": 3,
    "is_key": False,
    "is_systemic": False,
    "plan_approved": False,
    "milestones_left": 0,
}
ISSUE_LIST: dict[str, Fact] = {
    "number": "QD-2026-01",
    "findings": ["XC-2026-001", "XC-2026-002"],
    "receipts": ["chief", "leadership_team", "superior_leader"],
    "reviewers": ["discipline_commission", "organisation_department", "inspection_office"],
}

# What each act of a finding answers when all is well, and the facts that go with it.
WELL: dict[str, dict[str, Fact]] = {
    "accept_finding": {"plan_approved": True},
    "submit_rectification": {"submissions": 1},
    "review_rectification": {"review_verdict": "agreed"},
    "sign_rectification": {"signature_verdict": "agreed"},
    "verify_rectification": {"verification_verdict": "confirmed"},
    "prepare_look_back": {"look_back_ready": True},
    "record_look_back": {"look_back_result": "held"},
    "confirm_look_back": {"look_back_confirmed": True},
    "sign_off": {"sign_off_verdict": "signed"},
    "register_findings": {},
    "confirm_registration": {"registration_verdict": "agreed"},
    "consolidate_list": {"consolidation_verdict": "agreed"},
    "give_feedback": {},
    "sign_receipt": {},
    "submit_plan": {},
    "review_plan": {"plan_verdict": "agreed"},
    "check_midterm": {},
    "sign_progress_report": {},
    "evaluate_rectification": {"evaluation_grade": "good"},
    "publish_result": {"findings_closed": False},
    "archive_list": {},
    "give_statement": {},
    "decide_suspicion": {"suspicion_verdict": "confirmed"},
    "confirm_suspicion": {"examination_agreed": True},
    "put_facts": {},
    "answer_facts": {},
    "find_facts": {"determination": "established"},
    "ask_reconsideration": {"reconsideration": "not_asked"},
    "decide_reconsideration": {"determination": "established"},
    "decide_extension": {"extension_verdict": "approved"},
    "start_durability": {},
    "record_durability": {"durability_result": "held"},
}


@cache
def engine() -> Engine:
    return Engine(shipped())


class Walk:
    """One case and the hand that moves it; stored and loaded again between any two steps, as in real life."""

    def __init__(self, process: str, facts: dict[str, Fact], **deadlines: timedelta) -> None:
        self.now = NOW
        self.deadlines = {key: NOW + after for key, after in deadlines.items()}
        self.asked: list[str] = []
        self.path: list[str] = []
        self.turn = engine().start(process, facts, deadlines=self.due, now=self.now)
        self._note()

    def due(self, key: str) -> datetime:
        return self.deadlines.get(key, NOW + FAR)

    @property
    def open(self) -> list[str]:
        return sorted(task.name for task in self.turn.open_tasks)

    def task(self, name: str, item: str | None = None) -> OpenTask:
        return next(task for task in self.turn.open_tasks if task.name == name and item in (None, task.item))

    def do(self, name: str, item: str | None = None, **answers: Fact) -> "Walk":
        """Complete the open task *name* well, apart from *answers*."""
        task = self.task(name, item)
        process = engine().load(engine().dump(self.turn.process))
        facts = {**WELL[name], **answers}
        self.turn = engine().complete(process, task.id, facts, deadlines=self.due, now=self.now)
        self._note()
        return self

    def until(self, name: str, **answers: Fact) -> "Walk":
        """Do whatever is open until the task *name* is; waits are waited out."""
        for _ in range(60):
            if name in self.open or self.turn.done:
                return self
            if self.turn.open_tasks:
                first = self.turn.open_tasks[0]
                fitting = {fact: value for fact, value in answers.items() if fact in WELL[first.name]}
                self.do(first.name, first.item, **fitting)
            else:
                assert self.turn.wake_at is not None, f"nothing moves the case to {name}: {self.turn}"
                self.wait_until(self.turn.wake_at)
        raise AssertionError(f"{name} was not reached: {self.path}")

    def wait_until(self, moment: datetime) -> "Walk":
        self.now = max(self.now, moment)
        process = engine().load(engine().dump(self.turn.process))
        self.turn = engine().wake(process, deadlines=self.due, now=self.now)
        self._note()
        return self

    def wait(self, **time: float) -> "Walk":
        return self.wait_until(self.now + timedelta(**time))

    def tell(self, message: str, **facts: Fact) -> "Walk":
        process = engine().load(engine().dump(self.turn.process))
        self.turn = engine().tell(process, message, facts, deadlines=self.due, now=self.now)
        self._note()
        return self

    def _note(self) -> None:
        self.asked += [ask.operation for ask in self.turn.asked]
        self.path += self.turn.path


def finding(**facts: Fact) -> Walk:
    """A finding that was just issued; its look-back may follow at once."""
    return Walk("close_finding", {**FINDING, **facts}, look_back_from=timedelta(0))


def issue_list(**facts: Fact) -> Walk:
    """An issue list that was just opened; its mid-term is after ninety days."""
    return Walk("close_issue_list", {**ISSUE_LIST, **facts}, midterm=timedelta(days=90))


def stage_of(turn: Turn) -> set[str]:
    return set(turn.stages)
