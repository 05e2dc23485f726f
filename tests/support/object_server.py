"""A web server of a folder that answers ranges of bytes, in this process; and fails where it is told to."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class ObjectServer(ThreadingHTTPServer):
    """Serves `folder`. refused: what to answer to so many requests first, by status; ranges: whether it knows them."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder, self.ranges = folder, True
        self.refused: Counter[int] = Counter()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def serving(folder: Path) -> Iterator[ObjectServer]:
    """Serve a folder for as long as this lasts."""
    with ObjectServer(folder) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: ObjectServer

    def do_GET(self) -> None:
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
        return self._answer(206, data[start : stop + 1]) if start < len(data) else self._answer(416, b"")

    def _answer(self, status: int, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
