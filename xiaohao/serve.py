"""Serving: the web, the clock inside its process, and Prefect beside it; the first page waits for none of them."""

import logging
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from types import FrameType

import uvicorn

from web.app import make_app
from web.settings import WebSettings
from workflows.prefect_child import House, PrefectChild
from xiaohao.wiring import Wired


def serve(wired: Wired, host: str, port: int, *, prefect: bool, ready: Callable[[PrefectChild | None], None]) -> None:
    """Serve until Ctrl-C or SIGTERM; *ready* is told when the address answers."""
    settings = wired.settings
    _end_on_sigterm()
    with ExitStack() as ending:
        child = None
        if prefect:
            child = PrefectChild(House(settings.data, settings.database_url, settings.prefect_api_url))
            child.start()
            ending.callback(child.stop)
        web_settings = WebSettings(settings.base_url, child.ui_url if child else None)
        app = make_app(wired.office, wired.attachments, wired.passwords, settings=web_settings)
        clock = wired.clock()
        clock.start()
        ending.callback(clock.stop)

        config = uvicorn.Config(app, host=host, port=port, log_level="warning", server_header=False, date_header=True)
        server = _Told(config, lambda: ready(child))
        with suppress(KeyboardInterrupt):  # uvicorn has ended cleanly and passes the signal on
            server.run()


def work(wired: Wired, ready: Callable[[], None]) -> None:
    """Run clock and letters without the web, until Ctrl-C or SIGTERM."""
    _end_on_sigterm()
    clock = wired.clock()
    clock.start()
    try:
        ready()
        threading.Event().wait()
    except KeyboardInterrupt:
        pass
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


def _end_on_sigterm() -> None:
    """Turn SIGTERM into an orderly end: uvicorn raises it once more when it is done, and then nothing may be left."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, end)


class _Told(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()
