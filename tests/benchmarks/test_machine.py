"""The machine in words."""

from __future__ import annotations

from pathlib import Path

from benchmarks.machine import file_system


def test_the_disk_is_that_of_the_deepest_mount() -> None:
    mounts = [("a", "/", "ext4"), ("b", "/tmp", "tmpfs"), ("c", "/tmp/x/y", "xfs")]
    assert [file_system(Path(p), mounts) for p in ("/home", "/tmpfile", "/tmp/x", "/tmp/x/y/z")] == [
        "ext4", "ext4", "tmpfs", "xfs"
    ]  # fmt: skip
