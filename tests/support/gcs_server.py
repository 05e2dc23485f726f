"""A server of Google Cloud Storage's XML API on this machine, as far as it is known here what clients need.

Requests of objects and buckets, multipart uploads, preconditions by generation. Google's own may differ.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

_TIME = "2026-11-30T12:00:00.000Z"
_PAGE = 100  # keys of a listing, so that tests have several


@dataclass
class _Bucket:
    """Objects with their generations, and uploads that have begun, by what they are asked for."""

    objects: dict[str, tuple[bytes, int]] = field(default_factory=dict)
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    changing: threading.Lock = field(default_factory=threading.Lock)

    def put(self, key: str, data: bytes, only_if: str | None) -> int | None:
        """Put an object where its generation is the one that is named, 0 for none; return the new one, None if not."""
        with self.changing:
            if only_if is not None and int(only_if) != self.objects.get(key, (b"", 0))[1]:
                return None
            self.objects[key] = data, next(self.numbers)
            return self.objects[key][1]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bucket: _Bucket

    def log_message(self, *_args: object) -> None:
        """Say nothing."""

    def _asked(self) -> tuple[str, dict[str, str], bytes]:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return unquote(parts.path).lstrip("/").partition("/")[2], query, body

    def _answer(self, status: int, body: bytes = b"", length: int | None = None, **headers: object) -> None:
        self.send_response(status)
        given = {"Content-Length": len(body) if length is None else length, "Last-Modified": formatdate(usegmt=True)}
        for name, value in (given | {name.replace("_", "-"): value for name, value in headers.items()}).items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self) -> None:
        key, query, body = self._asked()
        if "uploadId" in query:
            self.bucket.uploads[query["uploadId"]][int(query["partNumber"])] = body
            self._answer(200, ETag=_etag(body))
        else:
            self._store(key, body)

    def do_POST(self) -> None:
        key, query, body = self._asked()
        if "uploads" in query:
            upload = f"upload-{next(self.bucket.numbers)}"
            self.bucket.uploads[upload] = {}
            self._answer(200, f"<R><UploadId>{upload}</UploadId></R>".encode())
        else:
            parts = self.bucket.uploads.pop(query["uploadId"])
            numbers = [int(number) for number in re.findall(rb"<PartNumber>(\d+)<", body)]
            self._store(key, b"".join(parts[number] for number in numbers))

    def _store(self, key: str, data: bytes) -> None:
        generation = self.bucket.put(key, data, self.headers.get("x-goog-if-generation-match"))
        if generation is None:
            self._answer(412, b"<Error><Code>PreconditionFailed</Code></Error>")
            return
        body = f"<R><ETag>{_etag(data)}</ETag></R>".encode() if self.command == "POST" else b""
        self._answer(200, body, ETag=_etag(data), x_goog_generation=generation)

    def do_GET(self) -> None:
        key, query, _ = self._asked()
        if not key:
            self._answer(200, self._listing(query))
        elif key not in self.bucket.objects:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        else:
            self._send(key)

    def _send(self, key: str) -> None:
        data, generation = self.bucket.objects[key]
        headers: dict[str, object] = {"ETag": _etag(data), "x_goog_generation": generation}
        status, of = 200, re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        if of is not None:
            start, stop = int(of[1]), min(len(data), int(of[2] or len(data) - 1) + 1)
            headers["Content_Range"] = f"bytes {start}-{stop - 1}/{len(data)}"
            status, data = 206, data[start:stop]
        self._answer(status, b"" if self.command == "HEAD" else data, len(data), **headers)

    do_HEAD = do_GET  # noqa: N815

    def do_DELETE(self) -> None:
        key, query, _ = self._asked()
        if "uploadId" in query:
            self.bucket.uploads.pop(query["uploadId"], None)
            self._answer(204)
        else:
            self._answer(204 if self.bucket.objects.pop(key, None) else 404)

    def _listing(self, query: Mapping[str, str]) -> bytes:
        after = max(query.get("continuation-token", ""), query.get("start-after", ""))
        keys = sorted(k for k in [*self.bucket.objects] if k.startswith(query.get("prefix", "")) and k > after)
        rows = "".join(
            f"<Contents><Key>{escape(key)}</Key><Generation>{generation}</Generation><LastModified>{_TIME}"
            f"</LastModified><ETag>{_etag(data)}</ETag><Size>{len(data)}</Size></Contents>"
            for key, (data, generation) in ((key, self.bucket.objects[key]) for key in keys[:_PAGE])
        )
        more = f"<NextContinuationToken>{escape(keys[_PAGE - 1])}</NextContinuationToken>" if keys[_PAGE:] else ""
        return f"<ListBucketResult>{rows}{more}</ListBucketResult>".encode()


def _etag(data: bytes) -> str:
    return f'"{hashlib.md5(data).hexdigest()}"'


@contextmanager
def serving_gcs() -> Iterator[Mapping[str, str]]:
    """Serve buckets that are all one, empty at first; yields the variables by which clients find it."""
    handler = type("Handler", (_Handler,), {"bucket": _Bucket()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    account = {"gcs_base_url": f"http://127.0.0.1:{server.server_port}", "disable_oauth": True, "client_email": "",
               "private_key": "", "private_key_id": ""}  # fmt: skip
    try:
        yield {"GOOGLE_SERVICE_ACCOUNT_KEY": json.dumps(account)}
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
