"""Removing folders."""

from __future__ import annotations

import shutil
from pathlib import Path


def remove_folder(folder: Path) -> None:
    """Remove a folder with all that is in it, if it is there.

    Raises:
        OSError: Something of it can't be removed.
    """
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:  # it isn't there, or another process removes it too
        shutil.rmtree(folder, ignore_errors=True)
