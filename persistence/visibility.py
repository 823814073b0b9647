"""The one SQL predicate of who sees which finding or list, made from `cases.rights.scopes`."""

from sqlalchemy import ColumnElement, Table, and_, false, not_, or_

from cases.finding import State
from cases.issue_list import BEFORE_FEEDBACK
from cases.rights import Actor, scopes
from persistence.tables import findings, issue_lists


def below(path: str, table: Table = findings) -> ColumnElement[bool]:
    """Return whether the unit of a row is the one at *path* or below it: a range of the index on unit_path."""
    column = table.c.unit_path
    return and_(column >= path, column < path[:-1] + "0")  # "0" follows "/"


def visible_findings(actor: Actor, permission: str = "view") -> ColumnElement[bool]:
    """Return the predicate over ``findings`` of what *actor* may see or do."""
    return _visible(actor, permission, findings, findings.c.state != State.REGISTERED)


def visible_lists(actor: Actor, permission: str = "view") -> ColumnElement[bool]:
    """Return the predicate over ``issue_lists`` of what *actor* may see or do."""
    return _visible(actor, permission, issue_lists, issue_lists.c.state.not_in(BEFORE_FEEDBACK))


def _visible(actor: Actor, permission: str, table: Table, issued: ColumnElement[bool]) -> ColumnElement[bool]:
    parts = []
    for scope in scopes(actor, permission):
        conditions = [below(scope.path, table), table.c.confidentiality <= scope.clearance]
        parts.append(and_(*conditions, issued) if scope.issued_only else and_(*conditions))
    if not parts:
        return false()
    recused = [not_(below(path, table)) for path in actor.recused_paths]
    if actor.recused_cases:
        recused.append(table.c.id.not_in(sorted(actor.recused_cases)))
    return and_(or_(*parts), *recused)
