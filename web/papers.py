"""Papers to take away: of a list, of a finding, and of figures; each as the person may see it."""

from collections.abc import Callable, Mapping
from typing import IO

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy import Connection

from cases.figures import COMPLETION, RATES, newest
from cases.refusals import Unknown
from config.messages import say
from documents.papers import sheets, words
from documents.papers.layouts import own_ledger
from documents.papers.pdf import as_pdf
from documents.papers.values import FigureLine, FigureValues, ListValues
from persistence import figures
from persistence.figures import By
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
from web.asked_figures import Asked, asked_of, label_of, scope_of
from web.exporting import answer
from web.exports import Job
from web.house import TheHouse
from web.signed_in import Person, SignedIn, page_router

router = page_router()

OWN_LAYOUT = "own_layout"


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

    def make(_: Job) -> bytes:
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

    return answer(house, person, f"{unit}{say('zh', f'paper.{paper}')}{number}.{form}", f"/lists/{number}", make)


@router.get("/lists/{number}/papers.zip")
def every_paper(house: TheHouse, person: SignedIn, number: str) -> Response:
    """Send all papers of a list and the papers of each of its findings in one file. Raises Unknown."""
    with house.office.read() as conn:
        unit = unit_of_list(conn, person.actor, number)

    def make(job: Job) -> IO[bytes]:
        return bundle(house.office, person.actor, number, person.today, SHEETS, LETTERS, job.step)

    return answer(house, person, f"{unit}{say('zh', 'paper.everything')}{number}.zip", f"/lists/{number}", make)


@router.get("/findings/{number}/papers/{paper}.{form}")
def finding_paper(house: TheHouse, person: SignedIn, number: str, paper: str, form: str) -> Response:
    """Send a paper about a finding. Raises Unknown, OfficeMissing."""
    if form not in ("docx", "pdf") or paper not in OF_A_FINDING:
        raise Unknown()
    with house.office.read() as conn:
        values = finding_values(conn, person.actor, number, person.today)
        template = in_force(conn, paper, person.today)

    def make(_: Job) -> bytes:
        made = words.make(paper, values, template)
        return made if form == "docx" else as_pdf(made, "docx")

    return answer(house, person, f"{say('zh', f'paper.{paper}')}{number}.{form}", f"/findings/{number}", make)


@router.get("/findings/{number}/dossier.zip")
def finding_dossier(house: TheHouse, person: SignedIn, number: str) -> Response:
    """Send 卷宗: papers, record, evidence and proof of one finding, as far as the person may see. Raises Unknown."""
    with house.office.read() as conn:
        finding_values(conn, person.actor, number, person.today)

    def make(job: Job) -> IO[bytes]:
        return dossier(house.office, house.attachments, person.actor, number, person.today, job.step)

    return answer(house, person, f"{say('zh', 'paper.dossier')}{number}.zip", f"/findings/{number}", make)


# --- figures --------------------------------------------------------------------------------------------------------


@router.get("/figures.xlsx")
def figures_file(request: Request, house: TheHouse, person: SignedIn) -> Response:
    """Send what the page shows as 统计表."""
    with house.office.read() as conn:
        asked = asked_of(conn, request, person)
        values = _figure_values(conn, asked, asked.by, person, person.language)
    language = person.language
    name = f"{say(language, 'figures_page.title_of_paper')}{asked.filters.as_of.isoformat()}.xlsx"
    return answer(house, person, name, "/figures", lambda _: sheets.figures_sheet(values))


@router.get("/figures/{paper}.{form}")
def figures_letter(request: Request, house: TheHouse, person: SignedIn, paper: str, form: str) -> Response:
    """Send 月度通报 or 季度晾晒 of what the page shows, unit by unit. Raises Unknown, OfficeMissing."""
    if paper not in ("monthly_circular", "quarterly_airing") or form not in ("docx", "pdf"):
        raise Unknown()
    with house.office.read() as conn:
        asked = asked_of(conn, request, person)
        values = _figure_values(conn, asked, By.UNIT, person, "zh")
        template = in_force(conn, paper, person.today)

    def make(_: Job) -> bytes:
        made = words.make(paper, values, template)
        return made if form == "docx" else as_pdf(made, "docx")

    name = f"{say('zh', f'paper.{paper}')}{asked.filters.as_of.isoformat()}.{form}"
    return answer(house, person, name, "/figures", make)


def _figure_values(conn: Connection, asked: Asked, by: By, person: Person, language: str) -> FigureValues:
    visible = visible_findings(person.actor)
    groups = figures.tallies(conn, visible, asked.filters, by)
    return FigureValues(
        title=say(language, "figures_page.title_of_paper"),
        scope=scope_of(conn, asked, language),
        as_of=asked.filters.as_of,
        grouped_by=say(language, f"figures_page.by_{by}"),
        lines=tuple(FigureLine(label_of(language, by, group.label), group.tally) for group in groups),
        whole=figures.tally(conn, visible, asked.filters),
        formulas=asked.formulas,
        language=language,
        office=office_of(conn, asked.filters.round_id),
        checkpoint=checkpoint_sentence(conn, person.today, language),
    )
