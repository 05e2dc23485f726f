"""Check that a PNG file isn't cut short: decoders take a file for whole as soon as they have all its pixels."""

from __future__ import annotations

from pathlib import Path

from bgfg.data_manifests.files.regular_file import open_regular

_SIGNATURE_BYTES = 8
_LENGTH_AND_TYPE_BYTES = 8
_CHECKSUM_BYTES = 4


def is_complete_png(path: Path) -> bool:
    """Walk the chunks of a PNG file that could be decoded, and say whether the last one, IEND, is there whole."""
    with open_regular(path) as file:
        file.seek(_SIGNATURE_BYTES)
        while len(head := file.read(_LENGTH_AND_TYPE_BYTES)) == _LENGTH_AND_TYPE_BYTES:
            rest_bytes = int.from_bytes(head[:4], "big") + _CHECKSUM_BYTES
            if head[4:] == b"IEND":
                return len(file.read(_CHECKSUM_BYTES)) == _CHECKSUM_BYTES
            file.seek(rest_bytes, 1)
    return False
