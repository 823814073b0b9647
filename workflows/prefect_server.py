"""Prefect's own server on a socket that `serve` holds already: ``python -m workflows.prefect_server FILE-DESCRIPTOR``.

``prefect server start`` looks whether a port is free and binds it seconds later; two houses that start together then
choose the same one, and each takes the other's server for its own. A socket that was handed down cannot be lost.
"""

import socket
import sys

import uvicorn

from workflows.parents import end_with_parent


def main() -> None:
    """Serve until the process is ended."""
    end_with_parent()
    from prefect.server.api.server import create_app  # takes seconds; the parent is watched first
    from prefect.settings import PREFECT_SERVER_API_KEEPALIVE_TIMEOUT, PREFECT_SERVER_LOGGING_LEVEL

    config = uvicorn.Config(
        create_app(final=True),
        timeout_keep_alive=PREFECT_SERVER_API_KEEPALIVE_TIMEOUT.value(),
        log_level=PREFECT_SERVER_LOGGING_LEVEL.value().lower(),
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])


if __name__ == "__main__":
    main()
