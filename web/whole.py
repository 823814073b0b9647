"""Whole numbers and days as addresses and forms hold them."""

from datetime import date

from tasks.form import LARGEST_ID


def whole(text: object) -> int | None:
    """Return the number in *text*, None for anything else, and for one that no column of a database holds."""
    if not isinstance(text, str) or not text.isdecimal() or len(text) > len(str(LARGEST_ID)):
        return None
    number = int(text)
    return number if number <= LARGEST_ID else None


def day_of(text: str) -> date | None:
    """Return the day in *text*, None for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
