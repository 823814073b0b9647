"""How long a test waits for what has to come: long, since a loaded machine is no bug; it ends as soon as it came."""

import time
from collections.abc import Callable

PATIENCE = 120.0  # seconds


def wait_until(holds: Callable[[], object], *, within: float = PATIENCE, every: float = 0.05) -> bool:
    """Return whether *holds* came true within *within* seconds."""
    give_up_at = time.monotonic() + within
    while not holds():
        if time.monotonic() > give_up_at:
            return False
        time.sleep(every)
    return True
