"""Seals: a file that carries the SHA-256 of itself, so that a flipped bit is found before its content is used.

The digest is taken with zeros in its place: it covers every byte, what the file says of itself too, and no second file
can get lost. It finds damage; it doesn't prove who wrote the file.
"""

from __future__ import annotations

import hashlib
import json
import mmap
from pathlib import Path

from bgfg.data_manifests.files.regular_file import open_regular

# Key of the digest in the metadata of a safetensors file, and what stands before it there.
SEAL_KEY = "bgfg_sha256"
SAFETENSORS_MARK = f'"{SEAL_KEY}":"'.encode()

# What stands in the place of the digest while it is taken.
UNSEALED = "0" * 64

# A safetensors file begins with the length of its header in so many bytes, little-endian.
_LENGTH_BYTES = 8

# More than what stands before the numbers of a file, where the mark is: of safetensors at most 100 MB.
_MOST_HEAD_BYTES = 2**27


def seal(content: bytes, mark: bytes) -> bytes:
    """Return a file's content with its digest in the place of UNSEALED.

    Args:
        content: The content, with UNSEALED after the mark.
        mark: What stands right before the digest, and not before that already.
    """
    place = content.index(mark + UNSEALED.encode()) + len(mark)
    digest = hashlib.sha256(content).hexdigest().encode()
    return b"".join((content[:place], digest, content[place + len(digest) :]))


def seal_safetensors(content: bytes) -> bytes:
    """Return what safetensors serialised, sealed, the same bytes for the same tensors and metadata.

    safetensors 0.8 writes metadata in the order of a hash table, another one each time; here it is that of their keys.

    Args:
        content: Its bytes, with UNSEALED under SEAL_KEY of the metadata.
    """
    length = int.from_bytes(content[:_LENGTH_BYTES], "little")
    header = json.loads(content[_LENGTH_BYTES : _LENGTH_BYTES + length])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % _LENGTH_BYTES)  # so that the tensors stay aligned
    tensors = memoryview(content)[_LENGTH_BYTES + length :]
    return seal(b"".join((len(text).to_bytes(_LENGTH_BYTES, "little"), text, tensors)), SAFETENSORS_MARK)


def holds_seal(path: Path, mark: bytes) -> bool | None:
    """Say whether a file is what was sealed; None where it has no seal, as files of before have none.

    A seal whose own mark is damaged counts as none: where that is all the damage, what is read is whole.
    """
    with open_regular(path) as file:
        if not path.stat().st_size:
            return None
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content, memoryview(content) as view:
            start = content.find(mark, 0, _MOST_HEAD_BYTES)
            if start < 0:
                return None
            place, end = start + len(mark), start + len(mark) + len(UNSEALED)
            digest = hashlib.sha256(view[:place])
            digest.update(UNSEALED.encode())
            digest.update(view[end:])
            return digest.hexdigest().encode() == bytes(view[place:end])
