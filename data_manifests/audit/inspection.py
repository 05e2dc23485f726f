"""Results of reading pictures, gathered from any number of parts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.audit.paired_sizes import SizePair
from bgfg.data_manifests.audit.picture_entry import PictureEntry
from bgfg.data_manifests.terminal.findings import Finding

_PICTURES_PER_PART = 200


class Thumbnail(NamedTuple):
    """A small copy of a background or cut-out, by which duplicates are found.

    Attributes:
        path: Path of the picture in its tree.
        kind: Its kind.
        sha256: SHA-256 of its file.
        pixels: (h, w, 3) RGB or (h, w, 4) RGBA uint8.
    """

    path: str
    kind: str
    sha256: str
    pixels: NDArray[np.uint8]


@dataclass
class Inspection:
    """What reading some pictures gave.

    Attributes:
        findings: What is wrong with single pictures.
        modes: (kind, Pillow's mode) -> paths of the pictures that have it.
        sizes: (kind, width and height in px as "WxH") -> paths of the pictures that have it.
        thumbnails: Small copies of backgrounds and cut-outs.
        size_pairs: Sizes of masks and depth maps beside those of what they belong to.
        opaque: Findings of cut-outs without transparency that have a mask.
    """

    findings: list[Finding] = field(default_factory=list)
    modes: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    sizes: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    thumbnails: list[Thumbnail] = field(default_factory=list)
    size_pairs: list[SizePair] = field(default_factory=list)
    opaque: list[Finding] = field(default_factory=list)

    def add(self, other: Inspection) -> None:
        """Add what another part gave."""
        self.findings += other.findings
        self.thumbnails += other.thumbnails
        self.size_pairs += other.size_pairs
        self.opaque += other.opaque
        for mine, theirs in ((self.modes, other.modes), (self.sizes, other.sizes)):
            for key, paths in theirs.items():
                mine[key] += paths


class PictureParts:
    """The pictures of a tree in parts: first runs of backgrounds and cut-outs, then of samples.

    Attributes:
        picture_count: Number of pictures.
    """

    def __init__(self, assets: Sequence[PictureEntry], samples: Sequence[Sequence[PictureEntry]]) -> None:
        self._assets, self._samples = assets, samples
        self._asset_parts = -(-len(assets) // _PICTURES_PER_PART)
        self.picture_count = len(assets) + sum(map(len, samples))

    def __len__(self) -> int:
        return self._asset_parts + -(-len(self._samples) // _PICTURES_PER_PART)

    def assets_of(self, part: int) -> Sequence[PictureEntry]:
        """Return the backgrounds and cut-outs of a part."""
        return self._assets[part * _PICTURES_PER_PART : (part + 1) * _PICTURES_PER_PART]

    def samples_of(self, part: int) -> Sequence[Sequence[PictureEntry]]:
        """Return the samples of a part, each the pictures that are compared with one another."""
        start = (part - self._asset_parts) * _PICTURES_PER_PART
        return self._samples[start : start + _PICTURES_PER_PART] if start >= 0 else ()

    def entries_of(self, part: int) -> list[PictureEntry]:
        """Return the pictures of a part."""
        return [*self.assets_of(part), *(entry for entries in self.samples_of(part) for entry in entries)]
