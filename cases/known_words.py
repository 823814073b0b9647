"""Words that were written down and are read as one of a closed set; a row may hold one that no set knows.

A changed database, an older or a newer program: whoever reads many rows at once leaves such a row out (`known`) and
goes on with the others; whoever was asked for this one row refuses with a sentence (`required`).
`persistence.closed_words` names the columns, so that `doctor` and the patrols say so.
"""

import logging
from enum import StrEnum
from typing import TypeVar

from cases.refusals import StrangeWord

log = logging.getLogger(__name__)
Closed = TypeVar("Closed", bound=StrEnum)


def known(closed: type[Closed], word: str | None) -> Closed | None:
    """Return the member that *word* names, None for none and for a word that the set does not know."""
    if word is None or word == "":
        return None
    try:
        return closed(word)
    except ValueError:
        log.warning("%r is no %s", word, closed.__name__)
        return None


def required(closed: type[Closed], word: str) -> Closed:
    """Return the member that *word* names. Raises StrangeWord."""
    try:
        return closed(word)
    except ValueError:
        raise StrangeWord(word=str(word)[:40]) from None
