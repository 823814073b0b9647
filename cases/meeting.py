"""会议表决: who may speak when, and what a majority is. The chair speaks last (末位表态), the recused not at all.

Percentages are whole numbers of config.policy; a share has to lie above them, so that 50 means more than half.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from cases.refusals import CaseError


class Opinion(StrEnum):
    """What a member says to a finding."""

    AGREE = "agree"
    DISSENT = "dissent"
    ABSTAIN = "abstain"
    RECUSED = "recused"


class NoSeat(CaseError):
    """The person does not belong to the group, or was noted as absent."""

    code = "no_seat"


class AlreadyVoted(CaseError):
    """A member has one vote, whoever writes it down."""

    code = "already_voted"


class ChairSpeaksLast(CaseError):
    """Others who are present have not spoken yet; facts: waiting (their names)."""

    code = "chair_speaks_last"


class ChairSilent(CaseError):
    """A meeting ends with the opinion of its chair."""

    code = "chair_silent"


class MemberRecused(CaseError):
    """A member has no vote on a finding in which he had a hand; facts: number."""

    code = "member_recused"


class ReasonMissing(CaseError):
    """Who dissents or recuses himself says why; it is printed in the minutes."""

    code = "reason_missing"
    field = "reason"


class NoQuorum(CaseError):
    """Too few members are present; facts: present, members."""

    code = "no_quorum"


class MeetingOver(CaseError):
    """The meeting has decided; what was said stands."""

    code = "meeting_over"


class VotesCast(CaseError):
    """Who is there does not change any more once somebody has voted."""

    code = "votes_cast"


@dataclass(frozen=True, slots=True)
class Seat:
    """A member of the group at one meeting."""

    person_id: int
    name: str
    present: bool


@dataclass(frozen=True, slots=True)
class Ballot:
    """What one member said: an opinion on every finding, and other ones by number."""

    person_id: int
    opinion: Opinion
    reason: str = ""
    exceptions: Mapping[str, tuple[Opinion, str]] = field(default_factory=dict)

    def on(self, number: str) -> Opinion:
        """Return the opinion on the finding *number*."""
        return self.exceptions[number][0] if number in self.exceptions else self.opinion


@dataclass(frozen=True, slots=True)
class Tally:
    """The votes on one finding; *entitled*: members who are not recused from it, present or not."""

    agree: int
    dissent: int
    abstain: int
    recused: int
    entitled: int

    def carried(self, majority_percent: int) -> bool:
        """Whether more than *majority_percent* of those entitled agreed."""
        return self.entitled > 0 and self.agree * 100 > self.entitled * majority_percent


def require_turn(person_id: int, chair_id: int, seats: Sequence[Seat], voted: Collection[int]) -> None:
    """Raise unless it is the turn of *person_id*: he is there, has not voted, and the chair waits for all others."""
    if not any(seat.person_id == person_id and seat.present for seat in seats):
        raise NoSeat()
    if person_id in voted:
        raise AlreadyVoted()
    waiting = [s.name for s in seats if s.present and s.person_id not in voted and s.person_id != chair_id]
    if person_id == chair_id and waiting:
        raise ChairSpeaksLast(waiting=tuple(waiting))


def require_reasons(ballot: Ballot) -> None:
    """Raise ReasonMissing where a dissent or a recusal does not say why."""
    said = [(ballot.opinion, ballot.reason), *ballot.exceptions.values()]
    if any(opinion in (Opinion.DISSENT, Opinion.RECUSED) and not reason.strip() for opinion, reason in said):
        raise ReasonMissing()


def require_quorum(seats: Sequence[Seat], quorum_percent: int) -> None:
    """Raise NoQuorum unless more than *quorum_percent* of the members are present."""
    present = sum(seat.present for seat in seats)
    if present * 100 <= len(seats) * quorum_percent:
        raise NoQuorum(present=present, members=len(seats))


def tally(number: str, seats: Sequence[Seat], ballots: Sequence[Ballot], recused: Collection[int]) -> Tally:
    """Count the votes on the finding *number*; *recused*: persons who had a hand in it, whatever they said."""
    said = {ballot.person_id: ballot.on(number) for ballot in ballots}
    away = {s.person_id for s in seats if s.person_id in recused or said.get(s.person_id) is Opinion.RECUSED}
    counted = [opinion for person, opinion in said.items() if person not in away]
    return Tally(
        agree=counted.count(Opinion.AGREE),
        dissent=counted.count(Opinion.DISSENT),
        abstain=counted.count(Opinion.ABSTAIN),
        recused=len(away),
        entitled=len(seats) - len(away),
    )


def signer_of(number: str, chair_id: int, ballots: Sequence[Ballot], recused: Collection[int]) -> int | None:
    """Return in whose name the group signs: the chair, or where he is recused the first who agreed; None: nobody."""
    agreed = [b.person_id for b in ballots if b.on(number) is Opinion.AGREE and b.person_id not in recused]
    return chair_id if chair_id in agreed else next(iter(agreed), None)
