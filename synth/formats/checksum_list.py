"""SHA256SUMS of an export: a line per file, as `sha256sum --check` reads it; and what is told of a damaged one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bgfg.data_manifests.files.checksum import file_sha256
from bgfg.data_manifests.files.regular_file import open_regular

CHECKSUM_FILE = "SHA256SUMS"

# The list of ten million files; no name of a file is longer than a system takes.
_MOST_BYTES = 2**30
_LONGEST_LINE = 66 + 4_096 + 1
_LINE = re.compile(rb"([0-9a-f]{64})  (.+)\n", re.DOTALL)


class ListedFile(NamedTuple):
    """A line of the list.

    Attributes:
        file: Path within the folder of the export.
        sha256: Its hex SHA-256.
    """

    file: str
    sha256: str

    @property
    def line(self) -> bytes:
        """The line, with its end."""
        return f"{self.sha256}  {self.file}\n".encode()


def checksum_list_sha256(out: Path) -> str:
    """Return the hex SHA-256 of the list of an export; raises what `listed_files` does."""
    return file_sha256(out / CHECKSUM_FILE, _MOST_BYTES)


def listed_files(out: Path) -> Iterator[ListedFile | None]:
    """Read the list of an export line by line.

    Args:
        out: The folder of the export.

    Yields:
        What each line says; None for one that is damaged: cut short, or without a SHA-256 or a name.

    Raises:
        UnfitFile: It is no regular file, or far too large.
        OSError: It isn't there, or can't be read.
    """
    with open_regular(out / CHECKSUM_FILE, _MOST_BYTES) as file:
        while line := file.readline(_LONGEST_LINE):
            found = _LINE.fullmatch(line)
            yield ListedFile(found[2].decode("utf-8", "surrogateescape"), found[1].decode()) if found else None
