"""How often one network address may try something, counted in this process."""

import threading
import time
from collections import OrderedDict, deque

from cases.refusals import CaseError

MOST_ADDRESSES = 10_000


class TooManyTries(CaseError):
    """Somebody tries faster than people do."""

    code = "too_many_tries"


class RateLimit:
    """At most *most* tries of one address within *seconds*; the oldest addresses are forgotten."""

    def __init__(self, most: int, *, seconds: float = 60) -> None:
        self._most, self._seconds = most, seconds
        self._tries: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def require(self, address: str) -> None:
        """Count a try. Raises TooManyTries."""
        now = time.monotonic()
        with self._lock:
            tries = self._tries.setdefault(address, deque())
            self._tries.move_to_end(address)
            while tries and tries[0] <= now - self._seconds:
                tries.popleft()
            if len(tries) >= self._most:
                raise TooManyTries()
            tries.append(now)
            while len(self._tries) > MOST_ADDRESSES:
                self._tries.popitem(last=False)
