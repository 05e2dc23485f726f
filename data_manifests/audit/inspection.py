"""Results of reading pictures, gathered from any number of parts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.audit.paired_sizes import SizePair
from bgfg.data_manifests.terminal.findings import Finding


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
