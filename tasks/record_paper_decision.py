"""登记线下决定: what was decided on a sheet of paper is written down with its scan, and waits for a second person."""

from collections.abc import Mapping
from typing import Any

from cases.decided import ScanMissing, SheetKnown, require_order, sheet_in_order
from cases.events import Event
from cases.moments import shanghai_date
from cases.refusals import FormIncomplete
from cases.rights import Actor, may_in_office
from cases.sign_off import require_independent
from persistence.columns import new_id
from persistence.meetings import path_of, sheet_is_known
from persistence.people import load_actor
from persistence.tables import decision_items, decisions, people
from tasks.acts import ACTS, act
from tasks.case import FindingCase, ListCase, OfficeCase
from tasks.evidence import keep_blob
from tasks.facts_of_case import dossier_of
from tasks.form import Form
from tasks.second_person import ask_second_person
from tasks.sign_off import basis_of
from tasks.work import Work

ON_PAPER = (
    "sign_off", "decide_extension", "decide_waiver", "review_rectification", "sign_rectification",
    "verify_rectification", "review_plan",
)  # fmt: skip
FOR_MANY = frozenset({"sign_off"})  # one sheet may decide many findings


@act(on="office", needs=("decision", "sheet_number", "decided_on", "numbers", "signer"), task=False)
def record_paper_decision(work: Work, case: OfficeCase, form: Form) -> None:
    """Record a sheet; *answers* are those of the form of the act that it decides, *signer* in whose name it is done.

    The act is thought through at once for every case, so that nobody waits for a second person in vain.
    """
    act_name = form.choice("decision", *ON_PAPER)
    numbers = list(dict.fromkeys(form.texts("numbers")))
    if len(numbers) > 1 and act_name not in FOR_MANY:
        raise FormIncomplete({"numbers": "one_only"})
    scan = next(iter(work.attachments), None)
    if scan is None:
        raise ScanMissing()
    sheet, decided_on = sheet_in_order(form.text("sheet_number")), form.needed_day("decided_on")
    cases = [work.finding_or_list(number) for number in numbers]
    office = _office_of(work, cases)
    if sheet_is_known(work.conn, office, sheet):
        raise SheetKnown(sheet=sheet)
    signer_id = (form.ids("signer") or [0])[0]
    if work.conn.execute(people.select().where(people.c.id == signer_id)).first() is None:
        raise FormIncomplete({"signer": "not_a_choice"})
    signer = load_actor(work.conn, signer_id, decided_on)

    decision = new_id()
    given = _answers(form) | ({"sheet_number": sheet} if "sheet_number" in ACTS[act_name].needs else {})
    keep_blob(work, scan)
    work.add(
        decisions, id=decision, office_unit_id=office, sheet_number=sheet, act=act_name, decided_on=decided_on,
        given=given, signers=_signers(form, signer, act_name, given), sha256=scan.sha256, filename=scan.filename,
        state="waiting", recorded_by=work.actor.person_id, recorded_account=work.actor.account_id,
        recorded_at=work.at, comment="",
    )  # fmt: skip
    for one in cases:
        _require_hands_clean(work, one)
        task = work.office.try_act(work.conn, signer, act_name, one.number, given, at=work.at)
        since = task.since if task else one.head.changed_at if isinstance(one, ListCase) else one.finding.submitted_at
        require_order(decided_on, work.today, shanghai_date(since or work.at), one.number)
        work.add(
            decision_items, decision_id=decision, case_id=one.id, number=one.number, signed_as=signer_id,
            basis=_basis(work, one, act_name), state="waiting",
        )  # fmt: skip
    work.answer |= {"decision": str(decision)}
    facts = {"sheet": sheet, "decision": act_name, "cases": numbers, "signer": signer_id, "scan": scan.sha256}
    work.record(case, Event("PaperDecisionRecorded", facts))
    ask_second_person(work, case, decision, office_unit_id=office, sheet=sheet, decided_on=decided_on)


def _office_of(work: Work, cases: list[FindingCase | ListCase]) -> int:
    """Return the one inspecting side of all *cases*; each has to be seen by whoever records."""
    values = [one.finding if isinstance(one, FindingCase) else one.issue_list for one in cases]
    for value in values:
        work.require("view", value.subject)
    offices = {value.office_unit_id for value in values}
    if len(offices) != 1:
        raise FormIncomplete({"numbers": "not_a_choice"})
    (office,) = offices
    if not may_in_office(work.actor, "record_paper_decision", path_of(work.conn, office)):
        raise FormIncomplete({"numbers": "not_a_choice"})
    return office


def _require_hands_clean(work: Work, case: FindingCase | ListCase) -> None:
    """Who rectified a finding writes down no decision about it either."""
    if isinstance(case, FindingCase):
        require_independent(work.actor, case.finding.unit_path, dossier_of(work, case))


def _answers(form: Form) -> dict[str, Any]:
    answers = form.get("answers", {})
    if not isinstance(answers, Mapping):
        raise FormIncomplete({"answers": "wrong"})
    return {str(name): value for name, value in answers.items() if name != "attachments"}


def _signers(form: Form, signer: Actor, act_name: str, given: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return who signed: the one who decides first, then the others as «post or name | opinion | day»."""
    first = {
        "name": signer.name,
        "post": signer.title_for(act_name),
        "opinion": str(given.get("verdict", "")),
        "signed_on": form.text("decided_on"),
    }
    others = []
    for line in form.texts("others"):
        name, opinion, day = (*(part.strip() for part in line.split("|")), "", "")[:3]
        others.append({"name": name, "post": "", "opinion": opinion, "signed_on": day or form.text("decided_on")})
    return [first, *others]


def _basis(work: Work, case: FindingCase | ListCase, act_name: str) -> str:
    if act_name != "sign_off":
        return ""
    assert isinstance(case, FindingCase)
    return basis_of(case, dossier_of(work, case))
