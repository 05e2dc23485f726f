"""What an evaluation judges: a file of weights, by its name and its content, and how these look at pictures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bgfg.data_manifests.files.checksum import file_sha256
from bgfg.data_manifests.terminal.errors import printable


def describe_weights(file: Path) -> dict[str, str]:
    """Return the entries on a checkpoint file in `about` of a report."""
    return {"weights": printable(file.name), "weights_sha256": file_sha256(file)}


def describe_looks(closer_look: bool, mirrored: bool, as_predicted: bool) -> str:
    """Return how pictures are looked at, in words, the entry `looks` in `about` of a report.

    Args:
        closer_look: Whether the network is one that `bgfg predict` has look closer.
        mirrored: Whether it is one that looks at mirrored pictures too.
        as_predicted: Whether pictures are looked at as `bgfg predict` does it; otherwise once, plainly.
    """
    more = " and ".join(name for name, is_so in (("mirrored", mirrored), ("closer", closer_look)) if is_so)
    if as_predicted:
        return f"{more} too, as bgfg predict" if more else "once, as bgfg predict"
    return f"once, where bgfg predict looks {more} too" if more else "once"


def judged_weights(about: Mapping[str, str]) -> str:
    """Return which weights were judged, in words, from `about` of a report."""
    return f"{about['weights']}, SHA-256 {about['weights_sha256'][:16]}"


def judged_line(about: Mapping[str, str]) -> str:
    """Return a line on what was judged, and how it looks, from `about` of a report."""
    return f"Judged: {judged_weights(about)}; looks: {about['looks']}"
