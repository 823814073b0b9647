"""What happened, told once: the ledger keeps it, the letters carry it, the timeline shows it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a case: a noun and a past participle, with the facts that the reader needs.

    *facts* are JSON values; *tells* adds the values of a letter's sentence that are not facts of the case itself.
    """

    kind: str  # "RectificationSubmitted": sentence in the catalogues under event.<kind>
    facts: Mapping[str, object] = field(default_factory=dict)
