"""The register of acts: each module of this room that is an act says so beside its function."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

if TYPE_CHECKING:
    from tasks.form import Form
    from tasks.work import Work

Kind = Literal["finding", "issue_list", "any", "office", "anywhere"]
"""any: a finding or an issue list; anywhere: the office (number ``office``) too."""
Run = TypeVar("Run", bound=Callable[..., None])


@dataclass(frozen=True, slots=True)
class Act:
    """Something that a person does to a case.

    *needs*: fields that the act itself asks for, whatever the form of a release says; *task*: it completes an open task
    of its name; *permission*: key in `cases.rights.PERMISSIONS`.
    """

    name: str
    run: Callable[["Work", Any, "Form"], None]
    on: Kind
    needs: tuple[str, ...]
    task: bool
    permission: str


ACTS: dict[str, Act] = {}


def act(
    *, on: Kind, needs: tuple[str, ...] = (), task: bool = True, permission: str | None = None
) -> Callable[[Run], Run]:
    """Register the function below as an act of its own name."""

    def register(run: Run) -> Run:
        ACTS[run.__name__] = Act(run.__name__, run, on, needs, task, permission or run.__name__)
        return run

    return register
