"""Whose desks the tasks of somebody go to who gives up a post or loses his account."""

from collections import Counter
from collections.abc import Callable
from datetime import date

from sqlalchemy import or_, select

from cases.standing_in import Seat, who_acts
from persistence.people import load_actor
from persistence.standing_in import seats_behind
from persistence.tables import open_tasks
from tasks.work import Work


def hand_on(work: Work, person_id: int, gone: Callable[[Seat], bool], day: date) -> None:
    """Answer how many open tasks of *person_id* go to whom, once the seats that are *gone* count no more on *day*.

    ``tasks`` counts those that move; ``handed`` has a line for each who has them now, with an empty name for nobody.
    """
    mine = (open_tasks.c.claimed_by == person_id, open_tasks.c.claimed_by.is_(None))
    listed = open_tasks.c.holder.in_(load_actor(work.conn, person_id, work.today).holders)
    query = select(open_tasks.c.holder, open_tasks.c.claimed_by).where(or_(mine[0], mine[1] & listed))
    going: Counter[tuple[str, str]] = Counter()
    for holder, claimed in work.conn.execute(query):
        before = seats_behind(work.conn, holder, work.today)
        after = who_acts(seat for seat in seats_behind(work.conn, holder, day) if not gone(seat))
        stays = {seat.person_id for seat in who_acts(before)} & {seat.person_id for seat in after}
        if any(seat.person_id == person_id for seat in after) or (stays and claimed is None):
            continue  # he has it by another post, or shares it with others who go on
        names = "、".join(seat.name for seat in after)
        going[names, "、".join(dict.fromkeys(seat.title for seat in after if seat.title))] += 1
    work.answer |= {
        "tasks": sum(going.values()),
        "handed": [{"to": name, "post": title, "tasks": count} for (name, title), count in sorted(going.items())],
    }
