"""A serving house is killed while people act; another is started; everybody sends again under the same key.

By turns at the n-th write of the server, at a moment by chance, and one of two servers of one PostgreSQL.
"""

import threading
from random import Random

from tests.faults.forks import Kill
from tests.faults.people import Served, acts, count, send, send_all, serve
from tests.faults.rounds import Found, Ground, Kind, Verdict

ACTS = 16


def attempt(ground: Ground, number: int, rng: Random) -> Found:
    """Kill, start again, repeat, count."""
    on = "postgres" if number % 3 == 2 else "sqlite"
    house, verdict = ground.house(on=on), Verdict()
    wanted = acts(f"r{number}", ACTS)
    step = rng.randint(1, 400)
    first = serve(house, kill=Kill(house.folder / "steps", step) if number % 2 == 0 else None)
    when = f"serve on {on}, killed at step {step}" if number % 2 == 0 else f"serve on {on}, killed while people act"
    servers = [first]
    try:
        if _answers(first):
            killer = threading.Timer(rng.uniform(0.02, 0.6), first.child.kill)
            if number % 2 == 1:
                killer.start()
            send_all(wanted[: ACTS // 2], [first.port], once=True)
            killer.cancel()
        first.child.kill()
        again = serve(house)
        servers.append(again)
        again.wait()
        send_all([act for act in wanted if act.acknowledged is None], [again.port])
        for act in wanted:
            send(act, again.port)  # once more, though it was acknowledged: the same answer, no second effect
    finally:
        for server in servers:
            server.child.kill()
            server.child.wait(30)
    house.let_time_pass()
    count(house, wanted, verdict, when)
    verdict.examine(house, when)
    ground.done_with(house)
    return verdict.found()


def _answers(server: Served) -> bool:
    """Wait until it answers, or died of its kill point before it could."""
    try:
        server.wait()
    except RuntimeError:
        return False
    return True


KIND = Kind("killed-while-people-act", "a serving house killed while people act over the API", attempt, 5)
