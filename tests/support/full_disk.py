"""A disk that takes no more: a small file system, or files that may not be longer than so much, as with `ulimit -f`."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def longest_file(size_bytes: int) -> Iterator[None]:
    """Let writes beyond this size come back short, and then fail."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def mounted_disk(mount: Path, size: str) -> Iterator[Path]:
    """Mount a file system of so much, such as "6m", in a new folder; skip the test where only root may."""
    mount.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(mount)], capture_output=True)
    if made.returncode:
        pytest.skip("mounting a small file system needs root")
    try:
        yield mount
    finally:  # of a test that failed too: its folder can't be removed else
        subprocess.run(["umount", "-l", str(mount)], check=True)
