"""Frames of known matches: standard ones; zstd's refusals are told by name."""

from __future__ import annotations

import ctypes
import importlib.util

import numpy as np
import pytest
import zstandard

from bgfg.synth.store import zstd_sequences
from bgfg.synth.store.shard import decode_frame, verified_frame
from bgfg.synth.store.zstd_sequences import BLOCK_BYTES, SEQUENCE, SPARE_LITERALS, SequenceEncoder

LITERALS = np.arange(40, dtype=np.uint8)


def encoder() -> SequenceEncoder:
    zstd = zstd_sequences.library()
    assert zstd is not None, "zstandard is installed from a wheel"
    return SequenceEncoder(zstd, 2 * BLOCK_BYTES)


def test_a_frame_holds_what_its_sequences_say() -> None:
    sequences = np.array([(1, 1, BLOCK_BYTES - 1, 0), (0, 0, 0, 0), (7, 9, 600, 0), (0, 30, 0, 0)], SEQUENCE)
    literals = np.concatenate([LITERALS, np.zeros(SPARE_LITERALS, np.uint8)])
    expected = bytes(BLOCK_BYTES) + bytes((*range(1, 10), *(3 + i % 7 for i in range(600)), *range(10, 40)))
    encoding = encoder()
    for _ in range(2):
        chunk = encoding.encode(sequences, literals, len(expected))
        assert chunk is not None
        pixels = np.empty(len(expected), np.uint8)
        decode_frame("chunk 0", verified_frame("chunk 0", bytes(chunk)), pixels)
        assert pixels.tobytes() == expected


def test_sequences_that_contradict_what_they_come_with_are_refused_by_zstd_s_name_for_it() -> None:
    sequences, literals = np.array([(1, 1, 599, 0), (0, 0, 0, 0)], SEQUENCE), np.zeros(1 + SPARE_LITERALS, np.uint8)
    encoding = encoder()
    assert encoding.encode(sequences, literals, 600) is not None
    for changed, size_bytes in ((sequences, 601), (sequences[:1], 600), (sequences[:0], 0)):
        with pytest.raises(zstandard.ZstdError, match=r"^zstd refuses known sequences: .*(sequences|Src)"):
            encoding.encode(changed, literals, size_bytes)
    with pytest.raises(zstandard.ZstdError, match="zstd refuses known sequences"):
        encoding.encode(sequences, np.zeros(5 + SPARE_LITERALS, np.uint8), 600)
    assert encoding.encode(sequences, literals, 600) is not None, "it encodes on after a refusal"


def test_a_block_that_gets_no_smaller_is_handed_back() -> None:
    literals = np.random.default_rng(0).integers(0, 256, 600 + SPARE_LITERALS, np.uint8)
    assert encoder().encode(np.array([(0, 600, 0, 0)], SEQUENCE), literals, 600) is None


@pytest.mark.parametrize("missing", ["version", "function", "file"])
def test_a_library_that_can_t_be_called_is_none(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    if missing == "version":
        monkeypatch.setattr(zstd_sequences, "_VERSIONS", range(10400, 10500))
    elif missing == "function":
        monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    else:
        monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    zstd_sequences.library.cache_clear()
    assert zstd_sequences.library() is None
    monkeypatch.undo()
    zstd_sequences.library.cache_clear()
    assert zstd_sequences.library() is not None
