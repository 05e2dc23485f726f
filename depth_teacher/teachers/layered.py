"""Layered depth: the depth of the background, and the cut-out standing on it like a screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.opacity import OPAQUE_U8
from bgfg.data_manifests.placement.occlusion import foot_pixel
from bgfg.data_manifests.placement.overlap import AlphaPatch, remaining_alphas
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.teachers.foot_depth import nearest_known
from bgfg.synth.compose.cutout import PlacedCutout
from bgfg.synth.compose.recipe import ShardRecipe
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.depth_code import LogDepth


@dataclass
class FootTally:
    """How many cut-outs stood on a hole of their background's depth.

    Attributes:
        filled: Those that got the nearest known depth.
        unknown: Those near which no depth is known, or whose labels were begun without it.
    """

    filled: int = 0
    unknown: int = 0

    def add(self, is_filled: bool) -> None:
        """Count one."""
        self.filled += is_filled
        self.unknown += not is_filled

    def __add__(self, other: FootTally) -> FootTally:
        return FootTally(self.filled + other.filled, self.unknown + other.unknown)


class LayeredTeacher:
    """The teacher that knows the depth of the backgrounds, as the corpus format defines it.

    Where a cut-out is seen, the depth is that of the background under the middle of the cut-out's lowest opaque row,
    also where the background is nearer, since the cut-out is what is seen; elsewhere the background's. (The lowest row
    is that of all of the cut-out that lies within the frame, be it hidden or not.) It is seen where the mask is at
    least 128, and of several cut-outs where `instance` says so.

    Where the background's depth has a hole under it, the nearest known depth counts, if there is any within an eighth
    of the frame's shorter side. (Labels that an earlier bgfg began, and recorded as version 1, go on without.)

    Args:
        corpus: What is labelled.
        anew: Whether what is recorded of an earlier labelling doesn't count.

    Raises:
        Problem: The corpus was planned without depth of its backgrounds.
    """

    _name = "layered"

    def __init__(self, corpus: Corpus, anew: bool = False) -> None:
        if "background_depth" not in corpus.manifest.prepared:
            raise Problem(
                f"{corpus.path}: its backgrounds have no depth, which --teacher {self._name} needs: plan it with "
                "`--bg-depth DIR`, 16-bit PNGs in millimetres under the backgrounds' names"
            )
        self._corpus, self._recorded = corpus, None if anew else corpus.manifest.teacher
        self._tally = FootTally()

    @cached_property
    def encoding(self) -> LogDepth:
        """The coding of its labels: as recorded, else wide enough for the farthest background."""
        if self._recorded is not None:
            return LogDepth.from_attributes(self._recorded["encoding"])
        return LogDepth.covering(max(int(depth_mm.max()) for depth_mm in self._depth_maps()) / 1000)

    @cached_property
    def _version(self) -> int:
        """1 where no background has a hole, or where labels were begun that way; else 2, by which feet find depth."""
        if self._recorded is not None and self._recorded.get("name") == self._name:
            return int(self._recorded["version"])
        return 1 if all(depth_mm.all() for depth_mm in self._depth_maps()) else 2

    def _depth_maps(self) -> Iterator[NDArray[np.uint16]]:
        for b in range(self._corpus.geometry.backgrounds):
            yield self._corpus.read("background_depth", b)

    @property
    def tally(self) -> FootTally:
        """How many of the cut-outs that it labelled stood on holes."""
        return self._tally

    def describe(self) -> dict[str, Any]:
        """Return what is recorded as the teacher of the corpus."""
        about = {"weights_sha256": None, "licence": None, "input_size_px": None}
        return {"name": self._name, "version": self._version, **about}

    def label(self, recipe: ShardRecipe) -> Iterator[NDArray[np.uint8]]:
        """Yield the depth codes of each block of a shard, (K, H, W) uint8, in one buffer that is used again."""
        background = self.encoding.encode(self._corpus.read("background_depth", recipe.background_index) / 1000)
        codes = np.repeat(background[None], self._corpus.geometry.placements, axis=0)
        for block in recipe.blocks():
            drawn = [
                (k, *box) for k, layers in enumerate(block.layers()) for box in self._draw(codes[k], layers, background)
            ]
            yield codes
            # The next block has the same background: only where cut-outs were is the buffer to be made anew.
            for k, rows, columns in drawn:
                codes[k, rows, columns] = background[rows, columns]

    def _draw(
        self, codes: NDArray[np.uint8], layers: Sequence[PlacedCutout], background: NDArray[np.uint8]
    ) -> list[tuple[slice, slice]]:
        """Draw the codes of a sample's cut-outs, in the order of pasting, and return the boxes that they lie in."""
        height_px, width_px = background.shape
        patches = [AlphaPatch.clip(each.cutout.alpha_u8, each.x, each.y, height_px, width_px) for each in layers]
        below = background if len(layers) == 1 else background.copy()  # what the next cut-out is pasted on
        boxes = []
        for each, patch, seen in zip(layers, patches, remaining_alphas(patches), strict=True):
            box = patch.rows, patch.columns
            boxes.append(box)
            # The alpha before anything hides it: feet count where they are hidden, too.
            whole = AlphaPatch.clip(each.amodal_alpha_u8, each.x, each.y, height_px, width_px)
            foot = foot_pixel(whole.alpha_u8)
            if foot is not None:
                standing = self._standing_code(background, patch.rows.start + foot[0], patch.columns.start + foot[1])
                code = self.cutout_code(standing, below[box], whole.alpha_u8, each.amodal_alpha_u8)
                np.copyto(codes[box], code, where=seen >= OPAQUE_U8)
                if below is not background:
                    np.copyto(below[box], code, where=whole.alpha_u8 >= OPAQUE_U8)
        return boxes

    def _standing_code(self, background: NDArray[np.uint8], row: int, column: int) -> np.uint8:
        code = background[row, column]
        if code:
            return np.uint8(code)
        found = nearest_known(background, row, column) if self._version > 1 else np.uint8(0)
        self._tally.add(bool(found))
        return found

    def cutout_code(
        self, foot: np.uint8, _below: NDArray[np.uint8], _patch_u8: NDArray[np.uint8], _shape_u8: NDArray[np.uint8]
    ) -> np.uint8:
        """Return the code of a cut-out: here that of the background under its feet.

        Args:
            foot: Code of the background under it.
            _below: Codes of what it is pasted on, (h, w) uint8.
            _patch_u8: Its alpha there, (h, w) uint8.
            _shape_u8: Its whole alpha, beyond the frame too.
        """
        return foot

    def probe(self, recipe: ShardRecipe) -> NDArray[np.uint8]:
        """Return the codes of the first block of a shard, (K, H, W) uint8."""
        return next(self.label(recipe))
