"""Verifying the ledger takes longer than a request may: one thread of its own, and the page asks how far it is."""

import logging
import threading
import time
from dataclasses import dataclass
from datetime import datetime

from persistence.log import Checkpoint
from persistence.verification import Verdict, verify
from tasks.office import Office
from tasks.witness import Witness, WitnessUnreadable

log = logging.getLogger(__name__)
PATIENCE = 1.5  # seconds that a request waits for a small ledger, so that its answer stands on the page at once


@dataclass(frozen=True, slots=True)
class Looked:
    """What the last verification found, when it began, and how long it took in seconds.

    *witness*: where the checkpoints are that it was compared with; *why* there was no comparison.
    """

    verdict: Verdict
    at: datetime
    seconds: float
    witness: str = ""
    why: str = ""


class Verification:
    """One verification at a time in this process; whoever asks for another one meanwhile gets this one."""

    def __init__(self, office: Office, witness: Witness | None = None) -> None:
        self._office, self._witness = office, witness
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._began = 0.0
        self.looked: Looked | None = None

    @property
    def running_for(self) -> float | None:
        """Seconds since the verification under way began; None when there is none."""
        under_way = self._thread is not None and self._thread.is_alive()
        return time.monotonic() - self._began if under_way else None

    def start(self) -> None:
        """Begin, unless one is under way, and wait for a moment whether it is done already."""
        with self._lock:
            if self.running_for is None:
                self._began = time.monotonic()
                self._thread = threading.Thread(target=self._look, name="verify the ledger", daemon=True)
                self._thread.start()
            thread = self._thread
        assert thread is not None
        thread.join(PATIENCE)

    def _look(self) -> None:
        at = self._office.now()
        try:
            points, why = self._witnessed()
            verdict = verify(self._office.database, self._office.keyring, witnessed=points)
        except Exception:
            log.exception("the ledger could not be verified")
            return
        where = self._witness.where if self._witness is not None and not why else ""
        self.looked = Looked(verdict, at, time.monotonic() - self._began, where, why)

    def _witnessed(self) -> tuple[list[Checkpoint], str]:
        """Return the checkpoints that are kept elsewhere, and why they could not be read."""
        if self._witness is None:
            return [], ""
        try:
            return self._witness.seen(), ""
        except WitnessUnreadable as unread:
            return [], str(unread.facts["why"])
