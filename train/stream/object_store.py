"""Reading objects under a URL, whole or by ranges of bytes, with errors of any driver turned into Problems."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Sequence

import fsspec

from bgfg.data_manifests.terminal.errors import Problem

# The extra of bgfg that brings the driver of a protocol.
_DRIVER_EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gcs", "gcs": "gcs", "http": "http", "https": "http"}

# What drivers raise beside OSError, by module. Modules are looked up, not imported: one that isn't loaded has raised
# nothing.
_DRIVER_ERRORS = {
    "aiohttp": ("ClientError",),
    "azure.core.exceptions": ("AzureError",),
    "botocore.exceptions": ("BotoCoreError", "ClientError"),
    "gcsfs.retry": ("HttpError",),
    "google.auth.exceptions": ("GoogleAuthError",),
}

# A server that is too busy, or away, is asked again after these seconds: an epoch is a great many requests, of which a
# few fail.
_RETRY_DELAYS_S = (0.5, 2.0, 8.0)
# Requests at a time. fsspec begins a thousand, and its driver of http:// opens a hundred connections: a server
# that queues five of them, as Python's own does, lets the others wait until the network tries again, up to minutes.
MOST_AT_ONCE = 32

_FINAL_ERRORS = (FileNotFoundError, PermissionError, TimeoutError)
_ACCESS_ERRORS = ("PermissionError", "NoCredentialsError", "PartialCredentialsError", "DefaultCredentialsError")

ByteRange = tuple[int, int]

# Its own logging would print a traceback of what it raises, which becomes a Problem here.
logging.getLogger("gcsfs").addHandler(logging.NullHandler())


def driver_errors() -> tuple[type[Exception], ...]:
    """Return the exceptions that drivers raise where a store can't be read."""
    loaded = ((sys.modules[module], names) for module, names in _DRIVER_ERRORS.items() if module in sys.modules)
    return (OSError, *(getattr(module, name) for module, names in loaded for name in names))


class ObjectStore:
    """The objects under a URL that fsspec knows; keys are paths from there on.

    Attributes:
        url: The URL.
    """

    def __init__(self, url: str) -> None:
        """Find the driver of the URL's protocol.

        Raises:
            Problem: The driver isn't installed, or the URL makes no sense to it.
        """
        self.url = url
        protocol = url.partition("://")[0]
        try:
            self._files, self._root = fsspec.core.url_to_fs(url)
        except ImportError as error:
            extra = _DRIVER_EXTRAS.get(protocol)
            install = f": pip install 'bgfg[{extra}]'" if extra else ""
            raise Problem(f"{url}: the driver of {protocol}:// isn't installed ({error}){install}") from error
        except ValueError as error:
            raise Problem(f"{url}: can't be opened ({_first_line(error)}): check the URL") from error

    def read(self, key: str, start: int, stop: int) -> bytes:
        """Return the bytes of an object from `start` to before `stop`, fewer where it ends earlier.

        Raises:
            Problem: The object isn't there, or couldn't be read in four attempts.
        """
        for wait_s in (*_RETRY_DELAYS_S, None):
            try:
                return self._checked_size(
                    key, self._files.cat_file(self._path(key), start=start, end=stop), stop - start
                )
            except driver_errors() as error:
                if wait_s is None or _is_final(error):
                    raise self.problem(key, error) from error
            time.sleep(wait_s)
        raise AssertionError("the last time ends it")

    def read_all(self, keys: Sequence[str], ranges: Sequence[ByteRange] | None = None) -> list[bytes | None]:
        """Read many objects, or a range of bytes of each, in concurrent requests.

        Args:
            keys: The objects.
            ranges: Start and stop of each; None for whole objects.

        Returns:
            The bytes of each, None for an object that isn't there.

        Raises:
            Problem: One of them can't be read.
        """
        starts, stops = (list(edge) for edge in zip(*ranges, strict=True)) if ranges else ([None] * len(keys),) * 2
        at_once = {"batch_size": MOST_AT_ONCE} if self._files.async_impl else {}
        found = self._files.cat_ranges([self._path(key) for key in keys], starts, stops, on_error="return", **at_once)
        return [
            self._received(key, answer, stop - start if ranges else None)
            for key, answer, start, stop in zip(keys, found, starts, stops, strict=True)
        ]

    def problem(self, key: str, error: Exception) -> Problem:
        """Return the problem of an object that can't be read, to be raised."""
        where = f"{self.url}/{key}"
        if isinstance(error, FileNotFoundError):
            return Problem(f"{where}: there is no such object: copy the corpus there again")
        if type(error).__name__ in _ACCESS_ERRORS or getattr(error, "status", 0) in (401, 403):
            return Problem(f"{where}: no access ({_first_line(error)}): check the credentials of this store")
        return Problem(
            f"{where}: can't be read ({_first_line(error)}): check URL, network and server, and run it again"
        )

    def _received(self, key: str, answer: bytes | Exception, size_bytes: int | None) -> bytes | None:
        if isinstance(answer, bytes):
            return self._checked_size(key, answer, size_bytes)
        if isinstance(answer, FileNotFoundError):
            return None
        if isinstance(answer, driver_errors()):
            raise self.problem(key, answer) from answer
        raise answer

    def _checked_size(self, key: str, data: bytes, size_bytes: int | None) -> bytes:
        """Return the data; raise Problem where there is more than was asked for."""
        if size_bytes is not None and len(data) > size_bytes:
            serves = "the server sends whole files where a range of bytes is asked for"
            raise Problem(f"{self.url}/{key}: {serves}: serve it by one that answers Range requests")
        return data

    def _path(self, key: str) -> str:
        return f"{self._root.rstrip('/')}/{key}"


def _is_final(error: Exception) -> bool:
    """Say whether asking again is of no use: the object is missing or forbidden, or the driver waited long enough."""
    return isinstance(error, _FINAL_ERRORS) or getattr(error, "status", 0) in range(400, 429)


def _first_line(error: Exception) -> str:
    """Return the first line of an error's message, or else its class's name."""
    return (str(error).splitlines() or [""])[0] or type(error).__name__
