"""Samples that wait for their batch, packed: what distinguishes them from a picture that most of their block show.

The samples of a block share most of what they show, so that a sample takes a tenth of its pixels. The work is done by
packed_rows.c, which is compiled when bgfg is installed where there is a C compiler.
"""

from __future__ import annotations

import ctypes
import threading
from collections import OrderedDict, defaultdict
from functools import cache

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.machine.compiled import compiled_library

_INTERFACE_VERSION = 1
_BASES_KEPT = 384
_FEW = 0.25  # share of bytes that may differ from a base that was another block's
_SMALLEST_STEP_BITS = 15
PACKED = np.dtype([("base", "<u8"), ("differing", "<u8"), ("spans", "<u8")])

_pointer, _count = ctypes.c_void_p, ctypes.c_ssize_t


class _Block(ctypes.Structure):
    _fields_ = (
        ("rows", _pointer), ("row_stride", _count), ("sample_stride", _count), ("height", _count),
        ("row_bytes", _count),
    )  # fmt: skip


@cache
def library() -> ctypes.CDLL | None:
    """Return what was compiled of packed_rows.c; None where nothing was, or something else than is to be called."""
    found = compiled_library("bgfg.train.stream._packed_rows", _INTERFACE_VERSION)
    if found:
        block = ctypes.POINTER(_Block)
        found.find_base.restype = found.pack.restype = found.unpack.restype = None
        found.find_base.argtypes = [block, _count, _pointer]
        found.find_spans.restype, found.find_spans.argtypes = _count, [block, _pointer, _count, _pointer, _pointer]
        found.pack.argtypes = [block, _pointer, _count, _pointer, _pointer, _pointer, _pointer]
        found.unpack.argtypes = [_pointer, _pointer, _count, _count, _count, _pointer]
    return found


class PackedSamples:
    """Some samples of a block, one array of them.

    Attributes:
        packed: (n,) of PACKED, where each lies; valid for as long as this object lives.
        differing: The memory of what differs from the base.
    """

    def __init__(self, packed: NDArray[np.void], differing: NDArray[np.uint8], *others: NDArray) -> None:
        self.packed, self.differing, self._others = packed, differing, others


class SamplePacker:
    """Packs samples of blocks, and writes them into batches; threads may share it."""

    def __init__(self, compiled: ctypes.CDLL) -> None:
        """Pack nothing yet.

        Args:
            compiled: What `library` found.
        """
        self._compiled = compiled
        self._bases: OrderedDict[tuple[str, int], NDArray[np.uint8]] = OrderedDict()
        self._lock = threading.Lock()
        self._free: defaultdict[int, list[NDArray[np.uint8]]] = defaultdict(list)  # by their size

    def pack(self, array: str, samples: NDArray, placements: NDArray[np.int64], background: int) -> PackedSamples:
        """Pack some samples of a block.

        Args:
            array: Name of the array.
            samples: (K, H, W, ...) all of the block, each row of a sample in one piece.
            placements: (n,) which of them.
            background: Number of what they have in common: blocks of the same one share a base.
        """
        K, height = samples.shape[:2]
        block = _Block(samples.ctypes.data, samples.strides[1], samples.strides[0], height, samples[0, 0].nbytes)
        chosen = np.ascontiguousarray(placements, np.int64)
        spans = np.empty((len(chosen), height, 2), np.int32)
        key, size_bytes = (array, background), height * block.row_bytes
        with self._lock:
            base = self._bases.get(key)
        differing = self._find_spans(block, chosen, base, spans) if base is not None else size_bytes * K
        if base is None or differing > _FEW * size_bytes * len(chosen):
            base = np.empty(size_bytes, np.uint8)
            self._compiled.find_base(block, K, base.ctypes.data)
            differing = self._find_spans(block, chosen, base, spans)
            self._keep(key, base)
        memory, packed = self._memory(differing), np.empty(len(chosen), PACKED)
        self._compiled.pack(
            block, chosen.ctypes.data, len(chosen), base.ctypes.data, spans.ctypes.data, memory.ctypes.data,
            packed.ctypes.data,
        )  # fmt: skip
        return PackedSamples(packed, memory, base, spans)

    def release(self, samples: PackedSamples) -> None:
        """Use the memory of samples again, which were unpacked."""
        self._free[len(samples.differing)].append(samples.differing)

    def _memory(self, size_bytes: int) -> NDArray[np.uint8]:
        """Return memory of that size or a little more; of new one the system would clear every page."""
        # Two sizes between powers of two: what is free in one is of no use to another, so there must be few.
        step = 1 << max(_SMALLEST_STEP_BITS, size_bytes.bit_length() - 2)
        rounded = -(-size_bytes // step) * step
        try:
            return self._free[rounded].pop()
        except IndexError:
            return np.empty(rounded, np.uint8)

    def unpack(self, packed: NDArray[np.void], slots: NDArray[np.int64], pool: NDArray) -> None:
        """Write packed samples (n,) into their slots (n,) of a pool (slots, H, W, ...)."""
        packed, slots = np.ascontiguousarray(packed), np.ascontiguousarray(slots, np.int64)
        height, row_bytes = pool.shape[1], pool[0, 0].nbytes
        self._compiled.unpack(packed.ctypes.data, slots.ctypes.data, len(packed), height, row_bytes, pool.ctypes.data)

    def _find_spans(
        self, block: _Block, chosen: NDArray[np.int64], base: NDArray[np.uint8], spans: NDArray[np.int32]
    ) -> int:
        return int(
            self._compiled.find_spans(block, chosen.ctypes.data, len(chosen), base.ctypes.data, spans.ctypes.data)
        )

    def _keep(self, key: tuple[str, int], base: NDArray[np.uint8]) -> None:
        with self._lock:
            self._bases[key] = base
            self._bases.move_to_end(key)
            while len(self._bases) > _BASES_KEPT:
                self._bases.popitem(last=False)
