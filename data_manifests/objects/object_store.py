"""Objects under a URL: read whole or by ranges, written whole or not at all, listed; failures become Problems.

The library is obstore, which has every kind of store in one wheel, asks again where a server is busy or a connection
drops, and takes half of the processor's time of fsspec's drivers for the same requests (`benchmarks/object_store.py`).
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar, cast
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    PreconditionError,
)
from obstore.store import MemoryStore, from_url

from bgfg.data_manifests.objects.aws_files import aws_settings
from bgfg.data_manifests.objects.failures import CutOff, Missing, failure_of, reason_of
from bgfg.data_manifests.objects.listed_object import ListedObject, Version, set_time, version_of
from bgfg.data_manifests.objects.urls import SCHEMES, plain_url
from bgfg.data_manifests.terminal.errors import Problem

if TYPE_CHECKING:
    from obstore.store import RetryConfig

# What a server that is busy, or away, is asked again after: an epoch is a great many requests, of which a few fail.
RETRIES: RetryConfig = {
    "max_retries": 5,
    "retry_timeout": timedelta(seconds=60),
    "backoff": {"init_backoff": timedelta(seconds=0.2), "max_backoff": timedelta(seconds=10), "base": 3},
}

# Requests that wait for an answer at a time; a link of 50 ms then gives 640 answers a second.
REQUESTS_AT_A_TIME = 32

# Of an object that is uploaded in parts. S3 takes 10,000 of them: shards of up to 80 GB; parts of a file grow with it.
_PART_BYTES = 8 * 2**20
_MOST_PARTS = 10_000
_PARTS_AT_A_TIME = 4

# How many answers in a row may be cut off.
_CUT_ANSWERS = 3

_COPY_BYTES = 4 * 2**20

ByteRange = tuple[int, int]
T = TypeVar("T")

_memory: dict[str, MemoryStore] = {}


class Superseded(Exception):
    """An object that was to be replaced has been written by somebody else meanwhile."""


class ObjectStore:
    """The objects under a URL; keys are paths from there on. Several threads may use it.

    Attributes:
        url: The URL, without a slash at its end.
        is_writable: Whether objects can be listed and written, as they can't on a web server.
    """

    def __init__(self, url: str) -> None:
        """Find the kind of store; nothing is asked of it yet.

        Raises:
            Problem: The URL is none of a store, or has credentials in it.
        """
        self.url = plain_url(url)
        parts = urlsplit(self.url)
        self.is_writable = SCHEMES[parts.scheme]
        self._prefix, self._takes_generations = "", parts.scheme == "gs"
        try:
            if parts.scheme == "memory":
                self._store: Any = _memory.setdefault(parts.netloc, MemoryStore())
                self._prefix = f"{parts.path.strip('/')}/" if parts.path.strip("/") else ""
            else:
                options: Any = {"client_options": {"allow_http": True}, "retry_config": RETRIES}
                if parts.scheme in ("s3", "s3a"):
                    options["config"] = aws_settings()
                self._store = from_url(self.url, **options)
        except (BaseError, ValueError) as error:
            raise Problem(f"{self.url}: can't be opened ({reason_of(error)}): check the URL", exit_code=2) from None

    def read(self, key: str, start: int, stop: int) -> bytes:
        """Return the bytes of an object from `start` to before `stop`, fewer where it ends earlier.

        Raises:
            Problem: The object isn't there, or can't be read.
        """
        return self._ask(key, lambda: bytes(obstore.get_range(self._store, self._path(key), start=start, end=stop)))

    def read_all(self, keys: Sequence[str], ranges: Sequence[ByteRange | None] | None = None) -> list[bytes | None]:
        """Read many objects, or a range of bytes of each, in concurrent requests.

        Args:
            keys: The objects.
            ranges: Start and stop of each; None for one that is wanted whole, or for all.

        Returns:
            The bytes of each, None for an object that isn't there.

        Raises:
            Problem: One of them can't be read.
        """
        if not keys:
            return []
        with ThreadPoolExecutor(min(REQUESTS_AT_A_TIME, len(keys))) as threads:
            return list(threads.map(self._read_if_there, keys, ranges or [None] * len(keys)))

    def read_version(self, key: str) -> tuple[bytes, ListedObject] | None:
        """Return an object with its version; None where it isn't there."""

        def read() -> tuple[bytes, ListedObject]:
            found = obstore.get(self._store, self._path(key))
            return bytes(found.bytes()), self._listed(found.meta)

        try:
            return self._ask(key, read)
        except Missing:
            return None

    def write(self, key: str, data: bytes | Path) -> Version:
        """Write an object, whatever is there; return its version."""
        size_bytes = data.stat().st_size if isinstance(data, Path) else len(data)
        with self.told(key):
            part_bytes = max(_PART_BYTES, -(-size_bytes // _MOST_PARTS))
            return version_of(obstore.put(self._store, self._path(key), data, chunk_size=part_bytes))

    def write_all(self, files: Mapping[str, Path]) -> None:
        """Write many objects in concurrent requests, whatever is there; files: key -> what it is to hold."""
        if files:
            with ThreadPoolExecutor(min(REQUESTS_AT_A_TIME, len(files))) as threads:
                list(threads.map(self.write, files, files.values()))

    def replace(self, key: str, data: bytes, before: Version) -> Version:
        """Write an object if nobody else has written it since; return its version.

        Args:
            key: The object.
            data: What it is to hold.
            before: The version that it has; None if it isn't there.

        Raises:
            Superseded: Somebody else has written it.
            Problem: It can't be written.
        """
        try:
            with self.told(key):
                mode: Any = self._whole(key, before) or "create"
                return version_of(obstore.put(self._store, self._path(key), data, mode=mode, use_multipart=False))
        except (AlreadyExistsError, PreconditionError, Missing):
            raise Superseded(f"{self.url}/{key}") from None

    def _whole(self, key: str, before: Version) -> Version:
        """Return a version as the store needs it: Google's takes a generation, which its listings don't tell."""
        if not self._takes_generations or before is None or "version" in before:
            return before
        found = version_of(obstore.head(self._store, self._path(key)))
        if found is None or found.get("e_tag") != before["e_tag"]:
            raise Superseded(f"{self.url}/{key}")
        return found

    @contextmanager
    def writer(self, key: str) -> Iterator[BinaryIO]:
        """Write an object piece by piece, in parts that are uploaded meanwhile; it is there once all of it is."""
        with self.told(key):
            path = self._path(key)
            with obstore.open_writer(
                self._store, path, buffer_size=_PART_BYTES, max_concurrency=_PARTS_AT_A_TIME
            ) as file:
                yield cast(BinaryIO, _Upload(file))

    def download(self, key: str, path: Path) -> None:
        """Write an object to a file, which gets the time at which the object was written.

        Raises:
            FileNotFoundError: It isn't there.
            Problem: It can't be read.
        """

        def write() -> None:
            found = obstore.get(self._store, self._path(key))
            with path.open("wb") as file:
                for piece in found.stream(min_chunk_size=_COPY_BYTES):
                    file.write(piece)
            set_time(path, found.meta["last_modified"])

        try:
            self._ask(key, write)
        except Missing as missing:
            raise FileNotFoundError(missing.lines[0]) from None

    def sha256(self, key: str) -> str:
        """Return the SHA-256 of an object in hex; raise Missing where there is none, Problem where it can't be read."""

        def read() -> str:
            digest = hashlib.sha256()
            for piece in obstore.get(self._store, self._path(key)).stream(min_chunk_size=_COPY_BYTES):
                digest.update(piece)
            return digest.hexdigest()

        return self._ask(key, read)

    def list(self, folder: str = "") -> list[ListedObject]:
        """Return all objects, or those under a key, in the order of their keys; raise Problem where that can't be.

        The empty objects are left out by which the consoles of stores keep folders.
        """

        def read() -> Sequence[ListedObject]:
            pages = obstore.list(self._store, prefix=self._path(folder) or None, chunk_size=1000)
            return [self._listed(meta) for page in pages for meta in page]

        found = sorted(self._ask("", read), key=lambda each: each.key)
        keys, empty = [each.key for each in found], [each.key for each in found if not each.size_bytes]
        folders = {key for key in empty if not key or _is_above(key, keys)}
        # The library drops a / at the end of a key: of a folder with nothing in it no object has the key that is left.
        left = [key for key in empty if key not in folders]
        folders |= {key for key, content in zip(left, self.read_all(left), strict=True) if content is None}
        return [each for each in found if each.size_bytes or each.key not in folders]

    def delete(self, keys: Sequence[str]) -> None:
        """Remove objects; one that isn't there is none the less gone."""
        for start in range(0, len(keys), 1000):
            paths = [self._path(key) for key in keys[start : start + 1000]]
            try:
                self._ask(keys[start], partial(obstore.delete, self._store, paths))
            except Missing:  # Google's stores say so, and which others are gone by then isn't known
                with ThreadPoolExecutor(REQUESTS_AT_A_TIME) as threads:
                    list(threads.map(self._delete_if_there, paths))

    def _delete_if_there(self, path: str) -> None:
        with suppress(Missing):
            self._ask(path.removeprefix(self._prefix), partial(obstore.delete, self._store, path))

    def zarr_place(self, key: str) -> tuple[Any, str]:
        """Return obstore's own store, for Zarr to read from, and the path in it of what has a key here."""
        return self._store, self._path(key)

    @contextmanager
    def told(self, key: str) -> Iterator[None]:
        """Turn what the library raises into Problems; its own messages may hold more than is to be seen."""
        try:
            yield
        except (AlreadyExistsError, PreconditionError):
            raise
        except (BaseError, FileNotFoundError, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # of a file of this machine
            raise failure_of(self.url, key, error) from None

    def _ask(self, key: str, read: Callable[[], T]) -> T:
        """Ask for something that may be asked twice: where a line drops in the middle of an answer, it is.

        The library itself does so for ranges alone.
        """
        for _ in range(_CUT_ANSWERS):
            with suppress(CutOff), self.told(key):
                return read()
        with self.told(key):
            return read()

    def _read_if_there(self, key: str, of: ByteRange | None) -> bytes | None:
        try:
            if of is not None:
                return self.read(key, *of)
            return self._ask(key, lambda: bytes(obstore.get(self._store, self._path(key)).bytes()))
        except Missing:
            return None

    def _path(self, key: str) -> str:
        return f"{self._prefix}{key}"

    def _listed(self, meta: Any) -> ListedObject:
        key = str(meta["path"]).removeprefix(self._prefix)
        return ListedObject(key, int(meta["size"]), version_of(meta), meta["last_modified"])


def _is_above(key: str, keys: Sequence[str]) -> bool:
    """Say whether others lie below a key, by all keys in their order."""
    first = bisect_left(keys, f"{key}/")
    return first < len(keys) and keys[first].startswith(f"{key}/")


class _Upload:
    """What takes an object piece by piece. The library uploads pieces later, from where they lie, which may change."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def write(self, data: bytes | memoryview) -> int:
        """Take a piece, which may be changed afterwards."""
        return int(self._file.write(bytes(data)))
