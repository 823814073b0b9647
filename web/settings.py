"""What the wiring tells the pages; read once at the start."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from config.timetable import TIMETABLE


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Where the pages are reached, and what they link to.

    *base_url*: the address in people's browsers, without a path; *timetable*: cron of each patrol.
    """

    base_url: str = "http://127.0.0.1:8000"
    sign_ins_per_minute: int = 30  # per network address
    timetable: Mapping[str, str] = field(default_factory=lambda: TIMETABLE)

    @property
    def https(self) -> bool:
        """Whether browsers reach us by TLS: cookies and headers are stricter then."""
        return urlsplit(self.base_url).scheme == "https"

    @property
    def session_cookie(self) -> str:
        """Name of the cookie; the prefix makes browsers insist on TLS, the root path and no domain."""
        return "__Host-session" if self.https else "session"
