"""What is asked of an export, and its form in export.json."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bgfg.data_manifests.corpus.selection import Selection


@dataclass(frozen=True)
class ExportRequest:
    """What is asked of one export.

    Attributes:
        format_name: Name of the format.
        selection: Which samples.
        image: Format of composites and backgrounds, "jpeg" or "png" (lossless).
        quality: Quality of JPEG, 1..100.
        grey: Whether pictures have one channel (BT.601 luma).
        depth_bits: 8 (linear over the range, JPEG where pictures are files), 16 (millimetres, PNG where pictures are
            files), or None for no depth.
    """

    format_name: str
    selection: Selection
    image: str = "jpeg"
    quality: int = 95
    grey: bool = False
    depth_bits: int | None = None

    def record(self) -> dict[str, Any]:
        """Return the request as plain JSON data."""
        selection = self.selection
        return {
            "as": self.format_name,
            "split": list(selection.splits),
            "samples": None if selection.samples is None else list(selection.samples),
            "where": [str(condition) for condition in selection.filters],
            "image": self.image,
            "quality": self.quality,
            "grey": self.grey,
            "depth_bits": self.depth_bits,
        }
