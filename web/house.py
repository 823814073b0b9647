"""What every page needs: the office, the folder of files, passwords and settings; made once, by the wiring."""

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from persistence.attachments import Attachments
from tasks.office import Office
from tasks.passwords import Passwords
from tasks.witness import Witness
from web.exports import Exports
from web.settings import WebSettings
from web.verifying import Verification


@dataclass(frozen=True, slots=True)
class House:
    """The rooms behind the pages."""

    office: Office
    attachments: Attachments
    passwords: Passwords
    settings: WebSettings
    verification: Verification
    exports: Exports
    witness: Witness | None = None  # where checkpoints go


def house_of(request: Request) -> House:
    """Return the house that serves *request*."""
    return cast(House, request.app.state.house)


TheHouse = Annotated[House, Depends(house_of)]
