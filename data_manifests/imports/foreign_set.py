"""A foreign set of pictures: its samples, and the backgrounds and cut-outs that are known of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# What names of files may have on every system and in every archive; others become an underscore.
_UNSAFE = re.compile(r"[^A-Za-z0-9 ._+()@=-]+")
_LONGEST_STEM = 80  # tar files have room for 100 bytes


class ForeignCamera(NamedTuple):
    """The camera of a background.

    Attributes:
        focal_px: Its focal length, in pixels of a composite of that size.
        source: Where that is from, one of FOCAL_SOURCES.
        size_px: Height and width of the composite.
    """

    focal_px: float
    source: str
    size_px: tuple[int, int]

    def focal_in(self, height_px: int, width_px: int) -> float:
        """Return the focal length where composites are cropped about their centre to this size, and resized."""
        return self.focal_px * max(height_px / self.size_px[0], width_px / self.size_px[1])


@dataclass(frozen=True)
class ForeignPicture:
    """A background or a cut-out of its own.

    Attributes:
        path: Relative to the folder.
        name: Name that the corpus gives it, that of the file if that will do.
        flip_of: Of a flipped cut-out, the number of its original, if that is there.
        label: Class of a cut-out, where the set says it.
        camera: Camera of a background, likewise.
    """

    path: str
    name: str
    flip_of: int | None = None
    label: str | None = None
    camera: ForeignCamera | None = None


@dataclass(frozen=True)
class ForeignSample:
    """A composite with what belongs to it; paths are relative to the folder.

    Attributes:
        name: Name that the corpus gives it, that of the file if that will do; its stem is unique.
        image: Path of the composite.
        mask: Path of its mask; None where it has annotations in its place.
        depth: Path of its depth map; None where there is none.
        instance: Path of its picture of instances, likewise.
        background: Number of its background; None where names don't tell it.
        cutout: Number of its cut-out, likewise.
        flipped: Whether its name says that the cut-out is mirrored.
        split: Split that its folder or file says, one of train, val and test; None where none does.
        label: Class of its first object, where the set says it.
    """

    name: str
    image: str
    mask: str | None
    depth: str | None = None
    instance: str | None = None
    background: int | None = None
    cutout: int | None = None
    flipped: bool | None = None
    split: str | None = None
    label: str | None = None


@dataclass(frozen=True)
class ForeignObjects:
    """The objects of a set of which more is known than their pixels, ascending by sample.

    Attributes:
        samples: (n,) int64, number of the sample of each.
        numbers: (n,) int64, its number in that, from 1 on.
        cutouts: (n,) int64, number of its cut-out; UNKNOWN less the number of its class, from 0 on, where that alone is
            known.
    """

    samples: NDArray[np.int64]
    numbers: NDArray[np.int64]
    cutouts: NDArray[np.int64]

    def of(self, samples: range) -> ForeignObjects:
        """Return the objects of consecutive samples."""
        rows = slice(*np.searchsorted(self.samples, [samples.start, samples.stop]))
        return ForeignObjects(self.samples[rows], self.numbers[rows], self.cutouts[rows])

    def of_kept(self, kept: Sequence[int]) -> ForeignObjects:
        """Return the objects of the samples that are kept, ascending, which are numbered anew."""
        rows = np.isin(self.samples, kept)
        numbered = np.searchsorted(np.array(kept), self.samples[rows])
        return ForeignObjects(numbered.astype(np.int64), self.numbers[rows], self.cutouts[rows])


@dataclass(frozen=True)
class ForeignSet:
    """What was found of a foreign set.

    Attributes:
        samples: Its samples, in natural order of their paths.
        backgrounds: The backgrounds that are there as pictures.
        cutouts: The cut-outs that are there as pictures.
        notes: A line for each thing that was decided or passed over.
        depth_scale_m: Metres of one unit of the depth maps, where the set itself says it.
        classes: What cut-outs and objects show, in the order of their numbers; None where the set doesn't say it.
        objects: Objects of which their cut-out or class is known, where the set says it beside the pictures.
    """

    samples: Sequence[ForeignSample]
    backgrounds: Sequence[ForeignPicture] = ()
    cutouts: Sequence[ForeignPicture] = ()
    notes: Sequence[str] = ()
    depth_scale_m: float | None = None
    classes: tuple[str, ...] | None = None
    objects: ForeignObjects | None = None


def unique_names(paths: Iterable[str]) -> list[str]:
    """Return names for files: their own, made safe for every system, and with a number where two have one stem.

    Args:
        paths: Relative paths.

    Returns:
        Names whose stems differ, letter case aside.
    """
    taken: set[str] = set()
    names = []
    for path in paths:
        file = path.rpartition("/")[2]
        stem, _, suffix = file.rpartition(".")
        stem, suffix = (stem, f".{suffix}") if stem and suffix else (file, "")
        suffix = _UNSAFE.sub("_", suffix.lower())
        stem = _UNSAFE.sub("_", stem).strip(" .")[:_LONGEST_STEM] or "picture"
        candidate, number = stem, 1
        while candidate.lower() in taken:
            number += 1
            candidate = f"{stem}-{number}"
        taken.add(candidate.lower())
        names.append(candidate + suffix)
    return names
