"""文书模板: an office's own Word templates, each version kept; drafted by one person, put in force by another."""

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, func, select

from cases.events import Event
from cases.refusals import CaseError, FormIncomplete, Unknown
from cases.rights import Actor, require_office
from documents.papers.template_door import try_template
from documents.papers.words import PAPERS, SHIPPED, Template
from persistence.tables import paper_templates, people
from tasks.acts import act
from tasks.case import AnyCase, OfficeCase
from tasks.form import Form
from tasks.work import Work

if TYPE_CHECKING:
    from tasks.office import Answer, Office

PERMISSION = "edit_templates"
T = paper_templates.c


class SecondReleaserNeeded(CaseError):
    """A template is put in force by another person than the one who drafted it."""

    code = "second_releaser_needed"


class TemplateChanged(CaseError):
    """What is stored as a version of a template is not what was released; facts: version."""

    code = "template_changed"


def draft_template(office: "Office", actor: Actor, paper: str, content: bytes | None, note: str) -> "Answer":
    """Keep the next version of the template of *paper* as a draft; without *content* it leads back to the shipped one.

    Raises Unknown, NotPermitted and the refusals of ``documents.papers.template_door``.
    """
    require_office(actor, PERMISSION)
    if paper not in PAPERS:
        raise Unknown()
    if content is not None:
        try_template(paper, content)
    sha256 = hashlib.sha256(content).hexdigest() if content is not None else ""

    def body(work: Work) -> AnyCase:
        case = work.office_case()
        last = work.conn.scalar(select(func.max(T.version)).where(T.paper == paper)) or 0
        work.add(
            paper_templates, paper=paper, version=last + 1, content=content, sha256=sha256, note=note[:200],
            drafted_by=work.actor.person_id, drafted_at=work.at,
        )  # fmt: skip
        work.record(case, Event("TemplateDrafted", {"paper": paper, "version": last + 1, "sha256": sha256}))
        work.answer |= {"version": last + 1}
        return case

    return office.transact(actor, "draft_template", body, given={"paper": paper, "sha256": sha256, "note": note[:200]})


@act(on="office", needs=("paper", "version", "valid_from"), task=False, permission=PERMISSION)
def release_template(work: Work, case: OfficeCase, form: Form) -> None:
    """Put a draft in force from a day on; papers that were made before keep naming the version that made them."""
    draft = version_of(work.conn, form.text("paper"), form.text("version"))
    if draft is None or draft.released_at is not None:
        raise FormIncomplete({"version": "not_a_choice"})
    if draft.drafted_by == work.actor.person_id:
        raise SecondReleaserNeeded()
    first = form.needed_day("valid_from")
    if first < work.today:
        raise FormIncomplete({"valid_from": "in_the_past"})
    work.set(
        paper_templates, draft.id, released_by=work.actor.person_id, released_at=work.at, valid_from=first
    )  # fmt: skip
    facts = {"paper": draft.paper, "version": draft.version, "sha256": draft.sha256, "valid_from": str(first)}
    work.record(case, Event("TemplateReleased", facts))


def in_force(conn: Connection, paper: str, day: date) -> Template:
    """Return the template with which *paper* is made on *day*."""
    query = select(T.version, T.content, T.sha256).where(
        T.paper == paper, T.released_at.is_not(None), T.valid_from <= day
    )
    newest = conn.execute(query.order_by(T.valid_from.desc(), T.released_at.desc()).limit(1)).one_or_none()
    return SHIPPED if newest is None else sound(newest)


def sound(row: Row[Any]) -> Template:
    """Return the template that a row keeps. Raises TemplateChanged where its content is not the one that was kept."""
    if row.content is not None and hashlib.sha256(row.content).hexdigest() != row.sha256:
        raise TemplateChanged(version=row.version)
    return Template(row.content, row.version)


def versions_of(conn: Connection, paper: str) -> Sequence[Any]:
    """Return all versions of the template of *paper* with the names of their people, newest first, without content."""
    drafter, releaser = people.alias(), people.alias()
    shown = [column for column in paper_templates.c if column is not T.content]
    query = (
        select(*shown, drafter.c.name.label("drafter"), releaser.c.name.label("releaser"))
        .outerjoin(drafter, drafter.c.id == T.drafted_by)
        .outerjoin(releaser, releaser.c.id == T.released_by)
        .where(T.paper == paper)
    )
    return conn.execute(query.order_by(T.version.desc())).all()


def version_of(conn: Connection, paper: str, version: str) -> Row[Any] | None:
    """Return one version with its content; None where there is none."""
    if not version.isdecimal() or len(version) > 6:
        return None
    return conn.execute(select(paper_templates).where(T.paper == paper, T.version == int(version))).one_or_none()
