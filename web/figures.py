"""统计 and 领导看板: figures with numerator, denominator, formula and the findings behind each number."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy import Connection, select

from cases.figures import COMPLETION, Formula, Quantity, Rounding, Tally, formula, newest, plain
from cases.finding import Kind
from cases.refusals import Unknown
from config.messages import say
from persistence import dashboards, figures
from persistence.dashboards import Cell
from persistence.figures import AGES, By, Step
from persistence.tables import findings, issue_lists, rounds, units
from persistence.visibility import visible_findings
from web import pages
from web.asked_figures import FILTER_OF, NONE, Asked, age_word, asked_of, label_of, options, scope_of
from web.house import TheHouse
from web.signed_in import Person, SignedIn, page_router

router = page_router()
Key = TypeVar("Key")

PAGE = 100
COUNTED = tuple(one for one in Quantity if one is not Quantity.EVER_DONE)
TILES = (Quantity.TOTAL, Quantity.DONE, Quantity.BASIC, Quantity.UNDONE, Quantity.OVERDUE, Quantity.SUSPENDED)
SHADES = (0, 1, 3, 6, 10)  # undone findings from which a cell is one shade darker
CATEGORIES = 8  # columns of the heat map; the rest stand together


@router.get("/figures")
def figures_page(request: Request, house: TheHouse, person: SignedIn) -> Response:
    """Show the figures by one grouping; every number leads to its findings."""
    with house.office.read() as conn:
        asked = asked_of(conn, request, person)
        groups = figures.tallies(conn, visible_findings(person.actor), asked.filters, asked.by)
        choices = _choices(conn, person)
    language, whole = person.language, sum((group.tally for group in groups), Tally())

    def line(label: str, tally: Tally, **opened: str) -> dict[str, Any]:
        counts = [(plain(tally.of(one)), _behind(asked, one, **opened)) for one in COUNTED]
        rates = [(one.rate(tally).text, one.worked(tally, language)) for one in asked.formulas]
        return {"label": label, "counts": counts, "rates": rates}

    filter_name = FILTER_OF[asked.by]
    return pages.show(
        request,
        "figures.html",
        **_asked_facts(asked, language),
        by=asked.by,
        ways=list(By),
        counted=COUNTED,
        formulas=[(one.title(language), one.sentence(language), one.worked(whole, language)) for one in asked.formulas],
        lines=[
            line(label_of(language, asked.by, group.label), group.tally, **{filter_name: group.key or NONE})
            for group in groups
        ],
        whole=line(say(language, "paper.sum"), whole),
        historic=whole.historic,
        sheet=asked.address("/figures.xlsx"),
        **choices,
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
        asked = asked_of(conn, request, person)
        rows = figures.counted_findings(
            conn, visible_findings(person.actor), asked.filters, quantity, after=after[:60], limit=PAGE + 1
        )
        scope = scope_of(conn, asked, person.language)
    shown = rows[:PAGE]
    following = asked.address("/figures/findings", what=what, after=shown[-1].number) if len(rows) > PAGE else ""
    return pages.show(
        request, "figures_findings.html", rows=shown, quantity=quantity, as_of=asked.filters.as_of, scope=scope,
        back=asked.address(), next=following,
    )  # fmt: skip


def _behind(asked: Asked, quantity: Quantity, **opened: str) -> str:
    """Return the address of the findings that one number counts."""
    return asked.address("/figures/findings", what=str(quantity), **opened)


def _asked_facts(asked: Asked, language: str) -> dict[str, Any]:
    return {
        "asked": options(asked.given),
        "as_of": asked.filters.as_of,
        "kinds": list(Kind),
        "completion": asked.completion,
        "completions": [(name, newest()[name].title(language)) for name in COMPLETION],
        "roundings": list(Rounding),
    }


def _choices(conn: Connection, person: Person) -> dict[str, Any]:
    """Return what the filters offer: only what findings that the person may see belong to."""
    visible = visible_findings(person.actor)
    lists = select(issue_lists.c.round_id).where(issue_lists.c.id.in_(select(findings.c.list_id).where(visible)))
    of_units = units.c.id.in_(select(findings.c.unit_id).where(visible))
    named = select(findings.c.category).where(visible, findings.c.category != "")
    return {
        "rounds": conn.execute(select(rounds.c.id, rounds.c.name).where(rounds.c.id.in_(lists))).all(),
        "units": conn.execute(select(units.c.id, units.c.short_name).where(of_units).order_by(units.c.path)).all(),
        "categories": conn.scalars(named.distinct().limit(200)).all(),
    }


# --- the leaders' board ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Number:
    """A number, the findings behind it, and how dark or long it is drawn."""

    count: int
    address: str
    shade: int = 0


@dataclass(frozen=True, slots=True)
class UnitLine:
    """One unit: numerator and denominator of its completion, and what is late."""

    name: str
    done: Number
    total: Number
    overdue: Number
    rate: str
    worked: str
    length: str  # of the bar, in hundredths


@router.get("/dashboard")
def dashboard(request: Request, house: TheHouse, person: SignedIn) -> Response:
    """Show what stands where: tiles, units, heat map and ages; how it flows is asked for by the page afterwards."""
    with house.office.read() as conn:
        asked = asked_of(conn, request, person)
        cells = dashboards.cells(conn, visible_findings(person.actor), asked.filters)
        choices = _choices(conn, person)
    language, whole = person.language, sum((cell.tally for cell in cells), Tally())
    completion, *rates = asked.formulas
    return pages.show(
        request,
        "dashboard.html",
        **_asked_facts(asked, language),
        tiles=[(one, Number(int(whole.of(one)), _behind(asked, one))) for one in TILES],
        completion_rate=(completion.rate(whole).text, completion.worked(whole, language)),
        rates=[(one.title(language), one.rate(whole).text, one.worked(whole, language)) for one in rates],
        sentences=[one.sentence(language) for one in asked.formulas],
        historic=Number(whole.historic, _behind(asked, Quantity.HISTORIC)),
        unit_lines=_unit_lines(asked, completion, cells, language),
        heat=_heat(asked, cells, language),
        ages=_ages(asked, cells, language),
        flow=asked.address("/dashboard/flow"),
        figures=asked.address("/figures"),
        **choices,
    )


@router.get("/dashboard/flow")
def dashboard_flow(request: Request, house: TheHouse, person: SignedIn) -> Response:
    """Show how far findings got and in how many days, and the last twelve months."""
    with house.office.read() as conn:
        asked = asked_of(conn, request, person)
        visible = visible_findings(person.actor)
        passed = dashboards.passages(conn, visible, asked.filters)
        months = dashboards.months(conn, visible, asked.filters)
    most = max((one.count for one in passed), default=0)
    steps = [
        (one.step, Number(one.count, _reached(asked, one.step), _share(one.count, most)), _days(one.days))
        for one in passed
    ]
    rate, tallest = formula(COMPLETION[0]), max((month.tally.total for month in months), default=0)
    bars = [
        {
            "day": month.day,
            "total": Number(month.tally.total, asked.address("/figures/findings", what=str(Quantity.TOTAL),
                            as_of=month.day.isoformat()), _share(month.tally.total, tallest)),
            "done": Number(month.tally.done, asked.address("/figures/findings", what=str(Quantity.DONE),
                           as_of=month.day.isoformat()), _share(month.tally.done, tallest)),
            "rate": rate.rate(month.tally).text,
        }
        for month in months
    ]  # fmt: skip
    return pages.show(
        request, "parts/dashboard_flow.html", steps=steps, bars=bars, sentence=rate.sentence(person.language)
    )


def _reached(asked: Asked, step: Step) -> str:
    return _behind(asked, Quantity.TOTAL, reached=str(step))


def _days(days: float | None) -> str:
    return "" if days is None else f"{days:g}"


def _share(part: int, whole: int) -> int:
    """Return how many hundredths *part* is of *whole*; what is there at all can be seen."""
    return max(1, part * 100 // whole) if part and whole else 0


def _sums(cells: Iterable[Cell], key: Callable[[Cell], Key]) -> dict[Key, Tally]:
    """Return the tallies of *cells* by *key*, in the order of their first appearance."""
    found: dict[Key, Tally] = defaultdict(Tally)
    for cell in cells:
        found[key(cell)] += cell.tally
    return found


def _unit_lines(asked: Asked, completion: Formula, cells: Sequence[Cell], language: str) -> list[UnitLine]:
    """Return the units, the one with the lowest completion first."""

    def line(unit_id: int, name: str, tally: Tally) -> UnitLine:
        rate, unit = completion.rate(tally), str(unit_id)

        def number(quantity: Quantity) -> Number:
            return Number(int(tally.of(quantity)), _behind(asked, quantity, own_unit=unit))

        return UnitLine(
            name, number(Quantity.DONE), number(Quantity.TOTAL), number(Quantity.OVERDUE), rate.text,
            completion.worked(tally, language), str(min(rate.percent or Decimal(0), Decimal(100))),
        )  # fmt: skip

    tallied = _sums(cells, lambda cell: (cell.unit_id, cell.unit))
    lowest = sorted(tallied.items(), key=lambda item: completion.rate(item[1]).percent or Decimal(0))
    return [line(unit_id, name, tally) for (unit_id, name), tally in lowest if tally.total]


def _heat(asked: Asked, cells: Sequence[Cell], language: str) -> dict[str, Any]:
    """Return unit by category how many findings are not done; the rarest stand together, by category behind a link."""
    undone = {key: tally.undone for key, tally in _sums(cells, lambda cell: (cell.unit_id, cell.category)).items()}
    by_category = _sums(cells, lambda cell: cell.category)
    ranked = sorted(by_category, key=lambda one: (-by_category[one].undone, one))
    shown, rest = ranked[:CATEGORIES], ranked[CATEGORIES:]

    def cell(unit_id: int, category: str) -> Number:
        count = undone.get((unit_id, category), 0)
        opened = {"own_unit": str(unit_id), "category": category or NONE}
        return Number(count, _behind(asked, Quantity.UNDONE, **opened), _shade(count))

    def others(unit_id: int) -> Number:
        count = sum(undone.get((unit_id, one), 0) for one in rest)
        return Number(count, asked.address(own_unit=str(unit_id), by=str(By.CATEGORY)), _shade(count))

    names = {cell.unit_id: cell.unit for cell in cells}
    return {
        "categories": [label_of(language, By.CATEGORY, one) for one in shown],
        "has_rest": bool(rest),
        "lines": [(name, [cell(unit_id, one) for one in shown], others(unit_id)) for unit_id, name in names.items()],
    }


def _shade(count: int) -> int:
    return sum(count >= least for least in SHADES) - 1


def _ages(asked: Asked, cells: Sequence[Cell], language: str) -> list[tuple[str, Number, Number]]:
    """Return for each age how many findings are not done, and how many of them are late."""
    tallied = _sums(cells, lambda cell: cell.age)
    most = max((tally.undone for tally in tallied.values()), default=0)

    def line(age: int) -> tuple[str, Number, Number]:
        tally, opened = tallied.get(age, Tally()), {"age": str(age)}
        undone = Number(tally.undone, _behind(asked, Quantity.UNDONE, **opened), _share(tally.undone, most))
        overdue = Number(tally.overdue, _behind(asked, Quantity.OVERDUE, **opened), _share(tally.overdue, most))
        return age_word(language, age), undone, overdue

    return [line(age) for age in range(len(AGES) + 1)]
