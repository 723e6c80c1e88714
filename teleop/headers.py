"""What every answer of the console carries, and which requests are turned away before they are read (plain ASGI)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cache-control": "no-store",
}
_ENCODED = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
LARGEST_BODY = 10_000  # bytes; a name and a note are small


def turned_away(method: str, headers: dict[str, str], loopback_only: bool) -> str | None:
    """Why this request is refused unread; None: it may pass.

    A page of another site can make a browser send a request here. It can't set our Host on a loopback console (DNS
    rebinding), and it can't change anything without our Origin and a JSON body.
    """
    host = headers.get("host", "")
    if loopback_only and urlsplit(f"//{host}").hostname not in LOOPBACK_NAMES:
        return f"this console listens on this machine only, and answers to localhost, not to {host!r}"
    if method in ("GET", "HEAD"):
        return None
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != host:
        return f"the request comes from another site ({origin})"
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return "the request comes from another site"
    if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        return "send application/json"
    length = headers.get("content-length", "")
    if not length.isdigit() or int(length) > LARGEST_BODY:
        return f"send a body of at most {LARGEST_BODY} bytes, with its Content-Length"
    return None


class Guarded:
    """An ASGI app behind `turned_away`, with the headers on everything it answers."""

    def __init__(self, app: App, loopback_only: bool) -> None:
        self._app, self._loopback_only = app, loopback_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(h for h in _ENCODED if h[0] not in own)]
            await send(message)

        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        reason = turned_away(scope["method"], headers, self._loopback_only)
        if reason is None:
            await self._app(scope, receive, send_with_headers)
            return
        plain = [(b"content-type", b"text/plain; charset=utf-8")]
        await send_with_headers({"type": "http.response.start", "status": 403, "headers": plain})
        await send({"type": "http.response.body", "body": reason.encode()})
