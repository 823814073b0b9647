"""What a process of a harness does that no command of the house does alone. Each function is a process's whole life."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import func, select

from notifications.letters import message_id
from persistence import outbox
from persistence.tables import outbox as letters
from tasks.between_cases import hear_messages, wake_due
from tasks.office import Office
from tasks.patrols import PATROLS
from tasks.patrols.run import run_patrol
from xiaohao.settings import Settings
from xiaohao.wiring import Wired


def _opened(at: str) -> tuple[Wired, Office]:
    """Return the house with a clock on the wall that shows *at* (ISO) and goes on."""
    wired = Wired(Settings.read())
    office = wired.open()
    office.now = _from(datetime.fromisoformat(at))
    return wired, office


def _from(moment: datetime) -> Callable[[], datetime]:
    reads = iter(range(10**9))
    return lambda: moment + timedelta(microseconds=next(reads))


def send_until_done(at: str) -> None:
    """Send what waits, an attempt every five hours, as the clock of the house would; prints how the letters ended."""
    wired, office = _opened(at)
    for attempt in range(12):
        office.now = _from(datetime.fromisoformat(at) + timedelta(hours=5 * attempt))
        clock = wired.clock()
        clock.take_back_claims()
        while clock.send_letters():
            pass
        with office.read() as conn:
            if not outbox.waiting_count(conn):
                break
    print(json.dumps(_letters(wired, office)))


def show_letters() -> None:
    """Print the Message-ID of each letter and how it stands."""
    wired = Wired(Settings.read())
    print(json.dumps(_letters(wired, wired.open())))


def _letters(wired: Wired, office: Office) -> dict[str, str]:
    with office.read() as conn:
        rows = conn.execute(select(letters.c.id, letters.c.state)).all()
    return {message_id(id, wired.house.domain).strip("<>"): state for id, state in rows}


def live_at(*moments: str) -> None:
    """Let the clock on the wall show one moment after another: messages, timers, every patrol and the log each time."""
    for at in moments:
        wired, office = _opened(at)
        clock = wired.clock()
        hear_messages(office, 1_000)
        wake_due(office)
        for name in PATROLS:
            run_patrol(office, name, office.now(), "clock", period=at[:16])
        clock.read_evidence()
        clock.seal_log()
        wired.close()


def count_rows_of_letters() -> None:
    """Print how many letters there are."""
    with Wired(Settings.read()).open().read() as conn:
        print(conn.scalar(select(func.count()).select_from(letters)))
