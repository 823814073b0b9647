"""The sender of letters is killed right after the server took the n-th; another goes on.

A letter that the server acknowledged may go again only when it was in flight on one of the sender's own connections,
and then under the same Message-ID.
"""

import signal
from random import Random

from tests.faults.forks import Kill
from tests.faults.mail_faults import mail_server
from tests.faults.mail_server_misbehaves import PATIENCE
from tests.faults.rounds import Found, Ground, Kind, Verdict

CONNECTIONS = 8  # that one sender keeps (notifications.smtp.send_all)


def attempt(ground: Ground, number: int, rng: Random) -> Found:
    """Kill a sender in the midst of its letters, by count or at one of its writes, and let another go on."""
    house, verdict = ground.house(on="postgres" if number % 4 == 3 else "sqlite"), Verdict()
    note = house.folder / "steps"
    with mail_server() as server:
        house.more = {"XIAOHAO_SMTP_URL": server.url, "FAULTS_SMTP_PATIENCE": str(PATIENCE)}
        nth = rng.randint(1, 80)
        by_count = number % 2 == 0
        sender = house.start("deliver", "--at", ground.at(), "--json", kill=None if by_count else Kill(note, nth))
        if by_count:
            server.before_each = lambda count: sender.kill(signal.SIGKILL) if count == nth else None
        ended = sender.wait(120)
        server.before_each = lambda _count: None
        when = f"killed after {nth} letters" if by_count else f"killed at step {nth} of the sender"
        before = len(server.taken)
        after = house.run("tests.faults.children:send_until_done", ground.at(1))
        verdict.expect(after.status == 0, f"{when}: later: {after.said}")
        letters = after.document or {}
        taken = [one.message_id for one in server.taken]
        sent = {message_id for message_id, state in letters.items() if state == "sent"}
        again = len(taken) - len(set(taken))
        lost = len(sent - set(taken)) + sum(state in ("waiting", "sending") for state in letters.values())
        verdict.acknowledged += len(sent)
        verdict.lost += lost
        verdict.doubled += max(0, again - CONNECTIONS)
        verdict.expect(not lost, f"{when}: {lost} letters are lost or still wait")
        verdict.expect(
            again <= CONNECTIONS,
            f"{when} ({ended.said}): {again} of {before} letters went again, at most {CONNECTIONS} were in flight",
        )
        verdict.expect(not set(taken) - sent, f"{when}: {len(set(taken) - sent)} letters arrived without a record")
    verdict.examine(house, when)
    ground.done_with(house)
    return verdict.found()


KIND = Kind("killed-while-sending", "the sender of letters killed after the n-th", attempt, 6)
