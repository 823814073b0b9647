"""The whole of a world: honest lists, ordinary life beside them, then tricks and look-alikes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from random import Random

from tests.bench.paper_world import look_alikes, tricks_course, tricks_evidence, tricks_text
from tests.bench.paper_world.city import build_city
from tests.bench.paper_world.drafts import WorldDraft, moment
from tests.bench.paper_world.honest import honest_list
from tests.bench.paper_world.papers import number_papers, until
from tests.bench.paper_world.styles import OPEN, STYLES
from tests.bench.paper_world.tricks import LOOK_ALIKES, TRICKS, NoPlace, Stage
from tests.bench.paper_world.words import expand
from xiaohao.bench_format import Appointment, Complaint, Payment, Strength

ROOMS = (look_alikes, tricks_course, tricks_evidence, tricks_text)  # imported so that they enter themselves
HONEST_SHARE = 0.76  # of the findings at least
ROOM_FOR_ALL = 300  # findings; smaller worlds hold only some of the tricks
WHOLE_LISTS = ("PR-18", "PR-33", "PR-34", "PR-36")
STRENGTHS = (Strength.STRONG, Strength.MEDIUM, Strength.WEAK)


@dataclass(frozen=True)
class Wish:
    """What is asked of a world; *manipulations* empty: every one in every strength."""

    seed: int
    findings: int
    styles: tuple[str, ...] = OPEN
    manipulations: tuple[tuple[str, Strength], ...] = ()


def compose(wish: Wish) -> WorldDraft:
    """Return the world of *wish*: the same wish, the same world."""
    rng = Random(f"{wish.seed}/{wish.findings}/{','.join(wish.styles)}")
    world = WorldDraft(rng, build_city(rng, max(6, wish.findings // 15)))
    _inspect(world, wish)
    _live(world)
    stage = Stage(world)
    if wish.findings >= ROOM_FOR_ALL:
        _look_alike(stage, WHOLE_LISTS, limit=len(WHOLE_LISTS))  # before the tricks take the small lists
    _play(stage, wish)
    _look_alike(stage, sorted(LOOK_ALIKES), limit=wish.findings // 8)
    number_papers(world)
    return world


def _inspect(world: WorldDraft, wish: Wish) -> None:
    """Inspect the units until there are as many findings as wished; every third unit twice."""
    rng, rounds = world.rng, world.city.rounds
    left, at_home = wish.findings, 0
    while left > 0:
        home = world.city.homes[at_home % len(world.city.homes)]
        style = STYLES[wish.styles[at_home % len(wish.styles)]]
        first = rng.randrange(2)
        for round_ in (rounds[first], rounds[first + 2]) if at_home % 3 == 0 else (rng.choice(rounds),):
            if left > 0 and not any(each.home is home and each.round == round_ for each in world.lists):
                size = min(
                    left, rng.choices((rng.randint(5, 9), rng.randint(10, 20), rng.randint(21, 60)), (9, 5, 1))[0]
                )
                size = left if left - size < 5 else size
                left -= len(honest_list(world, home, round_, style, size, midway=rng.random() < 0.16).findings)
        at_home += 1


def _live(world: WorldDraft) -> None:
    """Pay wages and bills, appoint people, take complaints: what registers hold without any trick."""
    rng = world.rng
    for listed in world.lists:
        home, first = listed.home, moment(rng, listed.feedback_on)
        for _ in range(rng.randint(4, 9)):
            payee = rng.choice((rng.choice(world.city.parties).name, rng.choice(home.staff).code))
            amount = Decimal(rng.randint(800, 900000))
            purpose = expand(rng, "[工程进度款|物业费|差旅费|印刷费|电费|借款|慰问补贴|设备款]")
            world.payments.append(
                Payment(until(first - timedelta(days=100), listed.as_of, rng), home.unit.code, payee, amount, purpose)
            )
        if rng.random() < 0.5:
            staff = rng.choice(home.staff)
            world.appointments.append(
                Appointment(
                    until(first, listed.as_of, rng),
                    staff.code,
                    rng.choice(home.sections).short_names[0] + "负责人",
                    "PROMOTED",
                )
            )
        if rng.random() < 0.6:
            text = expand(
                rng,
                "[反映|来电说]{unit}[办事窗口排队久|门前道路积水|电话打不通|噪声扰民|垃圾清运不及时]，[望处理|请回复]。",
                {"unit": home.unit.short_names[0]},
            )
            world.complaints.append(
                Complaint(
                    until(first - timedelta(days=60), listed.as_of, rng),
                    rng.choice(("12345热线", "来信", "网上留言")),
                    text,
                    home.unit.code,
                )
            )


def _play(stage: Stage, wish: Wish) -> None:
    """Play every trick wished for in turn, as long as enough findings stay honest."""
    total = sum(len(listed.findings) for listed in stage.world.lists)
    wanted = list(
        wish.manipulations
        or [(signal, strength) for strength in STRENGTHS for signal in sorted(TRICKS, key=_hardest_first)]
    )
    misses = dict.fromkeys(wanted, 0)
    while wanted:
        for each in list(wanted):
            if _touched(stage) >= total * (1 - HONEST_SHARE):
                return
            try:
                stage.world.planted.append(TRICKS[each[0]](stage, each[1]))
            except NoPlace:
                misses[each] += 1
                if misses[each] > 2:
                    wanted.remove(each)
        if wish.manipulations or total < ROOM_FOR_ALL:
            return


def _hardest_first(signal: str) -> tuple[bool, str]:
    """Order tricks that need a whole list before those that need a finding."""
    return signal not in ("PR-18", "PR-33", "PR-36", "PR-34", "PR-23", "PR-05"), signal


def _touched(stage: Stage) -> int:
    numbers = {number for each in stage.world.planted for number in (*each.subjects, *each.also)}
    return len(numbers & stage.world.taken)


def _look_alike(stage: Stage, signals: Sequence[str], *, limit: int) -> None:
    """Make look-alikes of *signals*, each sort in turn, until there are *limit* of them or no place is left."""
    makers = [maker for signal in signals for maker in LOOK_ALIKES[signal]]
    while makers and len(stage.world.look_alikes) < limit:
        for maker in list(makers):
            try:
                stage.world.look_alikes.append(maker(stage))
            except NoPlace:
                makers.remove(maker)


def styles_of(names: Sequence[str]) -> tuple[str, ...]:
    """Return the styles asked for, every open one if none was named. Raises ValueError."""
    if unknown := [name for name in names if name not in STYLES]:
        raise ValueError(f"no style {', '.join(unknown)}; there are {', '.join(STYLES)}")
    return tuple(names) or OPEN
