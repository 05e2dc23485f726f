"""Objects under a URL, whole or by ranges of bytes; what a server or its driver can't do is said in a line."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Sequence

import fsspec
from bgfg.data_manifests.terminal.errors import Problem

# The extra of bgfg that brings the driver of a protocol.
_EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gcs", "gcs": "gcs", "http": "http", "https": "http"}

# What drivers raise beside OSError, by module: one that isn't loaded has raised nothing.
_RAISED = {
    "aiohttp": ("ClientError",),
    "azure.core.exceptions": ("AzureError",),
    "botocore.exceptions": ("BotoCoreError", "ClientError"),
    "gcsfs.retry": ("HttpError",),
    "google.auth.exceptions": ("GoogleAuthError",),
}

# A server that was too busy, or away, is asked again after these seconds: an epoch is a great many requests.
_WAITS_S = (0.5, 2.0, 8.0)
_FINAL = (FileNotFoundError, PermissionError, TimeoutError)
_ACCESS = ("PermissionError", "NoCredentialsError", "PartialCredentialsError", "DefaultCredentialsError")

Range = tuple[int, int]

# It logs with a traceback what it raises too.
logging.getLogger("gcsfs").addHandler(logging.NullHandler())


def failures() -> tuple[type[Exception], ...]:
    """Return what a driver raises where a store can't be read."""
    loaded = ((sys.modules[module], names) for module, names in _RAISED.items() if module in sys.modules)
    return (OSError, *(getattr(module, name) for module, names in loaded for name in names))


class Objects:
    """The objects under a URL that fsspec knows; keys are paths from there on. Raises Problem where it can't be."""

    def __init__(self, url: str) -> None:
        self.url = url
        protocol = url.partition("://")[0]
        try:
            self._files, self._root = fsspec.core.url_to_fs(url)
        except ImportError as error:
            extra = _EXTRAS.get(protocol)
            install = f": pip install 'bgfg[{extra}]'" if extra else ""
            raise Problem(f"{url}: the driver of {protocol}:// isn't installed ({error}){install}") from error
        except ValueError as error:
            raise Problem(f"{url}: can't be opened ({_words(error)}): check the URL") from error

    def read(self, key: str, start: int, stop: int) -> bytes:
        """Return the bytes of an object from `start` to before `stop`, fewer where it ends earlier.

        Raises Problem where it isn't there, and where it can't be read by the fourth time.
        """
        for wait_s in (*_WAITS_S, None):
            try:
                return self._fitting(key, self._files.cat_file(self._path(key), start=start, end=stop), stop - start)
            except failures() as error:
                if wait_s is None or _is_final(error):
                    raise self.problem(key, error) from error
            time.sleep(wait_s)
        raise AssertionError("the last time ends it")

    def read_all(self, keys: Sequence[str], ranges: Sequence[Range] | None = None) -> list[bytes | None]:
        """Return objects, or a range of bytes of each, asked for at once; None for one that isn't there."""
        starts, stops = (list(edge) for edge in zip(*ranges, strict=True)) if ranges else ([None] * len(keys),) * 2
        found = self._files.cat_ranges([self._path(key) for key in keys], starts, stops, on_error="return")
        return [
            self._received(key, answer, stop - start if ranges else None)
            for key, answer, start, stop in zip(keys, found, starts, stops, strict=True)
        ]

    def problem(self, key: str, error: Exception) -> Problem:
        """Return what to say where an object can't be read."""
        where = f"{self.url}/{key}"
        if isinstance(error, FileNotFoundError):
            return Problem(f"{where}: there is no such object: copy the corpus there again")
        if type(error).__name__ in _ACCESS or getattr(error, "status", 0) in (401, 403):
            return Problem(f"{where}: no access ({_words(error)}): check the credentials of this store")
        return Problem(f"{where}: can't be read ({_words(error)}): check URL, network and server, and run it again")

    def _received(self, key: str, answer: bytes | Exception, size_bytes: int | None) -> bytes | None:
        if isinstance(answer, bytes):
            return self._fitting(key, answer, size_bytes)
        if isinstance(answer, FileNotFoundError):
            return None
        if isinstance(answer, failures()):
            raise self.problem(key, answer) from answer
        raise answer

    def _fitting(self, key: str, data: bytes, size_bytes: int | None) -> bytes:
        if size_bytes is not None and len(data) > size_bytes:
            serves = "the server sends whole files where a range of bytes is asked for"
            raise Problem(f"{self.url}/{key}: {serves}: serve it by one that answers Range requests")
        return data

    def _path(self, key: str) -> str:
        return f"{self._root.rstrip('/')}/{key}"


def _is_final(error: Exception) -> bool:
    """Say whether asking again is of no use: it isn't there, isn't for us, or the driver waited long enough."""
    return isinstance(error, _FINAL) or getattr(error, "status", 0) in range(400, 429)


def _words(error: Exception) -> str:
    """Return the first line of what an error says, or else its name."""
    return (str(error).splitlines() or [""])[0] or type(error).__name__
