"""角色: what a post may be for; an office enters those that it has besides the ones which the rules name.

An entered role carries nothing by itself but what its side gives: to see, to hold tasks that are drawn for it, and to
get the letters of its addressees. Its code and side are given once, because diagrams and rights of the past hang on it.
"""

import re

from cases.events import Event
from cases.refusals import CaseError, FormIncomplete
from cases.rights import Side
from notifications.routing import RECEIPT_ROLE, RUNG_ROLES, TASK_ROLE
from persistence.roles import find_role
from persistence.tables import roles
from tasks.acts import act
from tasks.case import OfficeCase
from tasks.form import Form
from tasks.work import Work

CODE = re.compile(r"[a-z][a-z0-9_]{1,39}", re.ASCII)
NOT_FOR_POSTS = frozenset({TASK_ROLE, RUNG_ROLES, RECEIPT_ROLE, "system_administrator", "receiver", "reviewer"})
"""Words that stand where diagrams and letters name a role, and mean something else."""


class RoleCodeRefused(CaseError):
    """A role has a code of small letters, digits and underscores that means nothing else here; facts: code."""

    code = "role_code"
    field = "code"


@act(on="office", needs=("code", "name_zh", "name_en"), task=False, permission="edit_people")
def edit_role(work: Work, case: OfficeCase, form: Form) -> None:
    """Enter a role with its names and side, or change the names of one that is there. Raises RoleCodeRefused."""
    code = form.text("code").strip()
    if not CODE.fullmatch(code) or code in NOT_FOR_POSTS:
        raise RoleCodeRefused(code=code[:40])
    names = {"name_zh": form.text("name_zh").strip()[:40], "name_en": form.text("name_en").strip()[:80]}
    known = find_role(work.conn, code)
    if known is None:
        side = form.choice("side", *Side)
        work.add(roles, code=code, side=side, **names)
    else:
        side = known.side
        if form.text("side") not in ("", side):
            raise FormIncomplete({"side": "role_side_stays"})
        work.set(roles, known.id, **names)
    work.answer |= {"role": code}
    work.record(case, Event("RoleEdited", {"role": code, **names, "side": side}))
