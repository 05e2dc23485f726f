"""What is asked of an export, and how that is written down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bgfg.data_manifests.corpus.selection import Selection

IMAGE_FORMATS = ("jpeg", "png")
DEPTH_BITS = (8, 16)


@dataclass(frozen=True)
class Request:
    """One export.

    way: what form it takes. image: the format of composites and backgrounds, "jpeg" or "png" (lossless); quality: of
    JPEG, 1..100. grey: one channel (BT.601 luma). depth_bits: 8 (linear over the range, JPEG where pictures are
    files), 16 (millimetres, PNG where pictures are files), or None for no depth.
    """

    way: str
    selection: Selection
    image: str = "jpeg"
    quality: int = 95
    grey: bool = False
    depth_bits: int | None = None

    def record(self) -> dict[str, Any]:
        """Return it as plain JSON data."""
        selection = self.selection
        return {
            "as": self.way,
            "split": list(selection.splits),
            "samples": None if selection.samples is None else list(selection.samples),
            "where": [str(condition) for condition in selection.filters],
            "image": self.image,
            "quality": self.quality,
            "grey": self.grey,
            "depth_bits": self.depth_bits,
        }
