"""SHA-256 of files and arrays."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.files.file_version import FileVersion
from bgfg.data_manifests.files.regular_file import open_regular

# Of the tables of a corpus, which are hashed or read whole: a hundred times what those of a million samples have.
MOST_TABLE_BYTES = 2**30


def array_sha256(array: NDArray) -> str:
    """Return the SHA-256 of an array's bytes in C order, in hex."""
    return hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()


def file_sha256(path: Path, most_bytes: int | None = None) -> str:
    """Return the SHA-256 of a file in hex; the arguments and what is raised are those of `open_regular`."""
    with open_regular(path, most_bytes) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def version_sha256(path: Path) -> str:
    """Return the SHA-256 of a table in hex, read once a process for each version of the file.

    Raises:
        UnfitFile: It is no regular file, or has more than MOST_TABLE_BYTES.
    """
    return _version_sha256(path, FileVersion.of(path))


@lru_cache(maxsize=4096)  # the tables of a corpus of many parts, and of another one that is read beside it
def _version_sha256(path: Path, _version: FileVersion) -> str:
    return file_sha256(path, MOST_TABLE_BYTES)
