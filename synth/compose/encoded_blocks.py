"""Blocks as chunks of their shards: painted and searched by zstd, or written from matches that are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bgfg.synth.compose import known_matches
from bgfg.synth.compose.blend import Composer
from bgfg.synth.compose.known_matches import KnownMatches, WrittenBlock, patches_of
from bgfg.synth.compose.recipe import BlockRecipe, ShardRecipe
from bgfg.synth.compose.varied_block import VariedBlock
from bgfg.synth.painting import painted_scenes
from bgfg.synth.painting.painted_scenes import ScenePainter
from bgfg.synth.store import zstd_sequences
from bgfg.synth.store.shard import ChunkEncoder
from bgfg.synth.store.zstd_sequences import SequenceEncoder


@dataclass(frozen=True)
class EncodedBlock:
    """One array of a block.

    Attributes:
        chunk: What its shard holds of it, in the encoder's memory until its next block.
        sums: (2, C) int64, the exact sums and sums of squares of its levels, one a channel.
    """

    chunk: bytes | memoryview
    sums: NDArray[np.int64]


class BlockEncoder:
    """Encodes the blocks of one shard.

    Where what they have in common is known, from matches: the pixels are the same, the bytes aren't, and it takes half
    the time.
    """

    def __init__(self, recipe: ShardRecipe, arrays: Sequence[str]) -> None:
        """Prepare for the blocks of a shard.

        Args:
            recipe: What is to be composed.
            arrays: Names of the arrays that are composed.
        """
        self._recipe, self._arrays = recipe, arrays
        self._searching = ChunkEncoder()
        self._known = _Known.of(recipe, arrays)

    def encode(self, block: BlockRecipe | VariedBlock) -> dict[str, EncodedBlock]:
        """Encode each array of a block."""
        encoded = self._known and (self._encoded_unpainted(block) or self._encoded_patches(block))
        return encoded or self._encoded_composed(block)

    def _encoded_unpainted(self, block: BlockRecipe | VariedBlock) -> dict[str, EncodedBlock] | None:
        """Encode a block of one cut-out; None where it isn't one, or gets no smaller so."""
        if self._known is None or not isinstance(block, BlockRecipe) or not block.is_one_cutout:
            return None
        return self._known.encode(block)

    def _encoded_patches(self, block: BlockRecipe | VariedBlock) -> dict[str, EncodedBlock] | None:
        """Encode a block that is painted in patches; None where it isn't one, or gets no smaller so."""
        if self._known is None or not isinstance(block, VariedBlock) or (painter := self._painter) is None:
            return None
        if not block.paint(painter):
            return None
        frames = {"mask": painter.masks, "instance": painter.instances}
        encoded = self._known.encode_patches(painter.patches, frames, self._arrays)
        return encoded if len(encoded) == len(self._arrays) else None

    def _encoded_composed(self, block: BlockRecipe | VariedBlock) -> dict[str, EncodedBlock]:
        composer, known = self._composer, dict[str, EncodedBlock]()
        block.paste(composer)
        if self._known:
            frames = {"mask": composer.masks, "instance": composer.instances}
            known = self._known.encode_patches(patches_of(composer), frames, self._arrays)
        return {array: known.get(array) or self._searched(composer, array) for array in self._arrays}

    @cached_property
    def _painter(self) -> ScenePainter | None:
        compiled = painted_scenes.library()
        return self._recipe.painter(compiled) if compiled else None

    @cached_property
    def _composer(self) -> Composer:
        return self._recipe.composer()

    def _searched(self, composer: Composer, array: str) -> EncodedBlock:
        return EncodedBlock(self._searching.encode(composer.block(array)), np.reshape(composer.sums(array), (2, -1)))


class _Known:
    """Encodes blocks from known matches."""

    def __init__(self, matches: KnownMatches, encoders: Mapping[str, tuple[SequenceEncoder, int]]) -> None:
        self._matches, self._encoders = matches, encoders  # each with the bytes of its chunks before they are encoded

    @classmethod
    def of(cls, recipe: ShardRecipe, arrays: Sequence[str]) -> _Known | None:
        """Return what encodes blocks of a shard; None where the means aren't there, or nothing is known of them."""
        compiled, zstd = known_matches.library(), zstd_sequences.library()
        if compiled is None or zstd is None:
            return None
        if not known_matches.are_within_reach(recipe.placements, *recipe.background.shape[:2]):
            return None
        image_bytes = recipe.background.size * recipe.placements
        sizes_bytes = {array: image_bytes if array == "image" else image_bytes // 3 for array in arrays}
        matches = KnownMatches(compiled, recipe.background, recipe.placements)
        return cls(matches, {array: (SequenceEncoder(zstd, size), size) for array, size in sizes_bytes.items()})

    def encode(self, block: BlockRecipe) -> dict[str, EncodedBlock] | None:
        """Encode the image and the mask of a block; None where one of them gets no smaller so."""
        encoded = {}
        for array, write in (("image", self._matches.images), ("mask", self._matches.masks)):
            written = self._encoded(array, write(block.cutouts[0], block.x_px, block.y_px))
            if not written:
                return None
            encoded[array] = written
        return encoded

    def encode_patches(
        self, patches: NDArray[np.void], frames: Mapping[str, NDArray[np.uint8]], arrays: Sequence[str]
    ) -> dict[str, EncodedBlock]:
        """Encode arrays of a block that was painted, but those that get no smaller so.

        Args:
            patches: (K,) of PATCH, what of the images isn't their background.
            frames: Name of another array -> (K, H, W) uint8, 0 outside the boxes of the patches.
            arrays: Names of the arrays.
        """
        encoded = {}
        for array in arrays:
            is_image, matches = array == "image", self._matches
            written = self._encoded(
                array, matches.painted_images(patches) if is_image else matches.painted_masks(frames[array], patches)
            )
            if written:
                encoded[array] = written
        return encoded

    def _encoded(self, array: str, written: WrittenBlock | None) -> EncodedBlock | None:
        if written is None:
            return None
        encoder, size_bytes = self._encoders[array]
        chunk = encoder.encode(written.sequences, written.literals, size_bytes)
        return EncodedBlock(chunk, written.sums) if chunk else None
