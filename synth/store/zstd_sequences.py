"""Frames of zstd from matches that are known already, by the library that zstandard's wheels carry.

Source: `ZSTD_compressSequencesAndLiterals` of zstd 1.5.7, an experimental part of its API that no Python binding has:
it is called through ctypes, in the versions whose header says what is used here. Its frames are standard ones.
"""

from __future__ import annotations

import ctypes
import importlib.util
import weakref
from functools import cache

import numpy as np
import zstandard
from numpy.typing import NDArray

from bgfg.synth.store.shard import CHECKSUM_BYTES, WINDOW_LOG, ZSTD_LEVEL, checksummed

WINDOW_BYTES = 1 << WINDOW_LOG
BLOCK_BYTES = 1 << 17  # zstd's own limit

# zstd reads literals in steps of 16 bytes.
SPARE_LITERALS = 16

# The header's struct: bytes back (0 ends a block), literals before the match, its length, and what is left 0 here.
SEQUENCE = np.dtype([("offset", "=u4"), ("literals", "=u4"), ("length", "=u4"), ("repeat_code", "=u4")])

# Numbers of parameters and errors: their names in zstd.h, and the value that they get.
_VERSIONS = range(10507, 10600)
_PARAMETERS = {
    100: ZSTD_LEVEL,  # ZSTD_c_compressionLevel
    101: WINDOW_LOG,  # ZSTD_c_windowLog
    105: 3,  # ZSTD_c_minMatch: room for as many sequences as there can be
    1002: 2,  # ZSTD_c_literalCompressionMode: as they are, for the same reason as in images that are searched
    1008: 1,  # ZSTD_c_blockDelimiters: they are among the sequences
    1016: 1,  # ZSTD_c_repcodeResolution: offsets that came just before take less than a byte
}
_UNCOMPRESSIBLE = 49  # ZSTD_error_cannotProduce_uncompressedBlock


@cache
def library() -> ctypes.CDLL | None:
    """Return zstd's library, None where no known version of it can be called: other wheels may hide its functions."""
    spec = importlib.util.find_spec("zstandard._cffi")
    if spec is None or spec.origin is None:
        return None
    try:
        found = ctypes.CDLL(spec.origin)
        if found.ZSTD_versionNumber() not in _VERSIONS:
            return None
        size, pointer = ctypes.c_size_t, ctypes.c_void_p
        for name, result, arguments in (
            ("ZSTD_createCCtx", pointer, []),
            ("ZSTD_freeCCtx", size, [pointer]),
            ("ZSTD_CCtx_setParameter", size, [pointer, ctypes.c_int, ctypes.c_int]),
            ("ZSTD_compressBound", size, [size]),
            ("ZSTD_isError", ctypes.c_uint, [size]),
            ("ZSTD_getErrorCode", ctypes.c_int, [size]),
            ("ZSTD_getErrorName", ctypes.c_char_p, [size]),
            ("ZSTD_compressSequencesAndLiterals", size, [pointer] * 2 + [size, pointer, size, pointer] + [size] * 3),
        ):
            function = getattr(found, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError):
        return None
    return found


class SequenceEncoder:
    """Encodes chunks whose sequences are known. Not for use by two threads at once."""

    def __init__(self, zstd: ctypes.CDLL, most_bytes: int) -> None:
        """Prepare for chunks of at most `most_bytes` pixels' bytes.

        Args:
            zstd: What `library` found.
            most_bytes: Size of the largest chunk, before it is encoded.
        """
        self._zstd = zstd
        self._context = zstd.ZSTD_createCCtx()
        if not self._context:
            raise MemoryError("no memory for a context of zstd")
        weakref.finalize(self, zstd.ZSTD_freeCCtx, self._context)
        for parameter, value in _PARAMETERS.items():
            self._checked(zstd.ZSTD_CCtx_setParameter(self._context, parameter, value))
        self._frame = np.empty(zstd.ZSTD_compressBound(most_bytes) + CHECKSUM_BYTES, np.uint8)
        self._frame_at = self._frame.ctypes.data

    def encode(self, sequences: NDArray[np.void], literals: NDArray[np.uint8], size_bytes: int) -> memoryview | None:
        """Encode a chunk.

        Args:
            sequences: (n,) of SEQUENCE; each block of at most BLOCK_BYTES ends with one of offset 0. They are not
                checked: what they say is what the frame holds.
            literals: (m + SPARE_LITERALS,) uint8, the literals one after the other.
            size_bytes: Size of the chunk before it is encoded.

        Returns:
            The chunk with its checksum, there until the next call; None where a block of it isn't any smaller encoded.

        Raises:
            zstandard.ZstdError: zstd refuses it, with its reason.
        """
        size = self._zstd.ZSTD_compressSequencesAndLiterals(
            self._context, self._frame_at, self._frame.nbytes, sequences.ctypes.data, len(sequences),
            literals.ctypes.data, literals.nbytes - SPARE_LITERALS, literals.nbytes, size_bytes,
        )  # fmt: skip
        if self._zstd.ZSTD_isError(size) and self._zstd.ZSTD_getErrorCode(size) == _UNCOMPRESSIBLE:
            return None
        return checksummed(self._frame, self._checked(size))

    def _checked(self, result: int) -> int:
        if self._zstd.ZSTD_isError(result):
            name = self._zstd.ZSTD_getErrorName(result).decode()
            raise zstandard.ZstdError(f"zstd refuses known sequences: {name}")
        return result
