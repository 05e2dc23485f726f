"""The machine in words."""

from __future__ import annotations

from pathlib import Path

from benchmarks.machine import describe_machine, file_system


def test_the_disk_is_that_of_the_deepest_mount() -> None:
    mounts = [("a", "/", "ext4"), ("b", "/tmp", "tmpfs"), ("c", "/tmp/x/y", "xfs")]
    assert [file_system(Path(p), mounts) for p in ("/home", "/tmpfile", "/tmp/x", "/tmp/x/y/z")] == [
        "ext4", "ext4", "tmpfs", "xfs"
    ]  # fmt: skip


def test_instruction_sets_stand_beside_the_processor(tmp_path: Path) -> None:
    machine = describe_machine(tmp_path)
    flags = Path("/proc/cpuinfo").read_text().lower().split() if Path("/proc/cpuinfo").exists() else []
    assert ("AVX2" in machine.instructions) == ("avx2" in flags)
    assert machine.sentence().startswith(" ".join((machine.cpu, *machine.instructions)) + ", ")
