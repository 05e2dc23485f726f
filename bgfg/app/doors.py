"""What may come in, and what pages may do: only pages of this server use it, and they load nothing from elsewhere."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Names of this machine for itself: a page of another site that its name server sends here has a name of its own.
LOCAL_NAMES = ("127.0.0.1", "localhost", "::1")

# Scripts and styles are files of the app; nothing that is written into a page can run, whatever it says.
_POLICY = "; ".join((
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data: blob:", "media-src blob:",
    "connect-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
))  # fmt: skip
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
}


class Doors:
    """Refuses requests of other sites, and says in each response what its page may do.

    Args:
        app: What answers.
        names: Names by which this server is called; None for any.
    """

    def __init__(self, app: ASGIApp, names: tuple[str, ...] | None) -> None:
        self._app, self._names = app, names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if wrong := self._wrong(scope):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008, "reason": wrong})
            else:
                await PlainTextResponse(wrong, 421)(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _wrong(self, scope: Scope) -> str:
        """Say what is wrong with the origin of a request; "" where nothing is."""
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        if self._names is not None and urlsplit(f"//{host}").hostname not in self._names:
            return "this app is open to this machine alone: call it as 127.0.0.1 or localhost"
        # A browser lets any site open a WebSocket; it says which one does.
        if origin is not None and urlsplit(origin).netloc != host:
            return "this request comes from another site"
        return ""
