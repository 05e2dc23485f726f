"""The interfaces of depth teachers: of those that label a corpus, and of those that look at pictures alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:  # who only looks at pictures need not wait for stores
    from bgfg.synth.compose.recipe import ShardRecipe
    from bgfg.synth.store.depth_code import DepthCode

# Pictures, (n, H, W, 3) uint8 RGB, and their depth, (n, Hd, Wd) float32; NaN is unknown.
RgbBatch = NDArray[np.uint8]
DepthBatch = NDArray[np.float32]


class Teacher(Protocol):
    """Labels a corpus with depth: a pure function of the corpus and the shard."""

    @property
    def encoding(self) -> DepthCode:
        """How its codes stand for metres."""

    def describe(self) -> dict[str, Any]:
        """Return name, version, weights' SHA-256, licence and input size; where it isn't the frame's, the `size_px`."""

    def label(self, recipe: ShardRecipe) -> Iterator[NDArray]:
        """Yield the depth codes of each block of a shard, (K, Hd, Wd); the buffer may be used again."""

    def probe(self, recipe: ShardRecipe) -> NDArray:
        """Return the codes of some samples of a shard, (n, Hd, Wd), to estimate what they take on disk."""


class PictureTeacher(Protocol):
    """Sees depth in pictures, each on its own: a picture's depth doesn't depend on its neighbours in a batch.

    Attributes:
        batch: Pictures at a time that suit it.
        where: Device and precision, in words.
        is_metric: Whether it gives metres, or inverse depth without a unit (larger is nearer).
        overlooks_people: Whether it has to be told where people are, since it has seen too few to find them all.
        range_m: Nearest and farthest metres that it gives.
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

    def predict_batches(self, batches: Iterable[RgbBatch]) -> Iterator[DepthBatch]:
        """Yield the depth (n, Hd, Wd) float32 of each batch of pictures (n, H, W, 3) uint8 RGB; NaN is unknown."""
