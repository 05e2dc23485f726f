"""Counter-based random numbers: what is drawn depends on (seed, epoch, sample, purpose) and on nothing else.

So a resumed run, a batch of another size or order, and another rank draw the same for a sample. Parameters, a few a
sample, are drawn on the CPU by the Philox of `data_manifests/placement`. Noise, a value a pixel, comes from a hash of
the pixel's number that runs on any device: the finaliser of MurmurHash3 (Austin Appleby, 2011), keyed by sample.
"""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bgfg.data_manifests.placement.philox import philox4x32


class DrawPurpose(IntEnum):
    """What a draw is for: each purpose has numbers of its own, so switching one off leaves all others as they are.

    Values are part of the counters: they must never change. They start at 1, since counters whose last word is 0 are
    those of the corpus's placements.
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
    DECOY = 19
    DECOY_LOOK = 20
    SIZE = 21
    VIGNETTE = 22
    RESAMPLE = 23
    PARALLAX = 24
    SQUARE = 25


# Words for each purpose and sample: the first decides whether, the last is the key of noise, those between say how.
_WORDS = 8
_PER_BLOCK = 4  # Philox makes four words of a counter


class CounterRng:
    """The random numbers of a batch of samples."""

    def __init__(self, seed: int, epoch: int, samples: NDArray[np.int64]) -> None:
        """Draw all words of all purposes.

        Args:
            seed: Seed of the run, below 2^64.
            epoch: Number of the epoch, below 2^32.
            samples: (n,) int64 indices into the corpus.
        """
        blocks = np.arange(_WORDS // _PER_BLOCK)
        last = np.array(DrawPurpose)[:, None] * len(blocks) + blocks  # (purposes, blocks)
        counters = np.empty((len(samples), *last.shape, _PER_BLOCK), np.uint64)
        counters[..., 0] = (samples & 0xFFFFFFFF)[:, None, None]
        counters[..., 1] = (samples >> 32)[:, None, None]
        counters[..., 2] = epoch
        counters[..., 3] = last
        self._words = philox4x32(counters, seed).reshape(len(samples), len(DrawPurpose), _WORDS)

    def __len__(self) -> int:
        return len(self._words)

    def uniform(self, purpose: DrawPurpose, slot: int) -> NDArray[np.float64]:
        """Return (n,) float64 in [0, 1), multiples of 2^-32; slot: 0..6."""
        return self._words[:, purpose - 1, slot].astype(np.float64) * 2.0**-32

    def bernoulli(self, purpose: DrawPurpose, share: float) -> NDArray[np.bool_]:
        """Return (n,) bool, each true with the probability `share`; uses slot 0."""
        return self.uniform(purpose, 0) < share

    def between(self, purpose: DrawPurpose, slot: int, low: float, high: float) -> NDArray[np.float64]:
        """Return (n,) float64 in [low, high); slot: 1..6."""
        return low + (high - low) * self.uniform(purpose, slot)

    def noise_keys(self, purpose: DrawPurpose) -> NDArray[np.int32]:
        """Return (n,) int32, any 32 bits, keys for `standard_normals`."""
        return self._words[:, purpose - 1, -1].astype(np.uint32).view(np.int32)


def standard_normals(keys: Tensor, count: int) -> Tensor:
    """Return standard normal numbers, a row for each key.

    Each 32-bit hash gives two 16-bit numbers, and each of those is looked up among the normal's quantiles: in steps of
    1/65,536 of probability, so nothing is farther out than 4.3.

    Args:
        keys: (n,) int32, any 32 bits.
        count: Numbers for each key.

    Returns:
        (n, count) float32 on the device of `keys`.
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
    """Hash int32 words of any shape by MurmurHash3's finaliser, in place; products are modulo 2^32."""
    for shift, multiplier in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        words.bitwise_xor_(_shifted_right(words, shift)).mul_(multiplier - 2**32)
    return words.bitwise_xor_(_shifted_right(words, 16))


def _shifted_right(words: Tensor, bits: int) -> Tensor:
    # int32 is shifted with its sign, which is masked off; PyTorch has no such arithmetic on unsigned words.
    return (words >> bits).bitwise_and_(2 ** (32 - bits) - 1)
