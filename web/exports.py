"""Papers that take longer than a request may: made beside it, counted meanwhile, fetched when they are done."""

import logging
import secrets
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import IO
from urllib.parse import quote

from fastapi.responses import StreamingResponse

from cases.refusals import CaseError, Unknown

log = logging.getLogger(__name__)
PATIENCE = 1.5  # seconds that a request waits, so that a small paper is its answer
KEPT = 40  # jobs, done or not, of all people together
KEPT_SECONDS = 1_800
AT_ONCE = 2
OF_ONE_PERSON = 5  # waiting or under way
CHUNK = 1 << 16
MEDIA = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "zip": "application/zip",
}


class TooManyExports(CaseError):
    """The person waits for several papers already."""

    code = "too_many_exports"


@dataclass(slots=True)
class Job:
    """One file that is being made for one person; *done* of *whole* steps are behind it."""

    person_id: int
    name: str  # of the file, with its ending
    back: str  # the page that asked
    key: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    began: float = field(default_factory=time.monotonic)
    done: int = 0
    whole: int = 1
    future: "Future[IO[bytes]] | None" = None

    @property
    def is_ready(self) -> bool:
        """Whether the file can be fetched, or the reason why there is none."""
        return self.future is not None and self.future.done()

    @property
    def failed(self) -> bool:
        """Whether there will be no file."""
        return self.is_ready and self.future is not None and self.future.exception() is not None

    def step(self, whole: int | None = None) -> None:
        """Count one step; *whole* says how many there are as soon as that is known."""
        if whole is None:
            self.done += 1
        else:
            self.whole = whole


Make = Callable[[Job], bytes | IO[bytes]]


class Exports:
    """The jobs of this process."""

    def __init__(self) -> None:
        self._workers = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="papers")
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}

    def start(self, person_id: int, name: str, back: str, make: Make) -> Job:
        """Begin to make a file, and wait for a moment whether it is done already. Raises TooManyExports."""
        job = Job(person_id, name, back)
        with self._lock:
            self._forget()
            if (
                sum(1 for each in self._jobs.values() if each.person_id == person_id and not each.is_ready)
                >= OF_ONE_PERSON
            ):
                raise TooManyExports(limit=OF_ONE_PERSON)
            self._jobs[job.key] = job
        job.future = self._workers.submit(_made, make, job)
        wait([job.future], PATIENCE)
        return job

    def find(self, person_id: int, key: str) -> Job:
        """Return a job of this person. Raises Unknown."""
        job = self._jobs.get(key)
        if job is None or job.person_id != person_id:
            raise Unknown()
        return job

    def _forget(self) -> None:
        """Drop what is old, and the oldest finished ones where there are too many."""
        now = time.monotonic()
        finished = sorted((job for job in self._jobs.values() if job.is_ready), key=lambda job: job.began)
        surplus = len(self._jobs) - KEPT
        for place, job in enumerate(finished):
            if place < surplus or now - job.began > KEPT_SECONDS:
                del self._jobs[job.key]


def _made(make: Make, job: Job) -> IO[bytes]:
    try:
        made = make(job)
    except CaseError:
        raise
    except Exception:
        log.exception("a paper could not be made")
        raise
    if not isinstance(made, bytes):
        return made
    file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as its job
    file.write(made)
    return file


def sent(job: Job) -> StreamingResponse:
    """Send the file of a job that is ready. Raises what its making raised."""
    assert job.future is not None
    file = job.future.result()
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(job.name, safe='')}",
        "Content-Length": str(file.seek(0, 2)),
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    }
    return StreamingResponse(_parts(file), 200, headers, MEDIA[job.name.rpartition(".")[2]])


def _parts(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the file from its start; two who fetch it at once each keep their own place."""
    place = 0
    while part := _read(file, place):
        place += len(part)
        yield part


_READING = threading.Lock()


def _read(file: IO[bytes], place: int) -> bytes:
    with _READING:
        file.seek(place)
        return file.read(CHUNK)
