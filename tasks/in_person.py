"""What is signed in person: no deputy answers for the truth of a plan, a report or a result (第一责任人)."""

from cases.rights import Subject
from cases.sign_off import DeputyMayNotSign
from tasks.work import Work


def require_in_person(work: Work, subject: Subject) -> None:
    """Raise DeputyMayNotSign where the actor holds the role that the task was drawn for only as a deputy."""
    assert work.task is not None
    if not work.actor.holds_himself(work.task.role, subject):
        raise DeputyMayNotSign(act=work.act)
