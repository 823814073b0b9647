"""Ids leave the house as text: they are longer than what a browser keeps of a number."""

from collections.abc import Mapping
from typing import Any

LARGEST_NUMBER = 2**53 - 1  # that every reader of JSON keeps whole
NAMES = frozenset({"id", "case", "case_id", "evidence", "person", "person_id", "post", "post_id", "unit_id", "list_id"})


def ids_as_text(value: Any, name: str = "") -> Any:
    """Return *value* for JSON: whole numbers under the name of an id, and all that are too long, become text."""
    if isinstance(value, Mapping):
        return {key: ids_as_text(one, str(key)) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [ids_as_text(one, name) for one in value]
    if isinstance(value, int) and not isinstance(value, bool) and (name in NAMES or abs(value) > LARGEST_NUMBER):
        return str(value)
    return value
