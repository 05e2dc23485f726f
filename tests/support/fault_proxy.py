"""A proxy in front of a server, on this machine, that answers what it is told to instead, or drops the line."""

from __future__ import annotations

import http.client
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.background_server import in_background

# What may happen to a request: an error of the server, its demand to slow down, a line that drops before the answer,
# one that drops in the middle of it, one that drops after the request was carried out, and an answer that takes long.
FAULTS = ("500", "503", "drop", "cut", "unanswered", "slow")

# Who asks is killed before the request is carried out, or after that.
KILLS = ("kill", "kill-after")

_SLOW_S = 0.3
_SLOW_DOWN = b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>"


class FaultProxy(ThreadingHTTPServer):
    """A proxy of a server at a port. faults: what happens to the next requests, one each; kill: kills who asks."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = port
        self.faults: deque[str] = deque()
        self.kill: Callable[[], None] = lambda: None
        self.requests = 0
        self.changed = threading.Lock()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say what went wrong, unless it is that who asks was killed."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def next_fault(self) -> str:
        """Take what happens to a request; empty for nothing."""
        with self.changed:
            self.requests += 1
            return self.faults.popleft() if self.faults else ""


def proxying(port: int) -> AbstractContextManager[FaultProxy]:
    """Put a proxy before a port for as long as this lasts."""
    return in_background(FaultProxy(port))


class _Handler(BaseHTTPRequestHandler):
    server: FaultProxy
    protocol_version = "HTTP/1.1"

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fault = self.server.next_fault()
        if fault in ("500", "503"):
            return self._answer(int(fault), {}, _SLOW_DOWN if fault == "503" else b"")
        if fault == "kill":
            self.server.kill()
        if fault in ("drop", "kill"):
            return self._drop()
        if fault == "slow":
            time.sleep(_SLOW_S)
        upstream = http.client.HTTPConnection("127.0.0.1", self.server.upstream, timeout=60)
        upstream.request(self.command, self.path, body, dict(self.headers))
        found = upstream.getresponse()
        data = found.read()
        upstream.close()
        headers = {name: value for name, value in found.getheaders() if name.lower() not in ("connection", "server")}
        if fault == "kill-after":
            self.server.kill()
        if fault in ("unanswered", "kill-after"):
            return self._drop()
        if fault == "cut" and len(data) > 1:
            self._answer(found.status, headers | {"Content-Length": str(len(data))}, data[: len(data) // 2])
            return self._drop()
        return self._answer(found.status, headers, data)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass_on  # noqa: N815

    def _drop(self) -> None:
        self.close_connection = True

    def _answer(self, status: int, headers: dict[str, str], data: bytes) -> None:
        self.send_response(status)
        given = {name.lower() for name in headers}
        for name, value in headers.items():
            if name.lower() not in ("transfer-encoding", "date"):
                self.send_header(name, value)
        if "content-length" not in given:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
