"""Several processes do the same at the same moment: one effect, whoever was first."""

from collections import Counter
from random import Random

from tests.faults.mail_faults import mail_server
from tests.faults.mail_server_misbehaves import count as count_letters
from tests.faults.people import acts, count, send_all, serve
from tests.faults.rounds import Found, Ground, Kind, Verdict

PATROLS = ("deadlines", "signals", "letters", "campaigns")


def attempt(ground: Ground, number: int, rng: Random) -> Found:
    """By turns: four patrols of one minute, two servers and one key, three senders of letters."""
    on = "postgres" if (number // 3) % 2 == 0 else "sqlite"
    return (_patrols, _servers, _senders)[number % 3](ground, number, on)


def _patrols(ground: Ground, number: int, on: str) -> Found:
    name = PATROLS[number // 3 % len(PATROLS)]
    words = ("patrol", name, "--at", ground.at(), "--json")
    alone = ground.once(f"alone {name} {on}", lambda: _alone(ground, words, on))
    assert isinstance(alone, Counter)
    house, verdict, when = ground.house(on=on), Verdict(), f"four patrols {name} on {on}"
    ended = [child.wait(180) for child in [house.start(*words) for _ in range(4)]]
    for one in ended:
        verdict.expect(one.status == 0, f"{when}: {one.said}")
        verdict.spoke(one, when)
    did = sum(patrol["did"] for one in ended for patrol in (one.document or {"patrols": []})["patrols"])
    verdict.expect(did == 1, f"{when}: {did} of them did it")
    verdict.acknowledged += did
    verdict.compare(house.census(), alone, when)
    verdict.examine(house, when)
    ground.done_with(house)
    return verdict.found()


def _alone(ground: Ground, words: tuple[str, ...], on: str) -> Counter[str]:
    house = ground.house(on=on)
    ended = house.run(*words)
    assert ended.status == 0, ended.said
    census = house.census()
    ground.done_with(house)
    return census


def _servers(ground: Ground, number: int, on: str) -> Found:
    house, verdict, when = ground.house(on=on), Verdict(), f"two servers on {on}"
    wanted = acts(f"s{number}", 16)
    servers = [serve(house), serve(house)]
    worker = house.start("worker")
    try:
        for one in servers:
            one.wait()
        send_all([*wanted, *wanted], [one.port for one in servers], clients=8)  # each key at both doors
    finally:
        for child in (*(one.child for one in servers), worker):
            child.kill()
            child.wait(30)
    house.let_time_pass()
    count(house, wanted, verdict, when)
    verdict.examine(house, when)
    ground.done_with(house)
    return verdict.found()


def _senders(ground: Ground, number: int, on: str) -> Found:
    house, verdict, when = ground.house(on=on), Verdict(), f"three senders on {on}"
    with mail_server() as server:
        house.more = {"XIAOHAO_SMTP_URL": server.url}
        senders = [house.start("deliver", "--at", ground.at(), "--json") for _ in range(3)]
        for one in senders:
            ended = one.wait(120)
            verdict.expect(ended.status == 0, f"{when}: {ended.said}")
        letters = house.run("tests.faults.children:show_letters")
        count_letters(server, letters.document or {}, verdict, when)
    verdict.examine(house, when)
    ground.done_with(house)
    return verdict.found()


KIND = Kind("several-at-once", "patrols, servers and senders that do the same at one moment", attempt, 4)
