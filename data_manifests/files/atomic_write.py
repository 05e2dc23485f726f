"""Atomic writing of text files."""

from __future__ import annotations

import os
from pathlib import Path


def write_text_atomically(path: Path, text: str, scratch: Path) -> None:
    """Write a text file whole or not at all: under a temporary name first, then renamed.

    Args:
        path: Where the file is to be; one that is there is replaced.
        text: Its content, written as UTF-8.
        scratch: Folder for the temporary name, on the same disk; made if it isn't there.
    """
    scratch.mkdir(exist_ok=True)
    partial = scratch / f"{path.name}.{os.getpid()}"
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
