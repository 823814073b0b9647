"""外部见证: checkpoints leave the house by themselves, to a place where the database's owner cannot write.

A folder gets one line per checkpoint in ``checkpoints.jsonl``, only ever appended to; an address (http, https) gets a
POST per checkpoint and is asked for all of them when the log is verified.
"""

import json
import logging
import os
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import select

from cases.refusals import CaseError
from persistence.columns import moment_text
from persistence.log import Checkpoint
from persistence.tables import checkpoints

if TYPE_CHECKING:
    from tasks.office import Office

log = logging.getLogger(__name__)
FILE = "checkpoints.jsonl"
SECONDS = 10  # that an address may take
AT_ONCE = 1_000


class WitnessUnreadable(CaseError):
    """The place of the checkpoints cannot be read or written; facts: where, why."""

    code = "witness_unreadable"


class Witness(Protocol):
    """A place outside the house that remembers checkpoints."""

    @property
    def where(self) -> str:
        """How people call the place."""

    def known(self) -> int:
        """Return the size of the newest checkpoint that was handed out, 0 for none. Raises WitnessUnreadable."""

    def take(self, points: Iterable[Checkpoint], keys: Mapping[str, str]) -> None:
        """Remember *points* and the public *keys*. Raises WitnessUnreadable."""

    def seen(self) -> list[Checkpoint]:
        """Return all checkpoints that are remembered there. Raises WitnessUnreadable."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a witness has got so far, as people are told; *why* it could not be asked."""

    where: str
    newest: Checkpoint | None = None
    why: str = ""


def told_so_far(witness: Witness) -> Told:
    """Return the newest checkpoint that left the house; where the place cannot be read, why."""
    try:
        return Told(witness.where, max(witness.seen(), key=lambda point: point.size, default=None))
    except WitnessUnreadable as why:
        return Told(witness.where, why=str(why.facts["why"]))


@dataclass(frozen=True)
class Folder:
    """A folder, best on another machine."""

    path: Path

    @property
    def where(self) -> str:
        """How people call the place."""
        return str(self.path)

    def known(self) -> int:
        """Return the size of the newest checkpoint there, 0 for none. Raises WitnessUnreadable."""
        last = 0
        for point in self.seen():
            last = max(last, point.size)
        return last

    def take(self, points: Iterable[Checkpoint], keys: Mapping[str, str]) -> None:
        """Append *points*, durable when it returns. Raises WitnessUnreadable."""
        lines = "".join(_line(point, keys) + "\n" for point in points)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.path / FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(handle, "a", encoding="utf-8") as file:
                file.write(lines)
                file.flush()
                os.fsync(file.fileno())
        except OSError as why:
            raise WitnessUnreadable(where=self.where, why=str(why)) from why

    def seen(self) -> list[Checkpoint]:
        """Return all checkpoints that are remembered there. Raises WitnessUnreadable."""
        return read(self.path) if self.path.exists() else []


@dataclass
class Address:
    """A service that takes a checkpoint by POST and gives all of them by GET as ``{"checkpoints": […]}``."""

    url: str
    _known: int = field(default=-1, init=False)

    @property
    def where(self) -> str:
        """How people call the place."""
        return self.url

    def known(self) -> int:
        """Return the size of the newest checkpoint there, asked once. Raises WitnessUnreadable."""
        if self._known < 0:
            self._known = max((point.size for point in self.seen()), default=0)
        return self._known

    def take(self, points: Iterable[Checkpoint], keys: Mapping[str, str]) -> None:
        """Post *points*, each on its own. Raises WitnessUnreadable."""
        for point in points:
            self._ask(_line(point, keys).encode())
            self._known = point.size

    def seen(self) -> list[Checkpoint]:
        """Return all checkpoints that are remembered there. Raises WitnessUnreadable."""
        try:
            return [_point(one) for one in json.loads(self._ask(None))["checkpoints"]]
        except (ValueError, KeyError, TypeError) as why:
            raise WitnessUnreadable(where=self.url, why=str(why)) from why

    def _ask(self, body: bytes | None) -> bytes:
        headers = {"Content-Type": "application/json"} if body else {}
        request = urllib.request.Request(self.url, data=body, headers=headers)  # noqa: S310 - `witness_at` lets http in only
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
                content: bytes = answer.read()
                return content
        except (OSError, ValueError) as why:
            raise WitnessUnreadable(where=self.url, why=str(why)) from why


def witness_at(place: str | None) -> Witness | None:
    """Return the witness that ``XIAOHAO_WITNESS`` names: an address or a folder; None where nothing is set."""
    if not place:
        return None
    return Address(place) if place.startswith(("http://", "https://")) else Folder(Path(place))


def hand_out(office: "Office", witness: Witness) -> int:
    """Give *witness* every checkpoint that it has not seen, and return how many. Raises WitnessUnreadable."""
    given, known = 0, witness.known()
    while True:
        newer = select(checkpoints).where(checkpoints.c.size > known).order_by(checkpoints.c.size).limit(AT_ONCE)
        with office.read() as conn:
            points = [Checkpoint(**row._mapping) for row in conn.execute(newer)]
        if not points:
            return given
        witness.take(points, office.keyring.public_keys())
        given, known = given + len(points), points[-1].size


def read(path: Path) -> list[Checkpoint]:
    """Return the checkpoints in a file or a folder of files, as `hand_out` or ``audit export`` wrote them.

    Raises WitnessUnreadable for what is none.
    """
    try:
        files = sorted(path.glob("*.json*")) if path.is_dir() else [path]
        return [_point(one) for file in files for one in _written(file.read_text("utf-8"))]
    except (OSError, ValueError, KeyError, TypeError) as why:
        raise WitnessUnreadable(where=str(path), why=str(why) or type(why).__name__) from why


def _written(content: str) -> list[Any]:
    try:
        whole = json.loads(content)
        return list(whole["checkpoints"]) if "checkpoints" in whole else [whole["checkpoint"]]
    except ValueError:  # one document a line; the last one may be half written
        lines = content.splitlines()
        complete = lines if content.endswith("\n") else lines[:-1]
        return [json.loads(line)["checkpoint"] for line in complete]


def _point(told: Mapping[str, Any]) -> Checkpoint:
    return Checkpoint(**dict(told) | {"at": datetime.fromisoformat(told["at"])})


def _line(point: Checkpoint, keys: Mapping[str, str]) -> str:
    told = asdict(point) | {"at": moment_text(point.at)}
    return json.dumps({"checkpoint": told, "public_keys": dict(keys)}, separators=(",", ":"))
