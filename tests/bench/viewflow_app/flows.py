"""Fourteen tasks of people in a row, as django-viewflow keeps them."""

# mypy: allow-subclassing-any

from typing import Any

from viewflow import this
from viewflow.workflow import flow, lock
from viewflow.workflow.models import Process, Task

TASKS = 14


def no_page(_request: Any) -> None:
    """Stand where a page would be: only what is kept is measured."""


class Case(flow.Flow):
    """Start, fourteen tasks, end."""

    process_class = Process
    task_class = Task
    lock_impl = lock.select_for_update_lock

    start = flow.StartHandle().Next(this.task_1)
    for _number in range(1, TASKS):
        locals()[f"task_{_number}"] = flow.View(no_page).Next(getattr(this, f"task_{_number + 1}"))
    locals()[f"task_{TASKS}"] = flow.View(no_page).Next(this.end)
    end = flow.End()
