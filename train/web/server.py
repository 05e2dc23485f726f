"""A server for a page on this machine: static files, and the headers by which browsers let a page have threads."""

from __future__ import annotations

import errno
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.web.site import ENTRY_FILE, RECORD_FILE, site_files

_HOST = "127.0.0.1"

# Those of service_worker.js, which adds them where another server doesn't.
HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Content-Security-Policy": "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "
    "img-src 'self' blob:; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'",
}


class _PageHandler(SimpleHTTPRequestHandler):
    """Serves the files of a page, and nothing else of its folder."""

    extensions_map = {  # noqa: RUF012 - as the class above has it
        **SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript",
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
        ".json": "application/json",
        ".svg": "image/svg+xml",
    }

    def __init__(self, *given: Any, files: frozenset[str], **named: Any) -> None:
        self._files = files
        super().__init__(*given, **named)

    def translate_path(self, path: str) -> str:
        """Return the file of a URL's path; what isn't of the page leads nowhere."""
        name = unquote(urlsplit(path).path).removeprefix("/") or ENTRY_FILE
        return str(Path(self.directory) / (name if name in self._files else "no such file"))

    def end_headers(self) -> None:
        """Send the headers that all answers have."""
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Cache-Control", "no-cache")
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def log_message(self, *_given: Any) -> None:
        """Say nothing of each request."""


def page_server(out: Path, port: int) -> ThreadingHTTPServer:
    """Return a server of a page on this machine, which no other can reach; port 0 for any that is free.

    Raises:
        Problem: The port is in use, or the folder is no page.
    """
    handler = partial(_PageHandler, directory=str(out), files=site_files(out) | {RECORD_FILE})
    try:
        return ThreadingHTTPServer((_HOST, port), handler)
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        why = "is in use" if error.errno == errno.EADDRINUSE else "isn't for everybody"
        raise Problem(f"--port {port}: {why}: give another, such as {port + 1 if port > 1023 else 8000}") from error


def address_of(server: ThreadingHTTPServer) -> str:
    """Return the address at which a browser finds the page."""
    return f"http://{_HOST}:{server.server_address[1]}/"
