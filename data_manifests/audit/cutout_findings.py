"""Findings about cut-outs that can be used, but aren't right: what `bgfg plan` warns of, said in an audit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.cutout_defects import HAZE, MARGINS, PREMULTIPLIED, WHITE_MATTE, find_defects
from bgfg.data_manifests.terminal.findings import Finding

_MESSAGES = {
    PREMULTIPLIED: "colours premultiplied by alpha: edges come out dark",
    WHITE_MATTE: "edges blended with white: they come out bright",
    HAZE: "a faint haze far from the figure",
    MARGINS: "wide transparent margins: the figure comes out small",
}
_REMEDY = "`bgfg plan --fix-cutouts` undoes it"


def defect_findings(path: str, pixels: NDArray[np.uint8]) -> list[Finding]:
    """Return a warning for each defect of a cut-out (H, W, 4) uint8; none for a picture without transparency."""
    if pixels.shape[2] != 4 or pixels[..., 3].max() == 0 or pixels[..., 3].min() == 255:
        return []
    return [Finding("warning", defect, path, f"{_MESSAGES[defect]}; {_REMEDY}") for defect in find_defects(pixels)]
