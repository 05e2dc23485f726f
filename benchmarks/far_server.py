"""A server of files that is far away: it answers with whole files and ranges of bytes, after a delay."""

from __future__ import annotations

import asyncio
import queue
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

DELAY_S = 0.05
_RANGE = re.compile(rb"range: bytes=(\d+)-(\d+)", re.IGNORECASE)
_TIME = "Last-Modified: Tue, 21 Oct 2025 07:28:00 GMT"

# Bytes of a file by the path that is asked for; None where there is none.
Files = Callable[[str], bytes | None]


def files_below(folder: Path) -> Files:
    """Return the files of a folder, each kept in memory once it has been read."""
    kept: dict[str, bytes | None] = {}

    def find(path: str) -> bytes | None:
        if path not in kept:
            file = folder / path.lstrip("/")
            kept[path] = file.read_bytes() if file.is_file() and file.resolve().is_relative_to(folder) else None
        return kept[path]

    return find


@contextmanager
def serving(files: Files, delay_s: float = DELAY_S) -> Iterator[str]:
    """Answer requests from this process, each after a delay; yields the URL."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await asyncio.sleep(delay_s)
                writer.write(_answer(head, files))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client is done
        finally:
            writer.close()

    async def serve() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=512)
        stop = asyncio.Event()
        started.put((asyncio.get_running_loop(), stop, server.sockets[0].getsockname()[1]))
        await stop.wait()
        server.close()

    started: queue.SimpleQueue[tuple[asyncio.AbstractEventLoop, asyncio.Event, int]] = queue.SimpleQueue()
    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    loop, stop, port = started.get()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()


def _answer(head: bytes, files: Files) -> bytes:
    method, path = head.split(b" ", 2)[:2]
    data = files(path.decode())
    if data is None:
        return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    found = _RANGE.search(head)
    first, last = (int(edge) for edge in found.groups()) if found else (0, len(data) - 1)
    last = min(last, len(data) - 1)
    lines = [
        "HTTP/1.1 206 Partial Content" if found else "HTTP/1.1 200 OK",
        f"Content-Length: {last - first + 1}",
        _TIME,
    ]
    if found:
        lines.append(f"Content-Range: bytes {first}-{last}/{len(data)}")
    body = b"" if method == b"HEAD" else data[first : last + 1]
    return "\r\n".join((*lines, "", "")).encode() + body
