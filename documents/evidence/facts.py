"""All facts of a text, at most so many of each kind: the first ones of a long document say what it is."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from cases.evidence_facts import Fact
from documents.evidence.dates import days_in
from documents.evidence.kinds import propose
from documents.evidence.names import names_in
from documents.evidence.numbers import figures_in, numbers_in
from documents.evidence.text import Table, Whole

MOST_OF_A_KIND: Final = 300


def facts_in(whole: Whole, tables: Sequence[Table], name: str, known: Iterable[Fact] = ()) -> tuple[Fact, ...]:
    """Return the facts of a text and its tables; *name* is the file's, *known* what its properties said."""
    proposal = propose(whole, name, known)
    found = (*days_in(whole, name), *names_in(whole), *numbers_in(whole), *figures_in(tables, whole))
    return (*((proposal,) if proposal else ()), *_at_most(found))


def _at_most(facts: Iterable[Fact]) -> Iterator[Fact]:
    counted = Counter[str]()
    for fact in facts:
        counted[fact.kind] += 1
        if counted[fact.kind] <= MOST_OF_A_KIND:
            yield fact
