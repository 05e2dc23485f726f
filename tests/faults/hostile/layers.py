"""Layers of files: what lies behind a digest, a checksum, a compression or a header that says how long it is."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable

import google_crc32c

from bgfg.data_manifests.files.seal import UNSEALED, seal
from tests.faults.hostile.readers import PLAIN, Layer

_PNG_SIGNATURE_BYTES, _TAR_BLOCK_BYTES = 8, 512


def sealed_json(key: str, digest: Callable[[dict[str, object]], str]) -> Layer:
    """Return the layer of JSON that holds its own digest under a key."""

    def take(whole: bytes) -> bytes:
        content = json.loads(whole)
        del content[key]
        return json.dumps(content).encode()

    def put(_: bytes, inner: bytes) -> bytes:
        try:
            content = json.loads(inner)
            return json.dumps(content | {key: digest(content)}).encode()
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return inner

    return Layer(take, put)


def checked_png() -> Layer:
    """Return the layer of a PNG whose chunks have the right checksums, as far as their lengths lead to them."""

    def put(_: bytes, inner: bytes) -> bytes:
        mended, start = bytearray(inner), _PNG_SIGNATURE_BYTES
        while start + 12 <= len(mended):
            length = int.from_bytes(mended[start : start + 4], "big")
            end = start + 8 + length
            if end + 4 > len(mended):
                break
            mended[end : end + 4] = zlib.crc32(mended[start + 4 : end]).to_bytes(4, "big")
            start = end + 4
        return bytes(mended)

    return Layer(PLAIN.take, put)


def inflated_png() -> Layer:
    """Return the layer of the filtered rows of a PNG, behind its compression and checksums."""

    def take(whole: bytes) -> bytes:
        return zlib.decompress(b"".join(data for kind, data in _chunks(whole) if kind == b"IDAT"))

    def put(whole: bytes, inner: bytes) -> bytes:
        written, new = [whole[:_PNG_SIGNATURE_BYTES]], zlib.compress(inner)
        for kind, data in _chunks(whole):
            if kind == b"IDAT":
                data, new = new, b""
                if not data:
                    continue
            written.append(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))
        return b"".join(written)

    return Layer(take, put)


def _chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    found, start = [], _PNG_SIGNATURE_BYTES
    while start < len(png):
        length = int.from_bytes(png[start : start + 4], "big")
        found.append((png[start + 4 : start + 8], png[start + 8 : start + 8 + length]))
        start += 12 + length
    return found


def zip_member(name: str) -> Layer:
    """Return the layer of a member of a zip, whose own checksums and sizes are right."""

    def take(whole: bytes) -> bytes:
        with zipfile.ZipFile(io.BytesIO(whole)) as archive:
            return archive.read(name)

    def put(whole: bytes, inner: bytes) -> bytes:
        sink = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(whole)) as before, zipfile.ZipFile(sink, "w") as after:
            for info in before.infolist():
                after.writestr(info, inner if info.filename == name else before.read(info))
        return sink.getvalue()

    return Layer(take, put)


def checked_tar() -> Layer:
    """Return the layer of a tar file whose headers have the right checksums."""

    def put(_: bytes, inner: bytes) -> bytes:
        mended = bytearray(inner)
        for start in range(0, len(mended) - _TAR_BLOCK_BYTES + 1, _TAR_BLOCK_BYTES):
            if mended[start + 257 : start + 262] == b"ustar":
                mended[start + 148 : start + 156] = b" " * 8
                total = sum(mended[start : start + _TAR_BLOCK_BYTES])
                mended[start + 148 : start + 156] = b"%06o\0 " % total
        return bytes(mended)

    return Layer(PLAIN.take, put)


def parquet_footer() -> Layer:
    """Return the layer of the description at the end of a Parquet file."""

    def start_of(whole: bytes) -> int:
        return len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")

    def put(whole: bytes, inner: bytes) -> bytes:
        return whole[: start_of(whole)] + inner + len(inner).to_bytes(4, "little") + whole[-4:]

    return Layer(lambda whole: whole[start_of(whole) : -8], put)


def safetensors_header(mark: bytes | None = None) -> Layer:
    """Return the layer of the JSON before tensors; where there is a mark, of a file that is sealed again after it."""

    def length(whole: bytes) -> int:
        return int.from_bytes(whole[:8], "little")

    def put(whole: bytes, inner: bytes) -> bytes:
        return resealed(len(inner).to_bytes(8, "little") + inner + whole[8 + length(whole) :], mark)

    return Layer(lambda whole: whole[8 : 8 + length(whole)], put)


def sealed(mark: bytes) -> Layer:
    """Return the layer of a file that is sealed again after it was damaged."""
    return Layer(PLAIN.take, lambda _, inner: resealed(inner, mark))


def resealed(content: bytes, mark: bytes | None) -> bytes:
    """Return a content with the right digest after its mark, as it is where there is no mark in it."""
    place = content.find(mark) if mark else -1
    if not mark or place < 0 or len(content) < place + len(mark) + len(UNSEALED):
        return content
    start = place + len(mark)
    return seal(content[:start] + UNSEALED.encode() + content[start + len(UNSEALED) :], mark)


def json_in_header(key: str, mark: bytes | None = None) -> Layer:
    """Return the layer of JSON that is a text of the metadata of safetensors."""
    header = safetensors_header(mark)

    def take(whole: bytes) -> bytes:
        text: str = json.loads(header.take(whole))["__metadata__"][key]
        return text.encode()

    def put(whole: bytes, inner: bytes) -> bytes:
        content = json.loads(header.take(whole))
        content["__metadata__"][key] = inner.decode(errors="replace")
        return header.put(whole, json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode())

    return Layer(take, put)


def checked_chunk(chunks: int) -> Layer:
    """Return the layer of the first frame of a shard of so many chunks, with its checksums and the index set right.

    No chunks: the file is one chunk, without an index.
    """
    index_bytes = 16 * chunks + 4 if chunks else 0

    def take(whole: bytes) -> bytes:
        size = int.from_bytes(whole[-index_bytes:][8:16], "little") if chunks else len(whole)
        return whole[: size - 4]

    def put(whole: bytes, inner: bytes) -> bytes:
        frame = inner + _crc32c(inner)
        if not chunks:
            return frame
        old = len(take(whole)) + 4
        entries = [int.from_bytes(whole[-index_bytes:][i : i + 8], "little") for i in range(0, 16 * chunks, 8)]
        grown = len(frame) - old
        starts, sizes = [n + grown if n else 0 for n in entries[::2]], [len(frame), *entries[3::2]]
        index = b"".join(n.to_bytes(8, "little") for pair in zip(starts, sizes, strict=True) for n in pair)
        return frame + whole[old:-index_bytes] + index + _crc32c(index)

    return Layer(take, put)


def checked_index(chunks: int) -> Layer:
    """Return the layer of the index at the end of a shard, with its checksum set right."""
    index_bytes = 16 * chunks

    def put(whole: bytes, inner: bytes) -> bytes:
        return whole[: -index_bytes - 4] + inner + _crc32c(inner)

    return Layer(lambda whole: whole[-index_bytes - 4 : -4], put)


def _crc32c(data: bytes) -> bytes:
    return int(google_crc32c.value(data)).to_bytes(4, "little")
