"""Chunks are kept whole or not at all, within a limit, for whoever shares the folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bgfg.data_manifests.objects.chunk_cache import ChunkCache
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.shard import with_checksum

SHARD = "ab" * 32


def chunk(number: int, size: int = 1000) -> bytes:
    return with_checksum(bytes([number % 256]) * (size - 4))


def absent() -> bytes:
    raise AssertionError("was to be read from the cache")


def given(data: bytes) -> Callable[[], bytes]:
    return lambda: data


def chunks_of(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*-*-*") if path.is_file()]


def test_a_chunk_is_fetched_once_by_all_who_share_the_folder(tmp_path: Path) -> None:
    first, second = (ChunkCache(tmp_path / "cache", 10**6) for _ in range(2))
    assert first.read(SHARD, 0, 1000, given(chunk(1))) == chunk(1)
    assert second.read(SHARD, 0, 1000, absent) == chunk(1)
    assert second.read(SHARD, 1000, 2000, given(chunk(2))) == chunk(2)
    assert second.read("cd" * 32, 0, 1000, given(chunk(3))) == chunk(3)
    assert [(each.hits, each.misses) for each in (first, second)] == [(0, 1), (1, 2)]


@pytest.mark.parametrize("damage", [b"", b"torn", chunk(1)[:-1] + b"x", chunk(1) + b"longer"])
def test_what_a_power_cut_left_is_fetched_again(tmp_path: Path, damage: bytes) -> None:
    cache = ChunkCache(tmp_path, 10**6)
    cache.read(SHARD, 0, 1000, given(chunk(1)))
    [path] = chunks_of(tmp_path)
    path.write_bytes(damage)
    assert cache.read(SHARD, 0, 1000, given(chunk(1))) == chunk(1)
    assert cache.read(SHARD, 0, 1000, absent) == chunk(1)


def test_a_damaged_chunk_is_not_kept(tmp_path: Path) -> None:
    cache = ChunkCache(tmp_path, 10**6)
    for damaged in (chunk(1)[:-1] + b"x", chunk(1)[:500]):
        assert cache.read(SHARD, 0, 1000, given(damaged)) == damaged
    assert chunks_of(tmp_path) == []


def test_what_was_used_least_recently_goes_at_the_limit(tmp_path: Path) -> None:
    cache = ChunkCache(tmp_path, 50_000)
    for number in range(100):
        cache.read(SHARD, number, number + 1000, given(chunk(number)))
        for age, path in enumerate(sorted(chunks_of(tmp_path), key=lambda path: path.stat().st_mtime_ns)):
            os.utime(path, ns=(age, age))  # as if each had been written a while after the other
        assert cache.read(SHARD, 0, 1000, given(chunk(0))) == chunk(0)
        assert sum(path.stat().st_size for path in chunks_of(tmp_path)) <= 50_000
    assert cache.misses == 100  # the first was used all the time, and stayed
    assert len(chunks_of(tmp_path)) >= 40


def test_a_folder_of_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").touch()
    for folder in (tmp_path, tmp_path / "photo.jpg"):
        with pytest.raises(Problem, match=r"^--cache .*: holds other things"):
            ChunkCache(folder, 10**6)
