"""The correction that an act is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cases.corrections import Correction


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for and whether everybody has consented whose consent is needed."""

    id: int
    correction: Correction
    body: Mapping[str, Any]
    reason: str
    agreed: bool
