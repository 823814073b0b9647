"""Headers that every answer carries, and the Origin of what changes something."""

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.settings import WebSettings

POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
LARGEST_OF_STRANGERS = 100_000  # bytes of a body without cookie or token: it is read before anybody asks who sends
LARGEST_BODY = 2_000_000
LARGEST_UPLOAD = 600_000_000  # of a whole form; each file has its own limit


class SafeAnswers:
    """Puts the headers on every answer and turns away what another site sends."""

    def __init__(self, app: ASGIApp, settings: WebSettings) -> None:
        self._app = app
        self._own = _origin(settings.base_url)
        self._cookie = settings.session_cookie
        self._headers = dict(HEADERS)
        if settings.https:
            self._headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sending = self._with_headers(send)
        if scope["method"] in UNSAFE and self._is_foreign(Headers(scope=scope)):
            await PlainTextResponse("cross-site request refused", 403)(scope, receive, sending)
            return
        limited = _Limited(receive, _most(Headers(scope=scope), self._cookie))
        if limited.is_announced(Headers(scope=scope)):
            await PlainTextResponse("too large", 413, {"Connection": "close"})(scope, receive, sending)
            return
        await self._app(scope, limited, sending)

    def _is_foreign(self, headers: Headers) -> bool:
        """Whether a browser says that the request comes from elsewhere; programs with a token send no Origin."""
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return True
        origin = headers.get("origin")
        if origin is None:
            return False
        return origin not in (self._own, *(f"{scheme}://{headers.get('host', '')}" for scheme in ("http", "https")))

    def _with_headers(self, send: Send) -> Callable[[Message], Awaitable[None]]:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        return sending


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _most(headers: Headers, cookie: str) -> int:
    """Return how many bytes a body may have: whoever shows nothing writes a sign-in form, and no more."""
    if f"{cookie}=" not in headers.get("cookie", "") and "authorization" not in headers:
        return LARGEST_OF_STRANGERS
    return LARGEST_UPLOAD if headers.get("content-type", "").startswith("multipart/") else LARGEST_BODY


class _Limited:
    """Receives a body up to *most* bytes, whatever its header announced; more ends the connection for the reader."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive, self._most, self._came = receive, most, 0

    def is_announced(self, headers: Headers) -> bool:
        """Whether the request says itself that it is too long."""
        announced = headers.get("content-length", "0")
        return not announced.isdecimal() or int(announced) > self._most

    async def __call__(self) -> Message:
        message = await self._receive()
        self._came += len(message.get("body", b""))
        return message if self._came <= self._most else {"type": "http.disconnect"}
