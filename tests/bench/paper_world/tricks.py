"""What every trick shares: where it may be played, and the book in which it is written down."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.bench.paper_world.drafts import Draft, ListDraft, WorldDraft
from xiaohao.bench_format import LookAlike, Planted, Strength


class NoPlace(Exception):
    """No finding is left on which the trick could be played."""


@dataclass
class Stage:
    """The world on which tricks are played; every finding bears at most one."""

    world: WorldDraft

    @property
    def rng(self) -> Random:
        return self.world.rng

    def take(self, *asked: Callable[[Draft], bool], of: ListDraft | None = None) -> tuple[ListDraft, Draft]:
        """Return an untouched finding that was signed off and fits. Raises NoPlace."""
        for listed, draft in self.fitting(*asked, of=of):
            self.mark(draft)
            return listed, draft
        raise NoPlace

    def fitting(self, *asked: Callable[[Draft], bool], of: ListDraft | None = None) -> list[tuple[ListDraft, Draft]]:
        """Return the untouched findings that fit, in random order."""
        found = [
            (listed, draft)
            for listed in ([of] if of else self.world.lists)
            for draft in listed.findings
            if not listed.tricked
            and draft.number not in self.world.taken
            and draft.state == "signed_off"
            and all(ask(draft) for ask in asked)
        ]
        self.rng.shuffle(found)
        return found

    def take_list(self, *asked: Callable[[ListDraft], bool]) -> ListDraft:
        """Return a list on which nothing has been played as a whole. Raises NoPlace."""
        found = [listed for listed in self.world.lists if not listed.tricked and all(ask(listed) for ask in asked)]
        if not found:
            raise NoPlace
        listed = self.rng.choice(found)
        listed.tricked = True
        return listed

    def mark(self, *drafts: Draft) -> None:
        """Keep *drafts* from bearing anything else."""
        self.world.taken |= {draft.number for draft in drafts}


Trick = Callable[[Stage, Strength], Planted]
LookAlikeMaker = Callable[[Stage], LookAlike]
TRICKS: dict[str, Trick] = {}
LOOK_ALIKES: dict[str, list[LookAlikeMaker]] = {}


def trick(signal: str) -> Callable[[Trick], Trick]:
    """Enter a trick under the signal that it should raise."""

    def enter(play: Trick) -> Trick:
        TRICKS[signal] = play
        return play

    return enter


def look_alike(signal: str) -> Callable[[LookAlikeMaker], LookAlikeMaker]:
    """Enter something honest under the signal that it looks like."""

    def enter(make: LookAlikeMaker) -> LookAlikeMaker:
        LOOK_ALIKES.setdefault(signal, []).append(make)
        return make

    return enter


def amount_named(draft: Draft) -> bool:
    return bool(draft.amount)


def shown_on_site(draft: Draft) -> bool:
    return draft.onsite


def has(*kinds: str) -> Callable[[Draft], bool]:
    """Return whether a finding has papers of one of *kinds*."""
    return lambda draft: any(paper.kind in kinds for paper in draft.papers())
