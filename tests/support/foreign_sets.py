"""Small sets of backgrounds, cut-outs, composites, masks and depth maps, all right, as other people have them."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

H, W, CUTOUT_H, CUTOUT_W = 40, 52, 30, 20
_FIGURES = (
    [(40, 4), (70, 60), (50, 116), (12, 90)],
    [(8, 10), (72, 30), (30, 116)],
    [(60, 3), (76, 116), (4, 70)],
)

Pixels = NDArray[np.uint8]
Writer = Callable[[Pixels, Path], None]


def room(seed: int, height_px: int = H, width_px: int = W) -> Pixels:
    """Return a background that is like no other seed's, (h, w, 3)."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return np.asarray(cv2.resize(coarse, (width_px, height_px), interpolation=cv2.INTER_CUBIC), np.uint8)


def person(seed: int) -> Pixels:
    """Return an RGBA figure, (h, w, 4), soft at its edge, unlike its mirror and the other two's."""
    shape = np.zeros((120, 80), np.uint8)
    cv2.fillPoly(shape, [np.array(_FIGURES[seed % 3], np.int32)], 255)
    size = CUTOUT_W, CUTOUT_H
    alpha = cv2.resize(cv2.GaussianBlur(shape, (0, 0), 1.5), size, interpolation=cv2.INTER_AREA)
    colours = np.random.default_rng(90 + seed).integers(0, 256, (5, 4, 3), np.uint8)
    return np.dstack([cv2.resize(colours, size), alpha]).astype(np.uint8)


def write_as_it_is(pixels: Pixels, path: Path) -> None:
    """Write pixels in the format of the path's suffix; JPEGs without transparency."""
    image = Image.fromarray(pixels)
    image.save(path, quality=95) if path.suffix.lower() in (".jpg", ".jpeg", ".webp") else image.save(path)


@dataclass(frozen=True)
class ForeignSet:
    """A set of pictures as somebody arranged it.

    Attributes:
        paths: Kind -> the path of its pictures, with {b}, {f}, {k}, {flip} and {n} for background, cut-out, placement,
            the mark of a flip, and a running number of the composites; kinds that are left out aren't made.
        flips: The marks of the cut-outs and of their flips; one mark alone where there are no flips.
        first: The first number of each series.
        writers: Kind -> how its pictures are written, where that isn't plain.
        counts: How many backgrounds, cut-outs and placements.
    """

    paths: Mapping[str, str]
    flips: tuple[str, ...] = ("",)
    first: int = 1
    writers: Mapping[str, Writer] = field(default_factory=dict)
    counts: tuple[int, int, int] = (3, 3, 2)

    def make(self, root: Path) -> Path:
        """Write all pictures under a folder."""
        for kind, fields, pixels in self._pictures():
            if kind in self.paths:
                path = root / self.paths[kind].format(**fields)
                path.parent.mkdir(parents=True, exist_ok=True)
                if path.exists():  # a flip that is no file of its own
                    continue
                self.writers.get(kind, write_as_it_is)(pixels, path)
        return root

    def _pictures(self) -> Iterator[tuple[str, dict[str, object], Pixels]]:
        backgrounds, cutouts, placements = self.counts
        for b in range(backgrounds):
            fields: dict[str, object] = {"b": b + self.first}
            yield "bg", fields, room(b)
            yield "background_depth", fields, np.full((H, W), 40 + b, np.uint8)
        for f in range(cutouts):
            for flip in range(len(self.flips)):
                fields = {"f": f + self.first, "flip": self.flips[flip]}
                yield "fg", fields, cutout(f, flip)
                yield "fg_mask", fields, np.where(cutout(f, flip)[..., 3] >= 128, 255, 0).astype(np.uint8)
        n = self.first
        for b in range(backgrounds):
            for f in range(cutouts):
                for flip in range(len(self.flips)):
                    for k in range(placements):
                        numbers = b + self.first, f + self.first, k + self.first
                        fields = dict(zip("bfk", numbers, strict=True)) | {"flip": self.flips[flip], "n": n}
                        n += 1
                        for kind, pixels in composite(b, f, flip, k).items():
                            yield kind, fields, pixels


@cache
def cutout(f: int, flip: int) -> Pixels:
    """Return a cut-out, or its flip."""
    return np.ascontiguousarray(person(f)[:, ::-1] if flip else person(f))


def composite(b: int, f: int, flip: int, k: int) -> dict[str, Pixels]:
    """Return a composite with its mask and its depth map."""
    y, x = 2 + 3 * k, 4 + 9 * k + 2 * f
    alpha = np.zeros((H, W, 1), np.float32)
    colours = np.zeros((H, W, 3), np.float32)
    rows, columns = slice(y, y + CUTOUT_H), slice(x, x + CUTOUT_W)
    alpha[rows, columns, 0] = cutout(f, flip)[..., 3] / 255
    colours[rows, columns] = cutout(f, flip)[..., :3]
    image = np.round(alpha * colours + (1 - alpha) * room(b)).astype(np.uint8)
    mask = np.where(alpha[..., 0] >= 0.5, 255, 0).astype(np.uint8)
    depth = np.where(mask > 0, 60, np.add.outer(np.arange(H), np.arange(W)) + 70 + b).astype(np.uint8)
    return {"image": image, "mask": mask, "depth": depth}


def packed(root: Path, suffix: str, each_folder: bool = False) -> Path:
    """Pack all files under a folder into `all.zip` or `all.tar`, or each folder into a pack; leave the packs alone."""
    files = sorted(path for path in root.rglob("*") if path.is_file())
    packs: dict[str, list[Path]] = {}
    for file in files:
        inside = file.relative_to(root)
        packs.setdefault(inside.parts[0] if each_folder else "all", []).append(inside)
    for name, members in packs.items():
        if suffix == "zip":
            with zipfile.ZipFile(root / f"{name}.zip", "w") as archive:
                for member in members:
                    archive.write(root / member, str(member))
        else:
            with tarfile.open(root / f"{name}.tar", "w") as tar:
                for member in members:
                    tar.add(root / member, str(member))
    for file in files:
        file.unlink()
    for folder in sorted((path for path in root.rglob("*") if path.is_dir()), reverse=True):
        folder.rmdir()
    return root
