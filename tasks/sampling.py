"""What the acts of a sample share: the sample itself, how it is drawn and kept, who may go."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Row, insert, select, update

from cases.events import Event
from cases.finding import Kind
from cases.look_back import require_inspectors
from cases.refusals import CaseError, FormIncomplete, NotPermitted, Unknown
from cases.rights import may
from cases.sampling import (
    METHOD,
    PERMILLE,
    Candidate,
    Drawing,
    EmptyFrame,
    Stratum,
    frame_sha256,
    share_of,
    size_needed,
)
from persistence import case_store, ledger
from persistence.case_store import Head
from persistence.columns import new_id
from persistence.people import load_actor, staff_of, stood_for
from persistence.samples import CAMPAIGN, Frame, candidates, had_a_hand, may_draw_on, newest_checkpoint
from persistence.tables import cases, counters, findings, sampled, samples, units
from tasks.case import FindingCase, SampleCase, new_case_row
from tasks.form import Form
from tasks.work import Work

LONGEST_SEED = 64
BY_SHARE, BY_CONFIDENCE = "share", "confidence"


class SampleClosed(CaseError):
    """The sample has its result; nothing is added to it any more."""

    code = "sample_closed"


class NoCheckpointYet(CaseError):
    """The log has no checkpoint that could be the seed: wait some seconds, or name a seed."""

    code = "no_checkpoint_yet"
    field = "seed"


@dataclass(frozen=True, slots=True)
class Draw:
    """What is to be drawn, and how sure one wants to be."""

    kind: str
    purpose: str
    unit_id: int
    frame: Frame
    random_size: int
    risk_size: int
    confidence_percent: int
    excluded_permille: int
    seed: str
    seed_from: str
    candidates: tuple[Candidate, ...]

    @property
    def drawing(self) -> Drawing:
        """What the sample follows from."""
        return Drawing(self.seed, self.candidates, self.random_size, self.risk_size)


def draw(work: Work, form: Form, kind: str, percent: str) -> tuple[SampleCase, Mapping[Stratum, tuple[str, ...]]]:
    """Draw a sample of *kind* as the form says; *percent* names the number that a size by share begins with.

    Raises FormIncomplete, NotPermitted, EmptyFrame, NoCheckpointYet.
    """
    unit = _unit(work, form)
    frame = _frame(form, unit.path, kind)
    found = candidates(work.conn, work.actor, frame)
    if not found:
        raise EmptyFrame()
    confidence, excluded = _sureness(work, form)
    by_share = share_of(len(found), _whole(form, "share_percent", setting(work, percent), 1, 100))
    by = form.choice("size_by", BY_SHARE, BY_CONFIDENCE) if "size_by" in form else BY_SHARE
    by_risk = share_of(len(found), setting(work, "sampling.risk_percent"))
    seed, seed_from = _seed(work, form)
    wanted = Draw(
        kind=kind,
        purpose=form.text("purpose"),
        unit_id=unit.id,
        frame=frame,
        random_size=by_share if by == BY_SHARE else size_needed(len(found), confidence, excluded),
        risk_size=_whole(form, "risk_size", by_risk, 0, len(found)),
        confidence_percent=confidence,
        excluded_permille=excluded,
        seed=seed,
        seed_from=seed_from,
        candidates=found,
    )
    return _keep(work, wanted)


def _unit(work: Work, form: Form) -> Row[Any]:
    """Return (id, name, path) of the form's unit. Raises FormIncomplete, NotPermitted."""
    unit_id = form.number("unit")
    row: Row[Any] | None = work.conn.execute(select(units).where(units.c.id == unit_id)).one_or_none()
    if row is None:
        raise FormIncomplete({"unit": "not_a_choice"})
    if not may_draw_on(work.actor, row.path):
        raise NotPermitted(act=work.act)
    return row


def _frame(form: Form, unit_path: str, kind: str) -> Frame:
    """Return what the form narrows the frame to."""
    frame = Frame(
        unit_path=unit_path,
        signed_from=form.day("signed_from"),
        signed_until=form.day("signed_until"),
        category=form.text("category") or None,
        kind=form.choice("kind", *Kind) if "kind" in form else None,
        round_id=form.number("round"),
        for_campaign=kind == CAMPAIGN,
    )
    if frame.signed_from and frame.signed_until and frame.signed_until < frame.signed_from:
        raise FormIncomplete({"signed_until": "same_day_or_later"})
    return frame


def _seed(work: Work, form: Form) -> tuple[str, str]:
    """Return the seed and where it is from: the officer's own, or the newest published checkpoint of the log."""
    if own := form.text("seed"):
        if len(own) > LONGEST_SEED:
            raise FormIncomplete({"seed": "too_long"})
        return own, ""
    newest = newest_checkpoint(work.conn)
    if newest is None:
        raise NoCheckpointYet()
    size, root = newest
    return root, str(size)


def _whole(form: Form, name: str, otherwise: int, least: int, most: int) -> int:
    """Return a whole number of the form between *least* and *most*."""
    value = form.number(name)
    if value is None:
        return otherwise
    if not least <= value <= most:
        raise FormIncomplete({name: "too_small" if value < least else "too_large"})
    return value


def setting(work: Work, name: str) -> int:
    """Return a number of the policy as it is in force."""
    return work.office.number_setting(work.conn, name, work.today)


def _sureness(work: Work, form: Form) -> tuple[int, int]:
    """Return confidence in percent and the share in permille that is to be excluded."""
    confidence = _whole(form, "confidence_percent", setting(work, "sampling.confidence_percent"), 50, 99)
    return confidence, _whole(form, "excluded_permille", setting(work, "sampling.excluded_permille"), 1, PERMILLE)


def _keep(work: Work, draw: Draw) -> tuple[SampleCase, Mapping[Stratum, tuple[str, ...]]]:
    """Draw, and put the sample down as a case with a ledger of its own."""
    drawn = draw.drawing.draw()
    sample_id, number = new_id(), _next_number(work)
    work.create(cases, [new_case_row(sample_id, "sample", at=work.at, by=work.actor.name, act=work.act)])
    work.create(samples, [_row(work, sample_id, number, draw)])
    ids = dict(
        work.conn.execute(select(findings.c.number, findings.c.id).where(findings.c.number.in_(_numbers(drawn))))
        .tuples()
        .all()
    )
    work.create(
        sampled,
        [
            {"id": new_id(), "sample_id": sample_id, "finding_id": ids[one], "stratum": stratum, "rank": rank}
            for stratum, numbers in drawn.items()
            for rank, one in enumerate(numbers, 1)
        ],
    )
    head = Head(sample_id, "sample", 0, ledger.Head(sample_id), work.at, work.actor.name, work.act)
    case = SampleCase(head, [], [], number=number)
    work.add_case(case)
    work.record(case, Event("SampleDrawn", _told(number, draw, drawn)))
    work.answer |= {"sample": number, **{str(stratum): list(one) for stratum, one in drawn.items()}}
    return case, drawn


def _numbers(drawn: Mapping[Stratum, Sequence[str]]) -> list[str]:
    return [one for numbers in drawn.values() for one in numbers]


def _row(work: Work, sample_id: int, number: str, draw: Draw) -> dict[str, Any]:
    frame = draw.drawing.frame
    return {
        "id": sample_id,
        "number": number,
        "unit_id": draw.unit_id,
        "kind": draw.kind,
        "purpose": draw.purpose,
        "filter": {name: str(value) for name, value in asdict(draw.frame).items() if value not in (None, "", False)},
        "frame": list(frame),
        "candidates": [[one.number, one.unit, one.score, one.historic] for one in draw.candidates],
        "frame_sha256": frame_sha256(frame),
        "seed": draw.seed,
        "seed_from": draw.seed_from,
        "confidence_percent": draw.confidence_percent,
        "excluded_permille": draw.excluded_permille,
        "random_size": min(draw.random_size, len(frame)),
        "risk_size": draw.risk_size,
        "method": METHOD,
        "drawn_by": work.actor.person_id,
        "drawn_at": work.at,
        "conclusion": "",
    }


def _told(number: str, draw: Draw, drawn: Mapping[Stratum, tuple[str, ...]]) -> dict[str, Any]:
    """Return what the ledger keeps: enough to see that seed, frame and sample were never changed."""
    return {
        "sample": number,
        "method": METHOD,
        "seed": draw.seed,
        "seed_from": draw.seed_from,
        "frame": len(draw.candidates),
        "frame_sha256": frame_sha256(draw.drawing.frame),
        **{str(stratum): list(numbers) for stratum, numbers in drawn.items()},
    }


def _next_number(work: Work) -> str:
    """Return the next number of the year; of two who take the same one, one tries again."""
    name, year = f"sample:{work.today.year}", work.today.year
    last = work.conn.scalar(select(counters.c.last).where(counters.c.name == name))
    if last is None:
        work.write_later(insert(counters), {"name": name, "last": 1})
    else:
        work.write_later(update(counters).where(counters.c.name == name, counters.c.last == last).values(last=last + 1))
    return f"CY{year}-{(last or 0) + 1:03d}"


# --- a sample at work -----------------------------------------------------------------------------------------------


def open_sample(work: Work, form: Form) -> tuple[SampleCase, Row[Any]]:
    """Return the sample that the form names, and its row. Raises Unknown, SampleClosed."""
    query = select(samples, units.c.path.label("unit_path")).join(units, units.c.id == samples.c.unit_id)
    row = work.conn.execute(query.where(samples.c.number == form.text("sample"))).one_or_none()
    head = case_store.find_head(work.conn, row.id) if row is not None else None
    if row is None or head is None:
        raise Unknown()
    if row.closed_at is not None:
        raise SampleClosed()
    case = SampleCase(head, [], [], number=row.number)
    work.add_case(case)
    return case, row


def require_drawer(work: Work, row: Row[Any]) -> None:
    """Raise Unknown unless the actor draws samples on the unit of this one."""
    if not may_draw_on(work.actor, row.unit_path):
        raise Unknown()


def drawn_finding(work: Work, sample: Row[Any], number: str) -> tuple[Row[Any], FindingCase]:
    """Return the row of a drawn finding, and the finding. Raises Unknown."""
    finding = work.finding(number)
    work.require("view", finding.finding.subject)
    row = work.conn.execute(
        select(sampled).where(sampled.c.sample_id == sample.id, sampled.c.finding_id == finding.id)
    ).one_or_none()
    if row is None:
        raise Unknown()
    return row, finding


def require_unconcerned(work: Work, case: FindingCase, persons: Collection[int]) -> None:
    """Raise unless *persons* may check the finding: enough, from outside, no hand in it, not recused, cleared."""
    if not all(may(load_actor(work.conn, one, work.today), "record_sampled", case.finding.subject) for one in persons):
        raise FormIncomplete({"inspectors": "may_not"})
    require_inspectors(persons, setting(work, "look_back.least_inspectors"), concerned(work, case))


def concerned(work: Work, case: FindingCase) -> set[int]:
    """Return who is too near to a finding to check it: its unit, who rectified, verified, looked back or signed."""
    hands = had_a_hand(work.conn, case.id)
    since = case.finding.issued_at
    principals = stood_for(work.conn, hands, since.date(), work.today) if hands and since else frozenset()
    return staff_of(work.conn, case.finding.unit_path, work.today) | hands | principals
