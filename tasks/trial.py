"""试运行: a release is read, judged and started once in a child of limited memory and time, before the house reads it.

What the child could not stand would have taken the house with it; it knows no database, no key and no environment.
"""

import base64
import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bpmn.checker import Problem, check
from bpmn.engine import Engine, EngineError
from bpmn.expressions import ExpressionFailed
from bpmn.reading import DiagramRefused, Refusal
from bpmn.release import Release
from cases.refusals import CaseError

# Types of processes that the house starts by itself, as opposed to those that are called.
STARTED = frozenset({"finding", "issue_list", "durability", "extension"})
SAMPLE: Mapping[str, str | int | bool | list[str]] = {
    "number": "XC2026-001-001", "kind": "PHASED", "category": "", "amount_yuan": 0, "headcount": 0, "is_key": False,
    "is_systemic": False, "plan_approved": False, "milestones_left": 0, "findings": 1, "receipts": ["chief"],
    "reviewers": ["discipline_commission"],
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a trial may cost."""

    memory_bytes: int = 1 << 30
    cpu_seconds: int = 20
    seconds: int = 90  # on the wall; the machine may be busy


BOUNDS = Bounds()
_CHILD = "import sys; from tasks.trial import in_child; in_child(*map(int, sys.argv[1:]))"


class TrialFailed(CaseError):
    """The release needed more memory or time than a release needs, or ended the process that tried it."""

    code = "trial_failed"
    field = "files"


def try_out(
    release: Release,
    *,
    operations: frozenset[str],
    acts: frozenset[str],
    roles: frozenset[str],
    bounds: Bounds = BOUNDS,
) -> tuple[Problem, ...]:
    """Let a child read, judge and start *release* and return the processes that do not start.

    Raises DiagramRefused for what the reader refused, TrialFailed for what the child could not stand. What the checker
    has against it is asked of the checker.
    """
    order = {
        "files": {name: base64.b64encode(content).decode() for name, content in release.files.items()},
        "operations": sorted(operations), "acts": sorted(acts), "roles": sorted(roles),
    }  # fmt: skip
    try:
        child = subprocess.run(
            [sys.executable, "-c", _CHILD, str(bounds.memory_bytes), str(bounds.cpu_seconds)],
            input=json.dumps(order).encode(),
            capture_output=True,
            timeout=bounds.seconds,
            env={"PYTHONPATH": os.pathsep.join(sys.path)},  # no address of a database, no password
            check=False,
        )
        answer = json.loads(child.stdout) if child.returncode == 0 else None
    except (subprocess.TimeoutExpired, ValueError):
        answer = None
    if answer is None:
        raise TrialFailed()
    if "refused" in answer:  # nobody reads it a second time without limits
        file, found = answer["refused"]
        raise DiagramRefused(file, [Refusal(*each) for each in found])
    return tuple(Problem(file, element, "does_not_start", {"reason": why}) for file, element, why in answer["stalled"])


def in_child(memory_bytes: int, cpu_seconds: int) -> None:
    """Do what stdin orders under these limits and print what did not start; a limit that is hit ends the process."""
    for limit, most in ((resource.RLIMIT_AS, memory_bytes), (resource.RLIMIT_CPU, cpu_seconds)):
        resource.setrlimit(limit, (most, most))
    order = json.load(sys.stdin)
    release = Release({name: base64.b64decode(content) for name, content in order["files"].items()})
    known = {name: frozenset(order[name]) for name in ("operations", "acts", "roles")}
    try:
        engine = Engine(release, acts=known["acts"])
        check(release, **known)
        answer: dict[str, Any] = {"stalled": list(_not_started(engine))}
    except DiagramRefused as why:
        found = [(each.element, each.code, dict(each.facts)) for each in why.refusals]
        answer = {"refused": (why.file, found)}
    print(json.dumps(answer))


def _not_started(engine: Engine) -> Iterator[tuple[str, str, str]]:
    """Start every process once and yield (file, element, reason) of those of the house that do not come to rest."""
    now = datetime(2026, 3, 2, 1, tzinfo=UTC)
    for process in (process for diagram in engine.diagrams for process in diagram.processes if process.executable):
        try:
            engine.start(process.id, SAMPLE, deadlines=lambda _: now + timedelta(days=1), now=now)
        except (EngineError, ExpressionFailed) as why:
            if process.type in STARTED:
                yield process.file, getattr(why, "element", process.id), str(why)[:200]
