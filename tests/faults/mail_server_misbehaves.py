"""The mail server goes wrong at one verb in one way; later it behaves. No letter is lost, doubled, or sent unrecorded.

The rounds walk through the whole matrix of verbs and ways in an order that the seed shuffles, then once more.
"""

from collections.abc import Mapping
from random import Random

from sqlalchemy import select

from persistence.tables import outbox
from tests.faults.houses import House
from tests.faults.mail_faults import VERBS, MailServer, Way, mail_server
from tests.faults.rounds import Found, Ground, Kind, Verdict, chance

MATRIX = tuple((verb, way) for verb in VERBS for way in Way)
PATIENCE = 2.0  # seconds that the sender waits for an answer here instead of half a minute
OF_A_LETTER = ("MAIL", "RCPT", "DATA", "DOT")
FINAL = (Way.REFUSE, Way.A550, Way.A535, Way.A552)
SLOW, HANGING = 0.05, 3 * PATIENCE  # seconds


def attempt(ground: Ground, number: int, rng: Random) -> Found:
    """Send everything to a server that goes wrong, then everything that is left to one that does not."""
    cells = list(MATRIX)
    chance(ground.seed, "cells", number // len(cells)).shuffle(cells)
    verb, way = cells[number % len(cells)]
    house, verdict, when = ground.house(), Verdict(), f"{verb} x {way}"
    with mail_server() as server:
        house.more = {"XIAOHAO_SMTP_URL": server.url, "FAULTS_SMTP_PATIENCE": str(PATIENCE)}
        addresses = sorted({row.address for row in house.ask(select(outbox.c.address).where(outbox.c.address != ""))})
        only = rng.choice(addresses) if verb == "RCPT" else ""
        server.go_wrong(verb, way, seconds=SLOW if way is Way.SLOW else HANGING, only=only)
        sent = house.run("deliver", "--at", ground.at(), "--json")
        verdict.expect(sent.status == 0, f"{when}: deliver: {sent.said}")
        verdict.spoke(sent, when)
        server.behave()
        after = house.run("tests.faults.children:send_until_done", ground.at(1))
        verdict.expect(after.status == 0, f"{when}: later: {after.said}")
        count(server, after.document or {}, verdict, when)
    _only_the_refused_are_dead(house, verb, way, verdict, when)
    if verb == "RCPT":
        _only_that_one_suffered(house, only, way, verdict, when)
    verdict.examine(house, when)
    ground.done_with(house)
    return verdict.found()


def count(server: MailServer, letters: Mapping[str, str], verdict: Verdict, when: str) -> None:
    """Compare what the server took with what the house says of its letters."""
    taken = {one.message_id for one in server.taken}
    sent = {message_id for message_id, state in letters.items() if state == "sent"}
    open_still = [message_id for message_id, state in letters.items() if state in ("waiting", "sending")]
    lost, unrecorded, doubled = sent - taken, taken - sent, server.doubled()
    dead = {message_id for message_id, state in letters.items() if state == "dead"}
    silently = {one.message_id for one in server.taken if one.said} - sent
    verdict.acknowledged += len(sent)
    verdict.lost += len(lost)
    verdict.doubled += len(doubled)
    verdict.stuck += len(open_still)
    verdict.expect(not lost, f"{when}: {len(lost)} letters are sent, as the house says, and never arrived")
    verdict.expect(not doubled, f"{when}: {len(doubled)} letters arrived again after they were acknowledged")
    verdict.expect(not silently, f"{when}: {len(silently)} letters were taken with 250 and are not recorded as sent")
    verdict.expect(not unrecorded - dead - silently, f"{when}: {len(unrecorded)} letters arrived without a record")
    verdict.expect(not open_still, f"{when}: {len(open_still)} letters still wait when everything was well for days")


def _only_the_refused_are_dead(house: House, verb: str, way: Way, verdict: Verdict, when: str) -> None:
    """A letter is given up where the server said never (5xx) to that letter itself, and nowhere else."""
    if verb in OF_A_LETTER and way in FINAL:
        return
    rows = house.ask(select(outbox.c.last_answer).where(outbox.c.address != "", outbox.c.state == "dead"))
    verdict.expect(not rows, f"{when}: {len(rows)} letters given up, though nobody refused them: {rows[:1]}")


def _only_that_one_suffered(house: House, only: str, way: Way, verdict: Verdict, when: str) -> None:
    rows = house.ask(select(outbox.c.address, outbox.c.state).where(outbox.c.address != only, outbox.c.state == "dead"))
    others = [address for address, _ in rows if address]
    verdict.expect(not others, f"{when}: letters to others died too: {sorted(set(others))}")


KIND = Kind("mail-server-misbehaves", "the matrix of SMTP verbs and answers", attempt, 25)
