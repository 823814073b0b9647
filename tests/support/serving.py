"""An application on the loopback, served by a thread; its port is held from the first moment, so nobody takes it."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from tests.support.waiting import wait_until


@contextmanager
def served(make: Callable[[str], Any], *, http: type[asyncio.Protocol] | None = None) -> Iterator[str]:
    """Serve what *make* returns for its address, by *http* or as uvicorn does; give it, and end with the block."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        address = f"http://127.0.0.1:{held.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(make(address), log_level="warning", http=http or "auto"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [held]}, daemon=True)
        thread.start()
        assert wait_until(lambda: server.started or not thread.is_alive())
        yield address
        server.should_exit = True
        thread.join(10)
