"""Randomness of training that depends on (seed, epoch, sample, purpose) and on nothing else.

So a resumed run, a batch of another size or order, and another rank draw the same for a sample. Parameters, a few a
sample, are drawn on the CPU by the Philox of `data_manifests/placement`. Noise, a value a pixel, comes from a hash of
the pixel's number that runs on any device: the finaliser of MurmurHash3 (Austin Appleby, 2011), keyed a sample.
"""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache

import numpy as np
import torch
from bgfg.data_manifests.placement.placements import philox4x32
from numpy.typing import NDArray
from torch import Tensor


class Purpose(IntEnum):
    """What a draw is for. Each has numbers of its own, so switching one disturbance off changes nothing of the others.

    Starts at 1, since counters whose last word is 0 are those of the corpus's placements.
    """

    FLIP = 1
    CROP = 2
    EMPTY = 3
    WRONG = 4
    SHADOW = 5
    SHIFT = 6
    ROTATE = 7
    EXPOSURE = 8
    COLOUR = 9
    NOISE = 10
    JPEG = 11
    COMPOSITE_NOISE = 12
    COMPOSITE_JPEG = 13
    BLUR = 14
    REPAINT = 15
    REPAINT_LOOK = 16
    CROWD = 17
    CROWD_LOOK = 18


_WORDS = 8  # a purpose and sample: the first decides whether, the last keys noise, those between say how
_PER_BLOCK = 4  # Philox gives four words a counter


class Draws:
    """The uniform numbers of a batch of samples.

    samples: (n,) int64 indices into the corpus; seed below 2^64, epoch below 2^32.
    """

    def __init__(self, seed: int, epoch: int, samples: NDArray[np.int64]) -> None:
        blocks = np.arange(_WORDS // _PER_BLOCK)
        last = np.array(Purpose)[:, None] * len(blocks) + blocks  # (purposes, blocks)
        counters = np.empty((len(samples), *last.shape, _PER_BLOCK), np.uint64)
        counters[..., 0] = (samples & 0xFFFFFFFF)[:, None, None]
        counters[..., 1] = (samples >> 32)[:, None, None]
        counters[..., 2] = epoch
        counters[..., 3] = last
        self._words = philox4x32(counters, seed).reshape(len(samples), len(Purpose), _WORDS)

    def __len__(self) -> int:
        return len(self._words)

    def uniform(self, purpose: Purpose, slot: int) -> NDArray[np.float64]:
        """Return (n,) float64 in [0, 1), multiples of 2^-32; slot: 0..6."""
        return self._words[:, purpose - 1, slot].astype(np.float64) * 2.0**-32

    def chosen(self, purpose: Purpose, share: float) -> NDArray[np.bool_]:
        """Say which samples are among a share of all, (n,) bool: slot 0."""
        return self.uniform(purpose, 0) < share

    def between(self, purpose: Purpose, slot: int, low: float, high: float) -> NDArray[np.float64]:
        """Return (n,) float64 in [low, high); slot: 1..6."""
        return low + (high - low) * self.uniform(purpose, slot)

    def keys(self, purpose: Purpose) -> NDArray[np.int32]:
        """Return (n,) int32, any 32 bits, the keys of `standard_normals`."""
        return self._words[:, purpose - 1, -1].astype(np.uint32).view(np.int32)


def standard_normals(keys: Tensor, count: int) -> Tensor:
    """Return (n, count) float32, standard normal, a row a key, on the device of `keys`; keys: (n,) int32.

    Each 32-bit hash gives two 16-bit numbers, and each of those is looked up among the normal's quantiles: in steps of
    1/65,536 of probability, so nothing is farther out than 4.3.
    """
    counters = _counters((count + 1) // 2, keys.device)
    words = _mix_(counters ^ keys[:, None])
    halves = torch.stack([words & 0xFFFF, _shifted_right(words, 16)], dim=1)
    values = _quantiles(keys.device).index_select(0, halves.flatten())
    return values.view(len(keys), 2 * len(counters))[:, :count]


@lru_cache(maxsize=8)
def _counters(count: int, device: torch.device) -> Tensor:
    # Hashed once before a key meets them: keys that differ in few bits then meet unlike counters, and no two samples
    # have the same noise moved or mirrored.
    return _mix_(torch.arange(1, count + 1, dtype=torch.int32, device=device))


@lru_cache(maxsize=8)
def _quantiles(device: torch.device) -> Tensor:
    centres = (torch.arange(2**16, dtype=torch.float64) + 0.5) / 2**16
    quantiles: Tensor = torch.special.ndtri(centres)
    return quantiles.float().to(device)


def _mix_(words: Tensor) -> Tensor:
    """Turn int32 words of any shape into their MurmurHash3 finaliser, in place; products are modulo 2^32."""
    for shift, multiplier in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        words.bitwise_xor_(_shifted_right(words, shift)).mul_(multiplier - 2**32)
    return words.bitwise_xor_(_shifted_right(words, 16))


def _shifted_right(words: Tensor, bits: int) -> Tensor:
    # int32 is shifted with its sign, which is masked off; PyTorch has no such arithmetic on unsigned words.
    return (words >> bits).bitwise_and_(2 ** (32 - bits) - 1)
