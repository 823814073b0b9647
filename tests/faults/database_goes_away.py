"""The database goes away under people who act: connections cut, restarts fast and immediate; SQLite's lock is held.

Nobody is told more than "busy, try again"; what was acknowledged is there once, no message is given up.
"""

import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from random import Random

from tests.faults.houses import House
from tests.faults.people import acts, count, send, send_all, serve
from tests.faults.rounds import Found, Ground, Kind, Verdict

ACTS = 24
WAYS = ("locked", "cut", "immediate", "fast", "cut", "immediate")
LOCKED = (2.0, 7.0)  # seconds that another process holds SQLite's lock


def attempt(ground: Ground, number: int, rng: Random) -> Found:
    """Let people act while the database goes away, again and again; then let everybody repeat, and count."""
    how = WAYS[number % len(WAYS)]
    house, verdict = ground.house(on="sqlite" if how == "locked" else "hurt"), Verdict()

    def hurt() -> None:
        if how == "locked":
            _hold_the_lock(house, rng.uniform(*LOCKED))
            return
        for _ in range(3):
            time.sleep(rng.uniform(0.1, 0.7))
            if how == "cut":
                ground.hurt.cut_everybody()
            else:
                ground.hurt.stop(signal.SIGINT if how == "fast" else signal.SIGQUIT)
                time.sleep(rng.uniform(0, 1.5))
                ground.hurt.start()

    when = "SQLite locked by another" if how == "locked" else f"PostgreSQL, {how} three times"
    _suffer(house, number, hurt, verdict, when)
    verdict.examine(house, when)
    ground.done_with(house)
    return verdict.found()


def _suffer(house: House, number: int, hurt: Callable[[], None], verdict: Verdict, when: str) -> None:
    wanted = acts(f"d{number}", ACTS)
    served = serve(house)
    try:
        served.wait()
        trouble = threading.Thread(target=hurt)
        trouble.start()
        send_all(wanted, [served.port])
        trouble.join()
        verdict.expect(served.child.runs(), f"{when}: serve has ended: {served.child.said()[-300:]}")
        for act in wanted:
            send(act, served.port)
        time.sleep(3)  # messages between cases are taken up by the clock of the house
    finally:
        served.child.kill()
        served.child.wait(30)
    house.let_time_pass()
    count(house, wanted, verdict, when)


def _hold_the_lock(house: House, seconds: float) -> None:
    line = sqlite3.connect(house.data / "xiaohao.sqlite", isolation_level=None, timeout=30)
    line.execute("BEGIN IMMEDIATE")
    time.sleep(seconds)
    line.execute("ROLLBACK")
    line.close()


KIND = Kind("database-goes-away", "connections cut, restarts, a lock held by another process", attempt, 5)
