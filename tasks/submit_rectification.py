"""提交整改: the unit claims that the finding is rectified, measure by measure, with evidence."""

from sqlalchemy import func, select

from cases.events import Event
from cases.refusals import FormIncomplete
from cases.sign_off import EvidenceMissing
from persistence.tables import measures, submissions
from tasks.acts import act
from tasks.case import FindingCase
from tasks.evidence import attach, live_evidence
from tasks.form import Form
from tasks.work import LOOK_FOR_SIGNALS, Work


@act(on="finding", needs=("completion", "measures_done"))
def submit_rectification(work: Work, case: FindingCase, form: Form) -> None:
    """Report the finding as rectified: what was done for each measure, and the evidence of it."""
    if not live_evidence(work, case):
        raise EvidenceMissing()
    done = _done(work, case, form.texts("measures_done"))

    attach(work, case)
    work.add(
        submissions,
        finding_id=case.id,
        cycle=case.finding.cycle,
        person_id=work.actor.person_id,
        completion=form.text("completion"),
        measures_done=done,
        recovered_yuan=form.money("recovered_yuan"),
        at=work.at,
    )
    case.finding = case.finding.submit(work.at)
    work.record(case, Event("RectificationSubmitted", {"completion": form.text("completion")}))

    work.complete(case, submissions=_submissions(work, case) + 1)
    work.tell(case.id, LOOK_FOR_SIGNALS)  # once it stands in the tables


def _done(work: Work, case: FindingCase, texts: list[str]) -> dict[str, str]:
    """Return measure id -> what was done, from lines «<number> <text>»; every measure of the plan is answered."""
    wanted = select(measures.c.seq, measures.c.id).where(measures.c.finding_id == case.id).order_by(measures.c.seq)
    ids = {str(seq): str(measure) for seq, measure in work.conn.execute(wanted)}
    given = {number: text.strip() for number, _, text in (line.strip().partition(" ") for line in texts)}
    if any(not given.get(number) for number in ids):
        raise FormIncomplete({"measures_done": "measure_unanswered"})
    return {measure: given[number] for number, measure in ids.items()} if ids else {"": "\n".join(texts)}


def _submissions(work: Work, case: FindingCase) -> int:
    query = select(func.count()).where(submissions.c.finding_id == case.id, submissions.c.cycle == case.finding.cycle)
    return int(work.conn.execute(query).scalar_one())
