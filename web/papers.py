"""Papers to take away, and 统计: figures with numerator, denominator, formula and the findings behind each number."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import IO, Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection, select

from cases.figures import COMPLETION, Quantity, Tally, newest, plain
from cases.finding import Kind
from cases.refusals import CaseError, Unknown
from config.messages import say
from documents.papers import sheets, words
from documents.papers.layouts import own_ledger
from documents.papers.pdf import as_pdf
from documents.papers.values import FigureLine, FigureValues, ListValues
from persistence import figures
from persistence.figures import By, FigureFilters
from persistence.tables import findings, issue_lists, rounds, units
from persistence.visibility import visible_findings
from tasks.bundles import OF_A_FINDING, bundle, dossier
from tasks.layouts_kept import layouts_kept
from tasks.paper_templates import in_force
from tasks.papers_out import (
    checkpoint_sentence,
    finding_values,
    list_values,
    office_of,
    unit_of_list,
)
from web import pages
from web.exports import Job, Make, sent
from web.house import House, TheHouse
from web.refusals import sentence
from web.signed_in import Person, SignedIn, page_router
from web.whole import whole

router = page_router()

OWN_LAYOUT = "own_layout"

PAGE = 100
RATES = ("on_time", "overdue", "revoked", "recurred")  # beside the completion that somebody chose
COUNTED = tuple(one for one in Quantity if one is not Quantity.EVER_DONE)


def _figures_of_list(values: ListValues) -> bytes:
    return sheets.figures_sheet(
        FigureValues(
            title=f"{values.unit}巡察整改情况统计表",
            scope=f"{values.round_name}　{values.number}",
            as_of=values.as_of,
            grouped_by=say("zh", "figures_page.by_unit"),
            lines=(FigureLine(values.unit, values.tally),),
            whole=values.tally,
            formulas=tuple(newest()[name] for name in (*COMPLETION, *RATES)),
        )
    )


SHEETS: Mapping[str, Callable[[ListValues], bytes]] = {
    "ledger": sheets.ledger_sheet,
    "three_lists": sheets.three_lists,
    "five_lists": sheets.five_lists,
    "figures": _figures_of_list,
}
LETTERS = ("plan", "progress_report", "reminder", "supervision", "interview", "circular")
OF_A_LIST: Mapping[str, str] = dict.fromkeys(SHEETS, "xlsx") | dict.fromkeys(LETTERS, "docx")
"""What can be made of a list, and in which form; each as PDF too."""


@router.get("/lists/{number}/papers/{paper}.{form}")
def list_paper(house: TheHouse, person: SignedIn, number: str, paper: str, form: str) -> Response:
    """Send a paper of a list as the person may see it. Raises Unknown, OfficeMissing."""
    own = "xlsx" if paper == OWN_LAYOUT else OF_A_LIST.get(paper)
    if form not in (own, "pdf") or own is None:
        raise Unknown()
    with house.office.read() as conn:
        unit = unit_of_list(conn, person.actor, number)

    def make(job: Job) -> bytes:
        with house.office.read() as conn:
            values = list_values(conn, person.actor, number, person.today)
            template = in_force(conn, paper, person.today)
            layouts = layouts_kept(conn, number) if paper == OWN_LAYOUT else ()
        if paper == OWN_LAYOUT:
            made = own_ledger(values, layouts)
        elif paper in SHEETS:
            made = SHEETS[paper](values)
        else:
            made = words.make(paper, values, template)
        return made if form == own else as_pdf(made, own)

    return _answer(house, person, f"{unit}{say('zh', f'paper.{paper}')}{number}.{form}", f"/lists/{number}", make)


@router.get("/lists/{number}/papers.zip")
def every_paper(house: TheHouse, person: SignedIn, number: str) -> Response:
    """Send all papers of a list and the papers of each of its findings in one file. Raises Unknown."""
    with house.office.read() as conn:
        unit = unit_of_list(conn, person.actor, number)

    def make(job: Job) -> IO[bytes]:
        return bundle(house.office, person.actor, number, person.today, SHEETS, LETTERS, job.step)

    return _answer(house, person, f"{unit}{say('zh', 'paper.everything')}{number}.zip", f"/lists/{number}", make)


@router.get("/findings/{number}/papers/{paper}.{form}")
def finding_paper(house: TheHouse, person: SignedIn, number: str, paper: str, form: str) -> Response:
    """Send a paper about a finding. Raises Unknown, OfficeMissing."""
    if form not in ("docx", "pdf") or paper not in OF_A_FINDING:
        raise Unknown()
    with house.office.read() as conn:
        values = finding_values(conn, person.actor, number, person.today)
        template = in_force(conn, paper, person.today)

    def make(job: Job) -> bytes:
        made = words.make(paper, values, template)
        return made if form == "docx" else as_pdf(made, "docx")

    return _answer(house, person, f"{say('zh', f'paper.{paper}')}{number}.{form}", f"/findings/{number}", make)


@router.get("/findings/{number}/dossier.zip")
def finding_dossier(house: TheHouse, person: SignedIn, number: str) -> Response:
    """Send 卷宗: papers, record, evidence and proofs of one finding as far as the person may see them. Raises Unknown."""
    with house.office.read() as conn:
        finding_values(conn, person.actor, number, person.today)

    def make(job: Job) -> IO[bytes]:
        return dossier(house.office, house.attachments, person.actor, number, person.today, job.step)

    return _answer(house, person, f"{say('zh', 'paper.dossier')}{number}.zip", f"/findings/{number}", make)


# --- beside the request ---------------------------------------------------------------------------------------------


def _answer(house: House, person: Person, name: str, back: str, make: Make) -> Response:
    """Send the file where it is made at once, else lead to the page that counts."""
    job = house.exports.start(person.actor.person_id, name, back, make)
    return sent(job) if job.is_ready else RedirectResponse(f"/exports/{job.key}", 303)


@router.get("/exports/{key}")
def export_page(request: Request, house: TheHouse, person: SignedIn, key: str) -> Response:
    """Show how far a paper is; the page asks again by itself."""
    job = house.exports.find(person.actor.person_id, key)
    part = "parts/export.html" if request.headers.get("hx-request") else "export.html"
    return pages.show(request, part, job=job, why=_why(person, job))


@router.get("/exports/{key}/file")
def export_file(house: TheHouse, person: SignedIn, key: str) -> Response:
    """Send the file. Raises Unknown while it is not there."""
    job = house.exports.find(person.actor.person_id, key)
    if not job.is_ready:
        raise Unknown()
    return sent(job)


def _why(person: Person, job: Job) -> str:
    """Return why there will be no file; empty while there may be one."""
    if not job.failed:
        return ""
    wrong = job.future.exception() if job.future else None
    return sentence(person.language, wrong) if isinstance(wrong, CaseError) else say(person.language, "paper.not_made")


# --- figures --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for; what is not understood narrows nothing."""

    filters: FigureFilters
    by: By
    completion: str
    given: dict[str, str]

    def address(self, path: str = "/figures", **more: str) -> str:
        """Return the address of *path* with the same filters and *more*."""
        query = urlencode({name: value for name, value in {**self.given, **more}.items() if value})
        return f"{path}?{query}" if query else path


_NAMES = ("as_of", "round", "list", "unit", "own_unit", "category", "kind", "leader", "by", "formula")
_FILTER_OF = {
    By.ROUND: "round", By.LIST: "list", By.UNIT: "own_unit", By.CATEGORY: "category", By.KIND: "kind",
    By.LEADER: "leader",
}  # fmt: skip
NONE = "-"  # in an address: those without a category


def _asked(conn: Connection, request: Request, person: Person) -> Asked:
    given = {name: value for name in _NAMES if (value := request.query_params.get(name, ""))}
    path = None
    if (unit := _number(given, "unit")) is not None:
        path = conn.scalar(select(units.c.path).where(units.c.id == unit))
    category = given.get("category")
    return Asked(
        FigureFilters(
            as_of=_day(given.get("as_of", "")) or person.today,
            round_id=_number(given, "round"),
            list_id=_number(given, "list"),
            unit_path=path,
            own_unit_id=_number(given, "own_unit"),
            category="" if category == NONE else category,
            kind=given["kind"] if given.get("kind") in set(Kind) else None,
            leader_post_id=_number(given, "leader"),
        ),
        By(given["by"]) if given.get("by") in set(By) else By.UNIT,
        given["formula"] if given.get("formula") in COMPLETION else COMPLETION[0],
        given,
    )


def _number(given: Mapping[str, str], name: str) -> int | None:
    return whole(given.get(name))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@router.get("/figures")
def figures_page(request: Request, house: TheHouse, person: SignedIn) -> Response:
    """Show the figures by one grouping; every number leads to its findings."""
    with house.office.read() as conn:
        visible = visible_findings(person.actor)
        asked = _asked(conn, request, person)
        whole = figures.tally(conn, visible, asked.filters)
        groups = figures.tallies(conn, visible, asked.filters, asked.by)
        seen = select(findings.c.list_id).where(visible)
        lists = select(issue_lists.c.round_id).where(issue_lists.c.id.in_(seen))
        facts = {
            "rounds": conn.execute(select(rounds.c.id, rounds.c.name).where(rounds.c.id.in_(lists))).all(),
            "units": conn.execute(
                select(units.c.id, units.c.short_name)
                .where(units.c.id.in_(select(findings.c.unit_id).where(visible)))
                .order_by(units.c.path)
            ).all(),
            "categories": conn.scalars(
                select(findings.c.category).where(visible, findings.c.category != "").distinct().limit(200)
            ).all(),
        }
    formulas = [newest()[name] for name in (asked.completion, *RATES)]

    def line(label: str, tally: Tally, **opened: str) -> dict[str, Any]:
        counts = [
            (plain(tally.of(one)), asked.address("/figures/findings", what=str(one), **opened)) for one in COUNTED
        ]
        rates = [(one.rate(tally).text, one.worked(tally, person.language)) for one in formulas]
        return {"label": label, "counts": counts, "rates": rates}

    filter_name = _FILTER_OF[asked.by]
    lines = [
        line(_label(person.language, asked.by, group.label), group.tally, **{filter_name: group.key or NONE})
        for group in groups
    ]
    return pages.show(
        request,
        "figures.html",
        asked=dict.fromkeys(_NAMES, "") | asked.given,
        as_of=asked.filters.as_of,
        by=asked.by,
        ways=list(By),
        kinds=list(Kind),
        completion=asked.completion,
        completions=[(name, newest()[name].title(person.language)) for name in COMPLETION],
        counted=COUNTED,
        formulas=[(one.title(person.language), one.sentence(person.language), one.worked(whole, person.language))
                  for one in formulas],
        lines=lines,
        whole=line(say(person.language, "paper.sum"), whole),
        historic=whole.historic,
        sheet=asked.address("/figures.xlsx"),
        **facts,
    )  # fmt: skip


@router.get("/figures.xlsx")
def figures_file(request: Request, house: TheHouse, person: SignedIn) -> Response:
    """Send what the page shows as 统计表."""
    with house.office.read() as conn:
        asked = _asked(conn, request, person)
        values = _figure_values(conn, asked, asked.by, person, person.language)
    language = person.language
    name = f"{say(language, 'figures_page.title_of_paper')}{asked.filters.as_of.isoformat()}.xlsx"
    return _answer(house, person, name, "/figures", lambda job: sheets.figures_sheet(values))


@router.get("/figures/{paper}.{form}")
def figures_letter(request: Request, house: TheHouse, person: SignedIn, paper: str, form: str) -> Response:
    """Send 月度通报 or 季度晾晒 of what the page shows, unit by unit. Raises Unknown, OfficeMissing."""
    if paper not in ("monthly_circular", "quarterly_airing") or form not in ("docx", "pdf"):
        raise Unknown()
    with house.office.read() as conn:
        asked = _asked(conn, request, person)
        values = _figure_values(conn, asked, By.UNIT, person, "zh")
        template = in_force(conn, paper, person.today)

    def make(job: Job) -> bytes:
        made = words.make(paper, values, template)
        return made if form == "docx" else as_pdf(made, "docx")

    name = f"{say('zh', f'paper.{paper}')}{asked.filters.as_of.isoformat()}.{form}"
    return _answer(house, person, name, "/figures", make)


def _figure_values(conn: Connection, asked: Asked, by: By, person: Person, language: str) -> FigureValues:
    visible = visible_findings(person.actor)
    groups = figures.tallies(conn, visible, asked.filters, by)
    return FigureValues(
        title=say(language, "figures_page.title_of_paper"),
        scope=_scope(conn, asked, language),
        as_of=asked.filters.as_of,
        grouped_by=say(language, f"figures_page.by_{by}"),
        lines=tuple(FigureLine(_label(language, by, group.label), group.tally) for group in groups),
        whole=figures.tally(conn, visible, asked.filters),
        formulas=tuple(newest()[name] for name in (asked.completion, *RATES)),
        language=language,
        office=office_of(conn, asked.filters.round_id),
        checkpoint=checkpoint_sentence(conn, person.today, language),
    )


@router.get("/figures/findings")
def counted_page(
    request: Request, house: TheHouse, person: SignedIn, what: str = Quantity.TOTAL, after: str = ""
) -> Response:
    """Show the findings that one number counts."""
    if what not in set(Quantity):
        raise Unknown()
    quantity = Quantity(what)
    with house.office.read() as conn:
        asked = _asked(conn, request, person)
        rows = figures.counted_findings(
            conn, visible_findings(person.actor), asked.filters, quantity, after=after[:60], limit=PAGE + 1
        )
        scope = _scope(conn, asked, person.language)
    shown = rows[:PAGE]
    following = asked.address("/figures/findings", what=what, after=shown[-1].number) if len(rows) > PAGE else ""
    return pages.show(
        request, "figures_findings.html", rows=shown, quantity=quantity, as_of=asked.filters.as_of, scope=scope,
        back=asked.address(), next=following,
    )  # fmt: skip


def _label(language: str, by: By, label: str) -> str:
    if not label:
        return say(language, "figures_page.without")
    return say(language, f"kind.{label}") if by is By.KIND else label


def _scope(conn: Connection, asked: Asked, language: str) -> str:
    """Return in words what the filters narrow to."""
    own = asked.filters
    parts = [
        conn.scalar(select(rounds.c.name).where(rounds.c.id == own.round_id)) if own.round_id else None,
        conn.scalar(select(issue_lists.c.number).where(issue_lists.c.id == own.list_id)) if own.list_id else None,
        conn.scalar(select(units.c.name).where(units.c.path == own.unit_path)) if own.unit_path else None,
        conn.scalar(select(units.c.name).where(units.c.id == own.own_unit_id)) if own.own_unit_id else None,
        own.category,
        say(language, f"kind.{own.kind}") if own.kind else None,
    ]
    return say(language, "web.list_comma").join(part for part in parts if part) or say(language, "paper.all_findings")
