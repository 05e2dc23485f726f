"""What a teacher is: one of a corpus's shards, or one that looks at pictures alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

import numpy as np
from bgfg.synth.compose.recipe import Recipe
from bgfg.synth.store.depth_code import DepthCode
from numpy.typing import NDArray

Pictures = NDArray[np.uint8]
Depth = NDArray[np.float32]


class Teacher(Protocol):
    """What labels a corpus with depth: a pure function of the corpus and the shard."""

    @property
    def encoding(self) -> DepthCode:
        """How its codes stand for metres."""

    def describe(self) -> dict[str, Any]:
        """Return name, version, weights' SHA-256, licence and input size; where it isn't the frame's, the `size_px`."""

    def label(self, recipe: Recipe) -> Iterator[NDArray]:
        """Yield the depth codes of each block of a shard, (K, Hd, Wd); the buffer may be used again."""

    def probe(self, recipe: Recipe) -> NDArray:
        """Return the codes of some samples of a shard, (n, Hd, Wd), to estimate what they take on disk."""


class PictureTeacher(Protocol):
    """What sees depth in pictures, one by one: a picture's depth doesn't depend on its neighbours in a batch.

    batch: how many pictures it likes at a time. where: device and precision, in words. is_metric: whether it gives
    metres, or inverse depth without a unit (larger is nearer). range_m: nearest and farthest metres that it gives.
    overlooks_people: whether it has to be told where people are, since it has seen too few to find them all.
    """

    batch: int
    where: str
    is_metric: bool
    overlooks_people: bool
    range_m: tuple[float, float]

    def describe(self) -> dict[str, Any]:
        """Return name, version, weights' SHA-256, licence and range."""

    def input_px(self, height_px: int, width_px: int) -> tuple[int, int]:
        """Return the size (height, width) to which it brings pictures of this size."""

    def stream(self, batches: Iterable[Pictures]) -> Iterator[Depth]:
        """Yield the depth (n, Hd, Wd) float32 of each batch of pictures (n, H, W, 3) uint8 RGB; NaN is unknown."""
