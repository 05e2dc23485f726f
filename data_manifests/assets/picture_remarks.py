"""What is remarked about a single picture while it is prepared for a corpus."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.assets.prepared_assets import AssetKind, AssetRemark
from bgfg.data_manifests.images.cutout_defects import find_defects
from bgfg.data_manifests.images.light import is_enlarged_too_much, is_nearly_black
from bgfg.data_manifests.images.pixels import LoadedPicture
from bgfg.data_manifests.terminal.findings import Finding

# Checks the pixels of a cut-out, (H, W, 4) uint8, which is called by its path in the findings.
CutoutCheck = Callable[[str, NDArray[np.uint8]], Sequence[Finding]]


def no_check(_path: str, _rgba: NDArray[np.uint8]) -> Sequence[Finding]:
    """Find nothing."""
    return ()


def picture_remarks(
    kind: AssetKind, file: str, seen: LoadedPicture, fitted: NDArray[np.uint8]
) -> tuple[AssetRemark, ...]:
    """Return what there is to remark about a background or a cut-out.

    Args:
        kind: Which of the two.
        file: Name of its file.
        seen: What was read.
        fitted: (h, w, C) uint8, what was prepared of it.
    """
    found = []
    if seen.profile:
        text = f"have the colour profile {seen.profile}: converted to sRGB"
        found.append(AssetRemark(kind, file, "note", "colour-profile", text))
    if seen.fault:
        found.append(AssetRemark(kind, file, "warning", "fault", f"have a {seen.fault}"))
    if is_nearly_black(seen.pixels):
        found.append(AssetRemark(kind, file, "warning", "nearly-black"))
    if is_enlarged_too_much(seen.pixels.shape, fitted.shape):
        found.append(AssetRemark(kind, file, "warning", "tiny"))
    return tuple(found)


def cutout_remarks(
    file: str, seen: LoadedPicture, fitted: NDArray[np.uint8], check: CutoutCheck
) -> tuple[AssetRemark, ...]:
    """Return what there is to remark about a cut-out; `check` is a further check, the rest as for `picture_remarks`."""
    defects = (AssetRemark("cutout", file, "warning", defect) for defect in find_defects(seen.pixels))
    further = (
        AssetRemark("cutout", file, finding.severity, finding.check, f"have this finding: {finding.message}")
        for finding in check(file, seen.pixels)
    )
    return (*picture_remarks("cutout", file, seen, fitted), *defects, *further)
