"""Chunks are kept whole or not at all, within a limit, for whoever shares the folder."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from bgfg.data_manifests.objects import chunk_cache
from bgfg.data_manifests.objects.chunk_cache import ChunkCache
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.shard import with_checksum

SHARD = "ab" * 32
BLOCK = 4096  # of a disk: what a file takes on it at least


def chunk(number: int, size: int = 1000) -> bytes:
    return with_checksum(bytes([number % 256]) * (size - 4))


def files_of(folder: Path) -> list[Path]:
    return [path for path in folder.glob("??/*") if path.is_file()]


def disk_bytes(folder: Path) -> int:
    return sum(path.stat().st_blocks * 512 for path in files_of(folder))


def shard_of(number: int) -> str:
    return f"{number:064x}"


def filled(folder: Path) -> ChunkCache:
    """Return a cache with three chunks of a shard, and a hole between them."""
    cache = ChunkCache(folder, 10**6)
    for number in (0, 1, 3):
        cache.keep(SHARD, 1000 * number, chunk(number))
    return cache


def test_a_chunk_is_found_by_all_who_share_the_folder(tmp_path: Path) -> None:
    first, second = (ChunkCache(tmp_path / "cache", 10**6) for _ in range(2))
    assert first.find(SHARD, 0, 1000) is None
    first.keep(SHARD, 0, chunk(1))
    assert second.find(SHARD, 0, 1000) == chunk(1)
    second.keep(SHARD, 1000, chunk(2))
    second.keep("cd" * 32, 0, chunk(3))
    assert [first.find(SHARD, 1000, 2000), first.find("cd" * 32, 0, 1000)] == [chunk(2), chunk(3)]
    assert [(each.hits, each.misses) for each in (first, second)] == [(2, 1), (1, 2)]


def test_nothing_else_of_a_shard_passes_for_a_chunk_of_it(tmp_path: Path) -> None:
    cache = filled(tmp_path)
    assert cache.find(SHARD, 3000, 4000) == chunk(3)
    for start, stop in ((2000, 3000), (0, 999), (1, 1000), (500, 1500), (3500, 4500), (9000, 9999)):
        assert cache.find(SHARD, start, stop) is None


@pytest.mark.parametrize("kept_bytes", [0, 1, 1500, 3999])
def test_what_a_power_cut_left_is_fetched_again(tmp_path: Path, kept_bytes: int) -> None:
    cache = filled(tmp_path)
    assert cache.find(SHARD, 3000, 4000) == chunk(3)
    [path] = files_of(tmp_path)
    os.truncate(path, kept_bytes)
    for each in (cache, ChunkCache(tmp_path, 10**6)):  # one that has the file open, and one that comes later
        assert [each.find(SHARD, s, s + 1000) is not None for s in (0, 1000, 3000)] == [
            kept_bytes >= s + 1000 for s in (0, 1000, 3000)
        ]
    cache.keep(SHARD, 3000, chunk(3))
    assert cache.find(SHARD, 3000, 4000) == chunk(3)


def test_a_bit_that_flipped_is_found_each_time(tmp_path: Path) -> None:
    cache = filled(tmp_path)
    assert cache.find(SHARD, 1000, 2000) == chunk(1)
    [path] = files_of(tmp_path)
    content = bytearray(path.read_bytes())
    content[1234] ^= 4
    path.write_bytes(content)
    assert cache.find(SHARD, 1000, 2000) is None
    assert cache.find(SHARD, 0, 1000) == chunk(0)


def test_a_damaged_chunk_is_not_kept(tmp_path: Path) -> None:
    cache = ChunkCache(tmp_path, 10**6)
    for damaged in (chunk(1)[:-1] + b"x", chunk(1)[:500]):
        cache.keep(SHARD, 0, damaged)
    assert files_of(tmp_path) == []


def test_what_was_used_least_recently_goes_at_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunk_cache, "_NOTED_EVERY_S", 0.0)
    cache = ChunkCache(tmp_path, 50 * BLOCK)
    for number in range(100):
        cache.keep(shard_of(number), 0, chunk(number))
        for age, path in enumerate(sorted(files_of(tmp_path), key=lambda path: path.stat().st_mtime_ns)):
            os.utime(path, ns=(age, age))  # as if each had been written a while after the other
        assert cache.find(shard_of(0), 0, 1000) == chunk(0)  # was used all the time, and stays
        assert disk_bytes(tmp_path) <= 50 * BLOCK
    assert {path.name for path in files_of(tmp_path)} == {shard_of(n) for n in (0, *range(55, 100))}


def test_use_is_noted_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = filled(tmp_path)
    [path] = files_of(tmp_path)
    seen = []
    for now_s in (100.0, 109.0, 111.0, 112.0, 130.0):
        monkeypatch.setattr(time, "monotonic", lambda now_s=now_s: now_s)
        os.utime(path, ns=(0, 0))
        cache.find(SHARD, 0, 1000)
        seen.append(path.stat().st_mtime_ns > 0)
    assert seen == [True, False, True, False, True]


def test_what_another_process_removes_leaves_nothing_behind_with_who_has_it_open(tmp_path: Path) -> None:
    mine, theirs = filled(tmp_path), ChunkCache(tmp_path, BLOCK)
    assert mine.find(SHARD, 0, 1000) == chunk(0)
    theirs.keep("cd" * 32, 0, chunk(5))  # looks at what is there before, and removes it all
    assert [path.name for path in files_of(tmp_path)] == ["cd" * 32]
    assert os.fstat(mine._files[SHARD]._descriptor).st_blocks == 0
    assert mine.find(SHARD, 0, 1000) is None
    mine.keep(SHARD, 0, chunk(0))
    assert theirs.find(SHARD, 0, 1000) == mine.find(SHARD, 0, 1000) == chunk(0)


def test_files_of_versions_before_count_and_go(tmp_path: Path) -> None:
    before = tmp_path / "ab" / f"{SHARD}-0-1000"
    ChunkCache(tmp_path, 10**6)
    before.parent.mkdir()
    before.write_bytes(chunk(1))
    ChunkCache(tmp_path, BLOCK).keep(SHARD, 0, chunk(1))
    assert [path.name for path in files_of(tmp_path)] == [SHARD]


def test_few_files_stay_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunk_cache, "_FILES_KEPT_OPEN", 3)
    cache = ChunkCache(tmp_path, 10**6)
    for number in range(10):
        cache.keep(shard_of(number), 0, chunk(number))
    before = len(os.listdir("/proc/self/fd"))
    assert [cache.find(shard_of(n), 0, 1000) for n in range(10)] == [chunk(n) for n in range(10)]
    assert len(os.listdir("/proc/self/fd")) == before + 3
    assert list(cache._files) == [shard_of(n) for n in (7, 8, 9)]


def test_a_folder_of_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").touch()
    for folder in (tmp_path, tmp_path / "photo.jpg"):
        with pytest.raises(Problem, match=r"^--cache .*: holds other things"):
            ChunkCache(folder, 10**6)
