"""A web server of a folder that answers ranges of bytes, in this process; and fails where it is told to."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.support.background_server import in_background


class ObjectServer(ThreadingHTTPServer):
    """Serves `folder`.

    refused: what to answer to so many requests first, by status; ranges: whether it knows them; delay_s: how long each
    request takes; most_at_once: how many were under way at a time.
    """

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder, self.ranges, self.delay_s = folder, True, 0.0
        self.most_at_once, self._now, self._counting = 0, 0, threading.Lock()
        self.refused: Counter[int] = Counter()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count a request that is under way."""
        with self._counting:
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        time.sleep(self.delay_s)
        yield
        with self._counting:
            self._now -= 1


def serving(folder: Path) -> AbstractContextManager[ObjectServer]:
    """Serve a folder for as long as this lasts."""
    return in_background(ObjectServer(folder))


class _Handler(BaseHTTPRequestHandler):
    server: ObjectServer

    def do_GET(self) -> None:
        with self.server.counted():
            self._get()

    def _get(self) -> None:
        path = self.server.folder / self.path.lstrip("/")
        for status in list(+self.server.refused):
            self.server.refused[status] -= 1
            return self._answer(status, b"")
        if not path.is_file():
            return self._answer(404, b"")
        data, asked = path.read_bytes(), self.headers.get("Range")
        if asked is None or not self.server.ranges:
            return self._answer(200, data)
        start, stop = (int(edge) for edge in asked.removeprefix("bytes=").split("-"))
        if start >= len(data):
            return self._answer(416, b"")
        part = data[start : stop + 1]
        return self._answer(206, part, f"bytes {start}-{start + len(part) - 1}/{len(data)}")

    def _answer(self, status: int, data: bytes, content_range: str = "") -> None:
        self.send_response(status)
        self.send_header("Last-Modified", self.date_time_string(0))
        if content_range:
            self.send_header("Content-Range", content_range)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
