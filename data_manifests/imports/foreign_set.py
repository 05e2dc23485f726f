"""A foreign set of pictures: its samples, and the backgrounds and cut-outs that are known of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

# What names of files may have on every system and in every archive; others become an underscore.
_UNSAFE = re.compile(r"[^A-Za-z0-9 ._+()@=-]+")
_LONGEST_STEM = 80  # tar files have room for 100 bytes


@dataclass(frozen=True)
class ForeignPicture:
    """A background or a cut-out of its own.

    Attributes:
        path: Relative to the folder.
        name: Name that the corpus gives it, that of the file if that will do.
        flip_of: Of a flipped cut-out, the number of its original, if that is there.
    """

    path: str
    name: str
    flip_of: int | None = None


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


@dataclass(frozen=True)
class ForeignSet:
    """What was found of a foreign set.

    Attributes:
        samples: Its samples, in natural order of their paths.
        backgrounds: The backgrounds that are there as pictures.
        cutouts: The cut-outs that are there as pictures.
        notes: A line for each thing that was decided or passed over.
        depth_scale_m: Metres of one unit of the depth maps, where the set itself says it.
    """

    samples: Sequence[ForeignSample]
    backgrounds: Sequence[ForeignPicture] = ()
    cutouts: Sequence[ForeignPicture] = ()
    notes: Sequence[str] = ()
    depth_scale_m: float | None = None


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
        own = PurePosixPath(path)
        suffix = _UNSAFE.sub("_", own.suffix.lower())
        stem = _UNSAFE.sub("_", own.stem).strip(" .")[:_LONGEST_STEM] or "picture"
        candidate, number = stem, 1
        while candidate.lower() in taken:
            number += 1
            candidate = f"{stem}-{number}"
        taken.add(candidate.lower())
        names.append(candidate + suffix)
    return names
