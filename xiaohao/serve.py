"""Serving: the web, the clock inside its process, and Prefect beside it; the first page waits for none of them."""

import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import uvicorn

from cases.refusals import CaseError
from persistence.timekeeping import Keeping, house_of
from web.app import make_app
from web.settings import WebSettings
from workflows.prefect_child import House, PrefectChild
from workflows.prefect_watch import Elsewhere, Neighbour
from xiaohao.connections import AT_ONCE, bounded, bounds_of, within_handles
from xiaohao.ending import Ending
from xiaohao.wiring import Wired

ANSWERS_END_WITHIN = 2  # seconds for requests that are under way when the house is to end


class CannotListen(CaseError):
    """The address is somebody else's, or not ours to have; facts: address, why."""

    code = "cannot_listen"


def serve(
    wired: Wired, host: str, port: int, *, prefect: bool, ready: Callable[[], None], tell: Callable[[Keeping], None]
) -> None:
    """Serve until Ctrl-C or SIGTERM; *ready* is told when the address answers, *tell* who keeps the timetable."""
    settings = wired.settings
    asked = Ending()
    asked.listen()
    with ExitStack() as ending:
        listening = ending.enter_context(listen_at(host, port))
        neighbour: Neighbour = Elsewhere(None)
        if prefect:
            identity = house_of(wired.office.database)
            child = PrefectChild(House(settings.data, settings.database_url, identity, settings.prefect_api_url))
            child.start()
            ending.callback(child.stop)
            asked.meanwhile(child.stop)
            neighbour = child
        web_settings = WebSettings(settings.base_url, timetable=settings.timetable)
        app = make_app(wired.office, wired.attachments, wired.passwords, settings=web_settings, witness=wired.witness)
        clock = wired.clock(neighbour, tell)
        clock.start()
        ending.callback(clock.stop)

        config = uvicorn.Config(
            app, host=host, port=port, log_level="warning", server_header=False, date_header=True,
            http=bounded(within_handles(bounds_of(wired.office))), ws="none", backlog=AT_ONCE,
            timeout_graceful_shutdown=ANSWERS_END_WITHIN,
        )  # fmt: skip
        server = _Told(config, ready)
        asked.begins_with(server.end)
        server.run([listening])


def listen_at(host: str, port: int) -> socket.socket:
    """Return a socket that listens there, held before anything is begun. Raises CannotListen."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as why:
        raise CannotListen(address=f"{host}:{port}", why=os.strerror(why.errno or 0)) from None


def work(wired: Wired, ready: Callable[[], None], tell: Callable[[Keeping], None]) -> None:
    """Run clock and letters without the web, until Ctrl-C or SIGTERM; Prefect is asked where it has an address."""
    Ending().listen()
    settings = wired.settings
    clock = wired.clock(Elsewhere(settings.prefect_api_url if settings.prefect else None), tell)
    clock.start()
    try:
        ready()
        threading.Event().wait()
    finally:
        clock.stop()


def write_log() -> None:
    """Let the log go to stderr, one escaped line per record."""
    handler = logging.StreamHandler()
    handler.setFormatter(_OneLine("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for loud in ("apscheduler", "alembic", "httpx", "spiff"):
        logging.getLogger(loud).setLevel(logging.WARNING)
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)  # a tick that waits for another is no news


class _OneLine(logging.Formatter):
    """A record in one line, a traceback too: what somebody sent us cannot forge another record."""

    def format(self, record: logging.LogRecord) -> str:
        return super().format(record).replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")


class _Told(uvicorn.Server):
    """Says when it listens, and ends when the house is asked to: the signals are not its own."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()

    def end(self) -> None:
        """Take no more requests and end after those that are under way."""
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the house, which hears the second one too, whatever the server waits for."""
        yield
