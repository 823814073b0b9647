"""Words that are looked for, in the one form in which they and what they are looked for in are compared.

Full-width and half-width are one, capitals and small letters are one, blanks of any kind part words; several words must
all occur. The databases put what they keep into the same form (`persistence.searching`).
"""

import unicodedata


def normal(text: str) -> str:
    """Return *text* as it is compared: NFKC, small letters."""
    return unicodedata.normalize("NFKC", text).lower()


def words_of(asked: str) -> tuple[str, ...]:
    """Return the words of what was asked for, each once; none where nothing but blanks was written."""
    return tuple(dict.fromkeys("".join(filter(_is_seen, normal(asked))).split()))


def _is_seen(character: str) -> bool:
    """Whether a character shows: what is pasted from a page may bring marks that nobody sees (U+200B, U+FEFF)."""
    return unicodedata.category(character) != "Cf"
