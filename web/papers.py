"""Papers to take away, and 统计: figures with numerator, denominator, formula and the findings behind each number."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy import Connection, select

from cases.figures import COMPLETION, Quantity, Tally, newest, plain
from cases.finding import Kind
from cases.refusals import Unknown
from config.messages import say
from documents.papers import sheets, words
from documents.papers.pdf import as_pdf
from documents.papers.values import FigureLine, FigureValues, ListValues
from persistence import figures
from persistence.figures import By, FigureFilters
from persistence.tables import findings, issue_lists, rounds, units
from persistence.visibility import visible_findings
from tasks.papers_out import list_values, sign_off_values
from web import pages
from web.house import TheHouse
from web.signed_in import Person, SignedIn, page_router
from web.whole import whole

router = page_router()

PAGE = 100
MEDIA = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}
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


LIST_PAPERS: Mapping[str, tuple[str, Callable[[ListValues], bytes]]] = {
    "ledger": ("xlsx", sheets.ledger_sheet),
    "three_lists": ("xlsx", sheets.three_lists),
    "plan": ("docx", words.plan),
    "progress_report": ("docx", words.progress_report),
    "figures": ("xlsx", _figures_of_list),
}
"""What can be made of a list: in which form, and by what; each as PDF too."""


@router.get("/lists/{number}/papers/{paper}.{form}")
def list_paper(house: TheHouse, person: SignedIn, number: str, paper: str, form: str) -> Response:
    """Send a paper of a list as the person may see it. Raises Unknown, OfficeMissing."""
    own, make = LIST_PAPERS.get(paper, ("", None))
    if make is None or form not in (own, "pdf"):
        raise Unknown()
    with house.office.read() as conn:
        values = list_values(conn, person.actor, number, person.today)
    return _sent(make(values), own, form, f"{values.unit}{say('zh', f'paper.{paper}')}{number}")


@router.get("/findings/{number}/papers/sign_off_sheet.{form}")
def sign_off_paper(house: TheHouse, person: SignedIn, number: str, form: str) -> Response:
    """Send the 销号审批表 of a finding. Raises Unknown, OfficeMissing."""
    if form not in ("docx", "pdf"):
        raise Unknown()
    with house.office.read() as conn:
        values = sign_off_values(conn, person.actor, number, person.today)
    return _sent(words.sign_off_sheet(values), "docx", form, f"{say('zh', 'paper.sign_off_sheet')}{number}")


def _sent(content: bytes, own: str, form: str, name: str) -> Response:
    made = content if form == own else as_pdf(content, own)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(f'{name}.{form}', safe='')}",
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    }
    return Response(made, 200, headers, MEDIA[form])


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
        visible = visible_findings(person.actor)
        asked = _asked(conn, request, person)
        whole = figures.tally(conn, visible, asked.filters)
        groups = figures.tallies(conn, visible, asked.filters, asked.by)
        scope = _scope(conn, asked, person.language)
    language = person.language
    values = FigureValues(
        title=say(language, "figures_page.title_of_paper"),
        scope=scope,
        as_of=asked.filters.as_of,
        grouped_by=say(language, f"figures_page.by_{asked.by}"),
        lines=tuple(FigureLine(_label(language, asked.by, group.label), group.tally) for group in groups),
        whole=whole,
        formulas=tuple(newest()[name] for name in (asked.completion, *RATES)),
        language=language,
    )
    name = f"{say(language, 'figures_page.title_of_paper')}{asked.filters.as_of.isoformat()}"
    return _sent(sheets.figures_sheet(values), "xlsx", "xlsx", name)


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
