"""What a place decides outside the database: read from the environment once and handed down as a value."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from config.timetable import VARIABLE, timetable_of
from notifications.smtp import Server
from workflows.slots import last_slot


class SettingsWrong(ValueError):
    """A variable of the environment cannot be read; the message names it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are and how to reach them."""

    data: Path  # folder of database, keys, evidence; made when absent
    database_url: str
    smtp: Server | None  # None: letters stay in the development mailbox
    host: str
    port: int
    base_url: str  # of links in letters; decides whether cookies are for TLS only
    mail_from: str
    prefect: bool  # whether serve starts Prefect beside itself
    prefect_api_url: str | None  # an existing server to use instead of our own
    timetable: Mapping[str, str]  # cron of each patrol
    witness: str | None = None  # folder or address to which checkpoints go; None: nothing outside witnesses

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the ``XIAOHAO_`` variables. Raises SettingsWrong."""
        data = Path(environment.get("XIAOHAO_DATA") or "var").absolute()
        host = environment.get("XIAOHAO_HOST") or "127.0.0.1"
        port = _port(environment.get("XIAOHAO_PORT") or "8000")
        smtp_url = environment.get("XIAOHAO_SMTP_URL")
        try:
            server = Server.parse(smtp_url) if smtp_url else None
        except ValueError as why:
            raise SettingsWrong(f"XIAOHAO_SMTP_URL: {why}") from why
        try:
            timetable = timetable_of(environment)
            for cron in timetable.values():
                last_slot(cron, datetime.now(UTC))
        except ValueError as why:
            raise SettingsWrong(str(why) if VARIABLE in str(why) else f"{VARIABLE}: {why}") from why
        return cls(
            data=data,
            database_url=environment.get("XIAOHAO_DATABASE_URL") or f"sqlite:///{data / 'xiaohao.sqlite'}",
            smtp=server,
            host=host,
            port=port,
            base_url=environment.get("XIAOHAO_BASE_URL") or f"http://{host}:{port}",
            mail_from=environment.get("XIAOHAO_MAIL_FROM") or "",
            prefect=environment.get("XIAOHAO_PREFECT", "on").lower() not in ("off", "0", "no", "false"),
            prefect_api_url=environment.get("XIAOHAO_PREFECT_API_URL") or environment.get("PREFECT_API_URL") or None,
            timetable=timetable,
            witness=environment.get("XIAOHAO_WITNESS") or None,
        )


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) < 65536:
        raise SettingsWrong(f"XIAOHAO_PORT: {text} is no port")
    return int(text)
