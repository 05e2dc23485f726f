"""Zarr v3 shards, written block by block and read back chunk by chunk, without Zarr.

Source: the Zarr v3 codec `sharding_indexed`, index at the end, and the codecs `zstd` and `crc32c`. The shard is never
in memory whole, and every byte of it is hashed as it is written.
"""

from __future__ import annotations

import hashlib
import os
import threading
import weakref
from pathlib import Path
from typing import BinaryIO, Protocol

import google_crc32c
import numpy as np
import zstandard
from numpy.typing import NDArray

from bgfg.data_manifests.files.regular_file import UnfitFile, open_descriptor

# Level 1 with a window that reaches from one placement of a cut-out to the next, up to a megabyte on, and a table that
# finds it there. A target length above 0 leaves literals as they are: pixels that match nothing are noise, of which
# Huffman's code saves 4 % of a block, and it takes a third of the time to decode. Matches have 7 bytes at least: 1 %
# larger than with 6, an eighth faster to decode, and no slower to find. The frames are plain zstd; metadata declares
# them by their level.
ZSTD_LEVEL = 1
WINDOW_LOG = 20
_PARAMETERS = zstandard.ZstdCompressionParameters.from_level(
    ZSTD_LEVEL, window_log=WINDOW_LOG, hash_log=15, min_match=7, target_length=1
)

# Images have most of the bytes. With half the table, and one place in three passed over where nothing matches, they are
# 2 % larger and found a fifth faster; depth would be 9 % larger for 7 %.
_IMAGE_PARAMETERS = zstandard.ZstdCompressionParameters.from_level(
    ZSTD_LEVEL, window_log=WINDOW_LOG, hash_log=14, min_match=7, target_length=2
)
_IMAGE_AXES = 4

_INDEX_ENTRY = np.dtype("<u8")
_NO_CHUNK = 2**64 - 1  # offset and size of a chunk that isn't stored
CHECKSUM_BYTES = 4
_RESIDUE = 0x48674BC7  # the crc32c of any bytes with their own crc32c after them


# A photograph alone repeats next to nothing, its noise least of all: where nothing matches, places are passed over
# much faster, in a table that stays in the processor's caches. It is found in a third of the time, and an eighth to a
# fifth larger. The table of single masks and depth maps is smaller too, and every second place passed over: masks have
# the same size, depth maps 5 % more.
_SINGLE_PARAMETERS, _SINGLE_IMAGE_PARAMETERS = (
    zstandard.ZstdCompressionParameters.from_level(
        ZSTD_LEVEL, window_log=18, hash_log=12, min_match=min_match, target_length=target_length
    )
    for min_match, target_length in ((7, 2), (6, 32))
)


class ChunkEncoder:
    """Encodes chunks: zstd, then the crc32c of the frame. Not for use by two threads at once."""

    def __init__(self, are_single: bool = False) -> None:
        """Prepare for chunks of several samples each, or of single ones that weren't composed here."""
        single, several = (_SINGLE_PARAMETERS, _SINGLE_IMAGE_PARAMETERS), (_PARAMETERS, _IMAGE_PARAMETERS)
        of_others, of_images = single if are_single else several
        self._compressor = zstandard.ZstdCompressor(compression_params=of_others)
        self._image_compressor = zstandard.ZstdCompressor(compression_params=of_images)

    def encode(self, pixels: NDArray) -> bytes:
        """Encode a C-contiguous array, already in stored order, as one chunk."""
        compressor = self._image_compressor if pixels.ndim == _IMAGE_AXES else self._compressor
        return with_checksum(compressor.compress(pixels.data))


class ShardWriter:
    """Appends chunks to a binary file in their order in the shard; `finish` writes the index.

    Attributes:
        size_bytes: How many bytes were written so far.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._encoder = ChunkEncoder()
        self._entries: list[tuple[int, int]] = []
        self._hash = hashlib.sha256()
        self.size_bytes = 0

    def append(self, pixels: NDArray) -> None:
        """Encode and append one chunk: a C-contiguous array, already in stored order."""
        self.append_chunk(self._encoder.encode(pixels))

    def append_chunk(self, chunk: bytes | memoryview) -> None:
        """Append one chunk that is encoded already, its checksum at its end."""
        self._entries.append((self.size_bytes, len(chunk)))
        self._write(chunk)

    def finish(self, chunks: int) -> None:
        """Write the index, of so many chunks: those that weren't appended are empty. Nothing can be appended after."""
        entries = [*self._entries, *[(_NO_CHUNK, _NO_CHUNK)] * (chunks - len(self._entries))]
        index = np.array(entries, _INDEX_ENTRY).tobytes()
        self._write(with_checksum(index))

    @property
    def sha256(self) -> str:
        """The hex SHA-256 of all that was written."""
        return self._hash.hexdigest()

    def _write(self, data: bytes | memoryview) -> None:
        self._file.write(data)
        self._hash.update(data)
        self.size_bytes += len(data)


class DamagedShard(ValueError):
    """A shard whose bytes contradict its own checksums; the message names the chunk."""


class StoredBytes(Protocol):
    """The bytes of a shard on any storage; several threads may read ranges of them at once.

    Attributes:
        size_bytes: How many bytes there are.
    """

    size_bytes: int

    def read(self, start: int, stop: int) -> bytes:
        """Return the bytes from `start` to before `stop`, fewer where they end earlier."""

    def kept(self, start: int, stop: int) -> bytes | None:
        """Return a chunk that a cache has, its checksum verified; None where it is to be read."""


def index_size_bytes(chunks: int) -> int:
    """Return the size of the index at the end of a shard of so many chunks."""
    return chunks * 2 * _INDEX_ENTRY.itemsize + CHECKSUM_BYTES


class FileBytes:
    """The bytes of a file, which stays open for as long as this object lives.

    Raises FileNotFoundError where there is no such file, DamagedShard where something else is in its place.

    Attributes:
        size_bytes: Size of the file.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._descriptor = open_descriptor(path)
        except UnfitFile as error:
            raise DamagedShard(str(error)) from error
        weakref.finalize(self, os.close, self._descriptor)
        self.size_bytes = os.fstat(self._descriptor).st_size

    def read(self, start: int, stop: int) -> bytes:
        """Return the bytes from `start` to before `stop`, fewer where they end earlier."""
        return os.pread(self._descriptor, stop - start, start)

    def kept(self, start: int, stop: int) -> None:
        """Return None: files need no cache."""


class ShardReader:
    """Reads the chunks of one shard and checks each against its checksum; several threads may share it."""

    def __init__(self, stored: Path | StoredBytes, chunks: int) -> None:
        """Read the index of a shard.

        Args:
            stored: The shard's bytes, or the path of its file.
            chunks: How many chunks it holds.

        Raises:
            DamagedShard: The index is damaged.
            FileNotFoundError: There is no such file.
        """
        self._stored = FileBytes(stored) if isinstance(stored, Path) else stored
        tail_bytes = index_size_bytes(chunks)
        size_bytes = self._stored.size_bytes
        if size_bytes < tail_bytes:
            raise DamagedShard(f"{size_bytes} bytes are too few for an index of {chunks} chunks")
        tail = self._stored.read(size_bytes - tail_bytes, size_bytes)
        if google_crc32c.value(tail) != _RESIDUE:
            raise DamagedShard("the index at its end doesn't match its checksum")
        self._index = np.frombuffer(tail[:-CHECKSUM_BYTES], _INDEX_ENTRY).reshape(chunks, 2).tolist()

    def read(self, chunk: int, stored_shape: tuple[int, ...], dtype: np.dtype) -> NDArray:
        """Decode one chunk into a new array of the stored order.

        Raises:
            DamagedShard: The chunk is damaged.
        """
        return self.read_into(chunk, np.empty(stored_shape, dtype))

    def read_into(self, chunk: int, pixels: NDArray) -> NDArray:
        """Decode one chunk into an array of the stored order, C-contiguous, and return that.

        Raises:
            DamagedShard: The chunk is damaged.
        """
        self.decode(chunk, self.frame(chunk), pixels)
        return pixels

    def frame(self, chunk: int) -> memoryview:
        """Return the zstd frame of one chunk, its checksum verified and taken off.

        Raises:
            DamagedShard: The chunk is damaged.
        """
        kept = self.kept_frame(chunk)
        return verified_frame(f"chunk {chunk}", self._stored.read(*self._bounds(chunk))) if kept is None else kept

    def kept_frame(self, chunk: int) -> memoryview | None:
        """Return what `frame` does where a cache has it, without waiting for anything; None where none has.

        Raises:
            DamagedShard: There is no such chunk.
        """
        data = self._stored.kept(*self._bounds(chunk))
        return None if data is None else memoryview(data)[:-CHECKSUM_BYTES]

    def decode(self, chunk: int, frame: memoryview, pixels: NDArray) -> None:
        """Decode the frame of one chunk.

        Args:
            chunk: Number of the chunk, for the message.
            frame: What `frame` returned for it.
            pixels: Where its pixels go, all of it: C-contiguous and of the stored order.

        Raises:
            DamagedShard: The frame doesn't hold an array of that size.
        """
        decode_frame(f"chunk {chunk}", frame, pixels)

    def _bounds(self, chunk: int) -> tuple[int, int]:
        """Return where a chunk begins in the shard, and where it ends."""
        offset, size = self._index[chunk]
        if offset + size > self._stored.size_bytes:
            raise DamagedShard(f"chunk {chunk} is missing or lies outside the file")
        return offset, offset + size


def verified_frame(name: str, data: bytes) -> memoryview:
    """Return the zstd frame of a stored chunk, its checksum verified and taken off.

    Args:
        name: What the chunk is called, for the message.
        data: Its bytes.

    Raises:
        DamagedShard: They don't match their checksum.
    """
    if google_crc32c.value(data) != _RESIDUE:
        raise DamagedShard(f"{name} doesn't match its checksum")
    return memoryview(data)[:-CHECKSUM_BYTES]


def decode_frame(name: str, frame: memoryview, pixels: NDArray) -> None:
    """Decode the frame of a chunk.

    Args:
        name: What the chunk is called, for the message.
        frame: What `verified_frame` returned for it.
        pixels: Where its pixels go, all of it: C-contiguous and of the stored order.

    Raises:
        DamagedShard: The frame doesn't hold an array of that size.
    """
    try:
        size_bytes = zstandard.frame_content_size(frame)
        if size_bytes != pixels.nbytes:
            raise ValueError(f"it holds {size_bytes} bytes")
        # The whole frame and room for all of it at once: zstd decodes it in place, without a buffer in between.
        with _decompressor().stream_reader(frame) as reader:
            if reader.readinto(pixels.reshape(-1).view(np.uint8).data) != size_bytes:
                raise ValueError("its frame ends early")
    except (zstandard.ZstdError, ValueError) as error:
        raise DamagedShard(f"{name} isn't a block of shape {pixels.shape}: {error}") from error


_of_thread = threading.local()


def _decompressor() -> zstandard.ZstdDecompressor:
    """Return the thread's own decompressor; making one takes as long as decoding half a mask."""
    if not hasattr(_of_thread, "decompressor"):
        _of_thread.decompressor = zstandard.ZstdDecompressor()
    found: zstandard.ZstdDecompressor = _of_thread.decompressor
    return found


def checksummed(buffer: NDArray[np.uint8], size: int) -> memoryview:
    """Return the first bytes of a buffer, which has room for it, with their crc32c after them."""
    checksum = int(google_crc32c.value(buffer[:size])).to_bytes(CHECKSUM_BYTES, "little")
    buffer.data[size : size + CHECKSUM_BYTES] = checksum
    return buffer.data[: size + CHECKSUM_BYTES]


def with_checksum(data: bytes) -> bytes:
    """Return bytes with their crc32c after them."""
    return data + int(google_crc32c.value(data)).to_bytes(CHECKSUM_BYTES, "little")
