"""Shards: written here, read by others; damage is named."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import zarr
from zarr.codecs import BytesCodec, Crc32cCodec, ShardingCodec, TransposeCodec, ZstdCodec

from bgfg.synth.store.shard import DamagedShard, ShardReader, ShardWriter

CHUNKS, K, H, W = 3, 5, 13, 17
PIXELS = np.random.default_rng(0).integers(0, 256, (CHUNKS * K, H, W, 3), dtype=np.uint8)


def write_shard(path: Path) -> str:
    with path.open("wb") as file:
        writer = ShardWriter(file)
        for chunk in range(CHUNKS):
            block = PIXELS[chunk * K : (chunk + 1) * K]
            writer.append(np.ascontiguousarray(block.transpose(1, 0, 2, 3)))
        writer.finish(CHUNKS)
    assert writer.size_bytes == path.stat().st_size
    return writer.sha256


def test_zarr_reads_what_the_writer_wrote(tmp_path: Path) -> None:
    sharding = ShardingCodec(
        chunk_shape=(K, H, W, 3),
        codecs=[TransposeCodec(order=(1, 0, 2, 3)), BytesCodec(), ZstdCodec(level=1), Crc32cCodec()],
    )
    array = zarr.create_array(
        tmp_path / "a.zarr", shape=PIXELS.shape, chunks=PIXELS.shape, dtype="u1", serializer=sharding, compressors=None
    )
    (tmp_path / "a.zarr/c/0/0/0").mkdir(parents=True)
    sha256 = write_shard(tmp_path / "a.zarr/c/0/0/0/0")
    assert np.array_equal(array[:], PIXELS)
    assert sha256 == hashlib.sha256((tmp_path / "a.zarr/c/0/0/0/0").read_bytes()).hexdigest()


def test_the_reader_reads_it_back(tmp_path: Path) -> None:
    write_shard(tmp_path / "shard")
    reader = ShardReader(tmp_path / "shard", CHUNKS)
    blocks = [reader.read(c, (H, K, W, 3), PIXELS.dtype).transpose(1, 0, 2, 3) for c in range(CHUNKS)]
    assert np.array_equal(np.concatenate(blocks), PIXELS)


def test_any_flipped_byte_is_found(tmp_path: Path) -> None:
    write_shard(tmp_path / "shard")
    whole = (tmp_path / "shard").read_bytes()
    for position in [*range(0, len(whole), 97), *range(len(whole) - CHUNKS * 16 - 4, len(whole))]:
        damaged = bytearray(whole)
        damaged[position] ^= 0x40
        (tmp_path / "damaged").write_bytes(damaged)
        with pytest.raises(DamagedShard, match=r"chunk \d|index"):
            read_all(tmp_path / "damaged")


@pytest.mark.parametrize("size", [0, 10, 51, 52, 1_000])
def test_a_truncated_shard_is_found(tmp_path: Path, size: int) -> None:
    write_shard(tmp_path / "shard")
    (tmp_path / "shard").write_bytes((tmp_path / "shard").read_bytes()[:size])
    with pytest.raises(DamagedShard):
        read_all(tmp_path / "shard")


def read_all(path: Path) -> None:
    reader = ShardReader(path, CHUNKS)
    for chunk in range(CHUNKS):
        reader.read(chunk, (H, K, W, 3), PIXELS.dtype)


def test_a_chunk_is_decoded_into_memory_that_is_given(tmp_path: Path) -> None:
    write_shard(tmp_path / "shard")
    reader = ShardReader(tmp_path / "shard", CHUNKS)
    block = np.full((H, K, W, 3), 7, np.uint8)
    for chunk in (2, 0):
        reader.decode(chunk, reader.frame(chunk), block)
        assert np.array_equal(block.transpose(1, 0, 2, 3), PIXELS[chunk * K : (chunk + 1) * K])
    for wrong in (block[:-1].copy(), np.empty((H + 1, K, W, 3), np.uint8), np.empty((H, K, W), np.uint16)):
        with pytest.raises(DamagedShard, match=r"chunk 1 isn't a block of shape .*: it holds 3315 bytes"):
            reader.decode(1, reader.frame(1), wrong)


def test_a_frame_that_is_cut_or_none_is_found(tmp_path: Path) -> None:
    write_shard(tmp_path / "shard")
    reader = ShardReader(tmp_path / "shard", CHUNKS)
    frame = bytes(reader.frame(0))
    for wrong in (frame[:-7], frame[:12], b"\0" * 40):
        with pytest.raises(DamagedShard, match=r"chunk 0 isn't a block"):
            reader.decode(0, memoryview(wrong), np.empty((H, K, W, 3), np.uint8))


def test_bytes_of_any_store_can_be_read(tmp_path: Path) -> None:
    write_shard(tmp_path / "shard")

    class Held:
        data = (tmp_path / "shard").read_bytes()
        size_bytes = len(data)

        def read(self, start: int, stop: int) -> bytes:
            return self.data[start:stop]

        def kept(self, start: int, stop: int) -> None:
            pass

    pixels = ShardReader(Held(), CHUNKS).read(1, (H, K, W, 3), PIXELS.dtype)
    assert np.array_equal(pixels.transpose(1, 0, 2, 3), PIXELS[K : 2 * K])
