"""What an address asks of the figures: which findings, as of which day, grouped how, by which formula."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import Request
from sqlalchemy import Connection, select

from cases.figures import COMPLETION, Formula, Rounding, formulas_of
from cases.finding import Kind
from config.messages import say
from persistence.figures import AGES, By, FigureFilters, Step
from persistence.overviews import reporting_of
from persistence.tables import issue_lists, rounds, units
from persistence.visibility import visible_lists
from web.signed_in import Person
from web.typed import asked_day, whole

NAMES = (
    "as_of", "round", "list", "unit", "own_unit", "category", "kind", "leader", "age", "reached",
    "by", "formula", "rounding",
)  # fmt: skip
FILTER_OF = {
    By.ROUND: "round", By.LIST: "list", By.UNIT: "own_unit", By.CATEGORY: "category", By.KIND: "kind",
    By.LEADER: "leader",
}  # fmt: skip
NONE = "-"  # in an address: those without a category


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for; what is not understood narrows nothing."""

    filters: FigureFilters
    by: By
    completion: str
    rounding: str
    given: dict[str, str]

    @property
    def formulas(self) -> tuple[Formula, ...]:
        """The completion that was chosen first, then the rates beside it."""
        return formulas_of(self.completion, self.rounding)

    def address(self, path: str = "/figures", **more: str) -> str:
        """Return the address of *path* with the same filters and *more*."""
        query = urlencode({name: value for name, value in {**self.given, **more}.items() if value})
        return f"{path}?{query}" if query else path


def asked_of(conn: Connection, request: Request, person: Person) -> Asked:
    """Return what the address of *request* asks for; without a day, it is today."""
    given = {name: value for name in NAMES if (value := request.query_params.get(name, ""))}
    path = None
    if (unit := whole(given.get("unit"))) is not None:
        path = conn.scalar(select(units.c.path).where(units.c.id == unit))
    category = given.get("category")
    age = whole(given.get("age"))
    own = reporting_of(conn, whole(given.get("list")), visible_lists(person.actor))
    return Asked(
        FigureFilters(
            as_of=asked_day(given.get("as_of")) or person.today,
            round_id=whole(given.get("round")),
            list_id=whole(given.get("list")),
            unit_path=path,
            own_unit_id=whole(given.get("own_unit")),
            category="" if category == NONE else category,
            kind=given["kind"] if given.get("kind") in set(Kind) else None,
            leader_post_id=whole(given.get("leader")),
            age=age if age in range(len(AGES) + 1) else None,
            reached=Step(given["reached"]) if given.get("reached") in set(Step) else None,
        ),
        By(given["by"]) if given.get("by") in set(By) else By.UNIT,
        given["formula"] if given.get("formula") in COMPLETION else own.completion or COMPLETION[0],
        given["rounding"] if given.get("rounding") in set(Rounding) else own.rounding or "",
        given,
    )


def scope_of(conn: Connection, asked: Asked, language: str) -> str:
    """Return in words what the filters narrow to."""
    own = asked.filters
    parts = [
        conn.scalar(select(rounds.c.name).where(rounds.c.id == own.round_id)) if own.round_id else None,
        conn.scalar(select(issue_lists.c.number).where(issue_lists.c.id == own.list_id)) if own.list_id else None,
        conn.scalar(select(units.c.name).where(units.c.path == own.unit_path)) if own.unit_path else None,
        conn.scalar(select(units.c.name).where(units.c.id == own.own_unit_id)) if own.own_unit_id else None,
        label_of(language, By.CATEGORY, own.category) if own.category is not None else None,
        say(language, f"kind.{own.kind}") if own.kind else None,
        age_word(language, own.age) if own.age is not None else None,
        say(language, f"dashboard.step_{own.reached}") if own.reached else None,
    ]
    return say(language, "web.list_comma").join(part for part in parts if part) or say(language, "paper.all_findings")


def label_of(language: str, by: By, label: str) -> str:
    """Return the label of a group as people read it."""
    if not label:
        return say(language, "figures_page.without")
    return say(language, f"kind.{label}") if by is By.KIND else label


def age_word(language: str, age: int) -> str:
    """Return in words how old the findings of a step of ages are."""
    if age == len(AGES):
        return say(language, "dashboard.age_over", days=AGES[-1])
    return say(language, "dashboard.age_until", least=0 if age == 0 else AGES[age - 1] + 1, most=AGES[age])


def options(given: Mapping[str, str]) -> dict[str, str]:
    """Return every name that an address may give, empty where it does not."""
    return dict.fromkeys(NAMES, "") | dict(given)
