"""The model of a power cut keeps what was flushed, and may lose anything else."""

from __future__ import annotations

import random
from pathlib import Path

from tests.faults.replay import CallNote, survive

Kept = set[tuple[tuple[str, bytes], ...]]


def note(call: str, file: int = 0, path: str = "", path2: str = "", data: bytes = b"", offset: int = 0) -> CallNote:
    return CallNote(call, file, offset, data, path, path2)


def kept_of(tmp_path: Path, notes: list[CallNote], strict: bool = False) -> Kept:
    """All that disks may hold after some calls in a folder with the file `old`, whose number is 1."""
    found: Kept = set()
    for seed in range(150):
        kept = tmp_path / f"kept{seed}"
        kept.mkdir()
        (kept / "old").write_bytes(b"old")
        survive(notes, {1: "old"}, Path("/w"), kept, strict, random.Random(seed))
        found.add(tuple((path.name, path.read_bytes()) for path in sorted(kept.iterdir())))
    return found


MADE = [note("create", 2, "/w/.new"), note("write", 2, "/w/.new", data=b"new!")]
RENAMED = note("rename", path="/w/.new", path2="/w/old")
SYNCED, FOLDER_SYNCED = note("fsync", 2, "/w/.new"), note("fsync", 9, "/w")


def test_a_file_renamed_without_a_flush_may_be_empty_or_torn(tmp_path: Path) -> None:
    found = kept_of(tmp_path, [*MADE, RENAMED])
    assert {(("old", content),) for content in (b"", b"ne", b"new!")} <= found


def test_a_file_flushed_before_its_renaming_is_the_old_or_the_new(tmp_path: Path) -> None:
    found = kept_of(tmp_path, [*MADE, SYNCED, RENAMED])
    assert found == {((".new", b"new!"), ("old", b"old")), (("old", b"new!"),)}


def test_after_a_flush_of_the_folder_it_is_the_new(tmp_path: Path) -> None:
    assert kept_of(tmp_path, [*MADE, SYNCED, RENAMED, FOLDER_SYNCED]) == {(("old", b"new!"),)}


def test_a_flush_of_a_file_keeps_its_name_where_the_model_is_not_strict(tmp_path: Path) -> None:
    (tmp_path / "strict").mkdir()
    assert (("old", b"old"),) not in kept_of(tmp_path, [*MADE, SYNCED])
    assert (("old", b"old"),) in kept_of(tmp_path / "strict", [*MADE, SYNCED], strict=True)


def test_a_flush_of_the_file_system_keeps_everything_before_it(tmp_path: Path) -> None:
    found = kept_of(tmp_path, [*MADE, RENAMED, note("syncfs", 9, "/w"), note("unlink", path="/w/old")])
    assert found == {(("old", b"new!"),), ()}
