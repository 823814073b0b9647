"""流程发布: diagrams, tables, forms and letters become a release under one content hash; two people publish it."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert, select, update

from bpmn.checker import Problem, check
from bpmn.engine import Engine
from bpmn.forms import FormRefused, read_form
from bpmn.release import Release, shipped
from cases.events import Event
from cases.moments import shanghai_date
from cases.refusals import CaseError, FormIncomplete
from config.messages import LANGUAGES
from notifications.letters import LetterBook, LetterError
from notifications.letters import shipped as shipped_letters
from persistence.insertion import insert_new
from persistence.tables import people, release_files, releases
from tasks.acts import act
from tasks.case import OfficeCase
from tasks.catalogue import every_act
from tasks.form import Form
from tasks.kept_releases import release_kept
from tasks.operations import OPERATIONS
from tasks.release_roles import SHIPPED, KnownRoles, role_problems, roles_of_house
from tasks.trial import try_out
from tasks.work import Work

if TYPE_CHECKING:
    from tasks.office import Office


class ReleaseHasProblems(CaseError):
    """The checker found problems; facts: count, first (the first problem as a sentence)."""

    code = "release_has_problems"


class SecondPublisherNeeded(CaseError):
    """A release is published by another person than the one who drafted it."""

    code = "second_publisher_needed"


def everything_shipped() -> Release:
    """Return the release of this checkout: diagrams, tables, forms and letters."""
    return shipped().with_files(shipped_letters())


def problems_of(release: Release, roles: KnownRoles = SHIPPED) -> tuple[Problem, ...]:
    """Return what speaks against publishing *release* in a house of *roles*: graph, forms of our acts, letters."""
    found = check(release, operations=frozenset(OPERATIONS), acts=frozenset(every_act()), roles=roles.codes)
    theirs = tuple(dict.fromkeys(role_problems(release, roles)))
    return (*found, *theirs, *_forms_that_ask_too_little(release), *_letters_refused(release))


def _forms_that_ask_too_little(release: Release) -> Iterator[Problem]:
    """A form of a known act that does not ask what the act needs could never be sent."""
    for act_ in every_act().values():
        name = f"forms/{act_.name}.json"
        if name not in release.files:
            continue
        try:
            asked = read_form(release[name])["properties"]
        except FormRefused:
            continue  # the checker says so
        yield from (
            Problem(name, field, "form_asks_too_little", {"act": act_.name}) for field in set(act_.needs) - set(asked)
        )


def _letters_refused(release: Release) -> Iterator[Problem]:
    """A letter that cannot be written with its own sample would fail when it is owed."""
    try:
        book = LetterBook(release.files)
        for letter in book.every_letter():
            for language in LANGUAGES:
                book.preview(letter, language)
    except LetterError as wrong:
        yield Problem("letters", str(wrong)[:200], "letter_refused")


def tried(release: Release, roles: KnownRoles = SHIPPED) -> tuple[Problem, ...]:
    """Return the processes of *release* that do not start, found out in a limited child. Raises TrialFailed."""
    return try_out(release, operations=frozenset(OPERATIONS), acts=frozenset(every_act()), roles=roles.codes)


def draft_release(office: "Office", files: Mapping[str, bytes], title: str, drafted_by: int) -> str:
    """Keep the release in force with *files* put in as a draft and return its id. Raises DiagramRefused, TrialFailed.

    A draft may be wrong (`problems_of` says so); what the XML reader or the allow-list refuses is not stored.
    """
    with office.read() as conn:
        draft = release_kept(conn, office.release_in_force(conn)).with_files(files)
        roles = roles_of_house(conn, shanghai_date(office.now()))
    tried(draft, roles)
    Engine(draft)

    def body(work: Work) -> OfficeCase:
        case = work.office_case()
        if work.conn.scalar(select(releases.c.id).where(releases.c.id == draft.id)) is None:
            own, files_of_it = rows_of_release(draft, title=title, state="draft", drafted_by=drafted_by, at=work.at)
            work.create(releases, [own])
            work.create(release_files, files_of_it)
            work.record(case, Event("ReleaseDrafted", {"release": draft.id, "title": title}))
        return case

    office.as_clock("draft_release", body)
    return draft.id


def rows_of_release(
    release: Release, *, title: str, state: str, drafted_by: int | None, at: Any
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the row of a release and those of its files."""
    row: dict[str, Any] = {"id": release.id, "title": title, "state": state, "drafted_by": drafted_by, "drafted_at": at}
    if state == "published":
        row |= {"published_by": drafted_by, "published_at": at}
    return row, [{"release_id": release.id, "path": path, "content": text} for path, text in release.files.items()]


def keep_release(
    conn: Connection, release: Release, *, title: str, state: str, drafted_by: int | None, at: Any
) -> None:
    """Write a release down, once per content, where no act does: the office states it when it opens."""
    row, files = rows_of_release(release, title=title, state=state, drafted_by=drafted_by, at=at)
    added = insert_new(conn, releases, "id").returning(releases.c.id)  # PostgreSQL's rowcount says nothing here
    if conn.execute(added, row).first() is not None:
        conn.execute(insert(release_files), files)


@act(on="office", needs=("release",), task=False)
def publish_release(work: Work, case: OfficeCase, form: Form) -> None:
    """Publish a draft: from now on new cases follow it, running ones keep theirs."""
    draft = work.conn.execute(select(releases).where(releases.c.id == form.text("release"))).one_or_none()
    if draft is None or draft.state != "draft":
        raise FormIncomplete({"release": "not_a_choice"})
    if draft.drafted_by == work.actor.person_id:
        raise SecondPublisherNeeded()
    release = release_kept(work.conn, draft.id)
    roles = roles_of_house(work.conn, work.today)
    found = tried(release, roles) + problems_of(release, roles)
    if found:
        raise ReleaseHasProblems(count=len(found), first=found[0].sentence(work.actor.language))

    work.write_later(
        update(releases)
        .where(releases.c.id == draft.id)
        .values(state="published", published_by=work.actor.person_id, published_at=work.at)
    )
    drafter = work.conn.execute(select(people.c.name).where(people.c.id == draft.drafted_by)).scalar()
    work.record(case, Event("ReleasePublished", {"release": draft.id, "title": draft.title, "drafted_by": drafter}))
