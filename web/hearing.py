"""听取与认定: what was said in the hearings of a finding, as each side may read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from persistence.tables import reviews
from tasks.case import FindingCase
from tasks.hearing import ANSWERS, EXAMINING, HEARD
from web.seeing import Seen


@dataclass(frozen=True, slots=True)
class Said:
    """One entry of a record: what was put down, by which post; *who* is empty where the reader is not told."""

    act: str
    verdict: str
    text: str
    post: str
    who: str
    at: datetime
    met: str = ""  # day, place and posts of a meeting on the facts

    @property
    def of_unit(self) -> bool:
        """Whether the unit said it, so that whoever judges has to consider it."""
        return self.act in ANSWERS


def heard_of(seen: Seen) -> Sequence[Said]:
    """Return the record of the hearings of the present cycle, oldest first.

    The unit reads its own words, the facts that were put to it and what was found; how the examiners came to their view
    stays on their side until it is put to the unit as a fact.
    """
    if not isinstance(seen.case, FindingCase):
        return ()
    kept = select(reviews).where(
        reviews.c.case_id == seen.case.id, reviews.c.cycle == seen.case.finding.cycle, reviews.c.act.in_(HEARD)
    )
    rows = seen.conn.execute(kept.order_by(reviews.c.at, reviews.c.id)).all()
    told = [row for row in rows if (row.items or {}).get("hearing")]
    if not seen.from_outside:
        told = [row for row in told if row.act not in EXAMINING]
    return [
        Said(
            act=row.act,
            verdict=row.verdict,
            text=row.comment,
            post=row.post_title,
            who=row.person_name if seen.from_outside or row.act in ANSWERS else "",
            at=row.at,
            met=" · ".join(str(row.items[name]) for name in ("met_on", "place", "present") if row.items.get(name)),
        )
        for row in told
    ]
