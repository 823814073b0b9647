"""Text as it can be kept: what UTF-8 cannot hold, and the empty character, are found before anything is written."""

from collections.abc import Iterator, Mapping


def unfit(text: str) -> bool:
    """Whether *text* holds half an emoji (a surrogate alone) or NUL: neither goes into a database or a file."""
    if "\x00" in text:
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def unfit_fields(given: object, name: str = "") -> Iterator[str]:
    """Yield the names of the fields of *given*, however deep, whose text is unfit; of a list the name of the list."""
    if isinstance(given, str):
        if unfit(given):
            yield name
    elif isinstance(given, Mapping):
        for key, value in given.items():
            if unfit(str(key)):
                yield name or "?"
            else:
                yield from unfit_fields(value, str(key))
    elif isinstance(given, list | tuple):
        for value in given:
            yield from unfit_fields(value, name)
