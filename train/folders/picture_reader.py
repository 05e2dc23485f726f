"""Pictures of a folder with what belongs to them, at one length of the shorter side, and kept while there is room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.decode import reading_bytes
from bgfg.data_manifests.images.depth_over_picture import is_same_shape, turn_with_picture
from bgfg.data_manifests.images.image_reading import read_picture
from bgfg.data_manifests.machine.memory_room import MemoryRoom
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.evaluation.depth_files import read_depth_m
from bgfg.synth.store.depth_code import DepthCode
from bgfg.train.folders.corpus_classes import CorpusClasses
from bgfg.train.folders.folder import ImageMaskFolder
from bgfg.train.ops.array_resize import resize_bilinear
from bgfg.train.ops.matched_background import match_background

# Decoded pictures are kept as long as all of them take no more; those beyond are decoded each time.
_KEPT_BYTES = 2**30

Decoded = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class PictureReader:
    """Reads the pictures of a folder with what belongs to them, at one length of the shorter side.

    Attributes:
        folder: The folder.
        label_maps: Names of the label maps that are read, of "mask", "known" and "classes".
        side_px: Length S of the shorter side.
        bits: Bits that second shots use that have 16 a channel; None where these aren't read.
        depth: What codes depth maps, unknown where there is none; None where these aren't read.
        classes: What reads the classes of the corpus that masks mark; None where these aren't read.
    """

    folder: ImageMaskFolder
    label_maps: Sequence[str]
    side_px: int
    bits: int | None = None
    depth: DepthCode | None = None
    classes: CorpusClasses | None = None

    def read(self, i: int) -> Decoded:
        """Return a picture.

        Returns:
            "image" (h, w, 3) uint8, and "bare", its second shot, moved over it where it surely lies beside it; label
            maps (h, w) uint8; "depth" codes (h, w); by name, all of one size.

        Raises:
            Problem: Something can't be read, or doesn't belong together.
        """
        image = self.folder.image(i)
        scale = self.side_px / min(image.shape[:2])
        height_px, width_px = (max(self.side_px, round(side * scale)) for side in image.shape[:2])
        size_px = height_px, width_px
        found: dict[str, NDArray[Any]] = {"image": _levels(image, size_px)}
        if self.bits is not None:
            found["bare"] = _levels(self._second_shot(i, image, self.bits), size_px)
        for name, values in self.folder.label_maps(i, self.label_maps).items():
            found[name] = _levels(values, size_px) if name == "mask" else _nearest(values, size_px)
        if self.classes is not None:
            found["classes"] = _nearest(self.classes.codes(i), size_px)
        if self.depth is not None:
            path = self.folder.depth_map(i)
            metres = np.zeros((1, 1)) if path is None else self._depth_m(i, path, image.shape[:2])
            found["depth"] = self.depth.encode(_nearest(metres, size_px))
        return found

    def bytes_of(self, i: int) -> int:
        """Return how much memory reading a picture takes at most."""
        paths = (self.folder.path / self.folder.pairs[i].image, self.folder.second_shot(i))
        return sum(reading_bytes(path) for path in paths if path is not None)

    def _second_shot(self, i: int, image: NDArray[np.uint8], bits: int) -> NDArray[np.uint8]:
        path = self.folder.second_shot(i)
        assert path is not None
        shot = read_picture(path, bits).pixels[..., :3]
        return match_background(image, self.folder.path / self.folder.pairs[i].image, shot, path, None).pixels

    def _depth_m(self, i: int, path: Path, size_px: tuple[int, ...]) -> NDArray[np.float32]:
        picture = self.folder.path / self.folder.pairs[i].image
        metres = turn_with_picture(read_depth_m(path, None)[0], path, picture, (*size_px, 3))
        if not is_same_shape(metres.shape, size_px):
            raise Problem(f"{path}: a depth map of another shape than {picture.name}: give that of this very picture")
        return metres


class PictureCache:
    """Pictures as a reader gives them, kept while there is room: decoded once, by whichever thread needs one first."""

    def __init__(self, reader: PictureReader, most_bytes: int = _KEPT_BYTES) -> None:
        self.reader, self._left_bytes = reader, most_bytes
        self._kept: dict[int, Decoded] = {}
        self._room = MemoryRoom()

    def get(self, i: int) -> Decoded:
        """Return a picture."""
        if (kept := self._kept.get(i)) is not None:
            return kept
        with self._room.taken(self.reader.bytes_of(i)):
            found = self.reader.read(i)
        size = sum(values.nbytes for values in found.values())
        if size <= self._left_bytes:
            self._left_bytes -= size
            self._kept[i] = found
        return found


def _levels(pixels: NDArray[np.uint8], size_px: tuple[int, int]) -> NDArray[np.uint8]:
    return np.round(resize_bilinear(pixels, size_px)).astype(np.uint8)


def _nearest(values: NDArray[Any], size_px: tuple[int, int]) -> NDArray[Any]:
    height_px, width_px = size_px
    return np.asarray(cv2.resize(values, (width_px, height_px), interpolation=cv2.INTER_NEAREST_EXACT))
