"""责任对应 on the page of a list: what its ledger wrote, whom it means, settled for all findings in one go."""

from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy import Connection, select

from cases.finding import State
from cases.refusals import CaseError, FormIncomplete
from config.messages import say
from persistence.tables import findings, milestones
from tasks.aliases import UNIT_FIELDS
from tasks.responsible_posts import ROLE_OF_FIELD
from tasks.unmapped import Unmapped, posts_within, units_within, unmapped
from web import pages
from web.house import TheHouse
from web.refusals import field_sentence, sentence
from web.seeing import Seen, seeing
from web.signed_in import Filled, SignedIn, page_router

router = page_router()


@dataclass(frozen=True, slots=True)
class Texts:
    """What is still to be mapped, and what each field may be mapped to as (id, name)."""

    open: list[Unmapped]
    choices: dict[str, list[tuple[int, str]]]

    @property
    def total(self) -> int:
        """How many findings lack something that can be mapped here."""
        return len({number for one in self.open if one.field not in UNIT_FIELDS for number in one.numbers})


def texts_of(seen: Seen) -> Texts:
    """Return the texts of the list that nobody has mapped, with proposals and choices."""
    path = seen.value.unit_path
    known = {field: posts_within(seen.conn, path, field) for field in ROLE_OF_FIELD}
    known |= {field: units_within(seen.conn, path) for field in UNIT_FIELDS}
    return Texts(
        unmapped(seen.conn, seen.case.id, path, seen.person.today),
        {field: [(one.id, one.short_names[0]) for one in candidates] for field, candidates in known.items()},
    )


def steps_of(conn: Connection, list_id: int) -> dict[int, str]:
    """Return the milestones of the findings of a list as they are written into a form, one a line."""
    query = (
        select(milestones.c.finding_id, milestones.c.due_on, milestones.c.text)
        .join(findings, findings.c.id == milestones.c.finding_id)
        .where(findings.c.list_id == list_id, findings.c.state == State.REGISTERED)
        .order_by(milestones.c.finding_id, milestones.c.seq)
    )
    lines: dict[int, list[str]] = {}
    for finding_id, due_on, text in conn.execute(query):
        lines.setdefault(finding_id, []).append(f"{due_on} {text}")
    return {finding_id: "\n".join(own) for finding_id, own in lines.items()}


@router.post("/lists/{number}/responsibility")
def map_texts(request: Request, house: TheHouse, person: SignedIn, form: Filled, number: str) -> Response:
    """Settle what was chosen: fields ``of_<n>`` («field text») and ``means_<n>`` (a post, a unit or a day)."""
    places = [name.removeprefix("of_") for name in form if name.startswith("of_")]
    written = [(str(form[f"of_{n}"]), str(form.get(f"means_{n}") or "").strip()) for n in places]
    choices = [f"{of.partition(' ')[0]} {means} {of.partition(' ')[2]}" for of, means in written if means]
    refused, settled = "", None
    if not choices:
        refused = say(person.language, "mapping.nothing_chosen")
    try:
        if choices:
            answer = house.office.perform(person.actor, "map_responsibility", number, {"choices": choices})
            settled = answer.more["settled"]
    except FormIncomplete as why:
        refused = " ".join(field_sentence(person.language, code) for code in why.errors.values())
    except CaseError as why:
        refused = sentence(person.language, why)
    with seeing(house, person, "lists", number) as seen:
        facts: dict[str, Any] = {"s": {"number": number}, "texts": texts_of(seen)}
    if settled is not None and request.headers.get("hx-request"):
        return Response(status_code=204, headers={"HX-Redirect": f"/lists/{number}?mapped={settled}"})
    status = 422 if refused else 200
    return pages.show(request, "parts/mapping.html", status=status, refused=refused, mapped=settled, **facts)
