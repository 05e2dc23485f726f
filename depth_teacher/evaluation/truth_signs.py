"""Signs that measured depth isn't what it is taken for: near stands for far, or its unit is too small."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bgfg.depth_teacher.evaluation.metrics import ordinal_agreement

# Those that don't look at pictures agree with nearly all measured depth in more pairs than these: floors are near.
_LEAST_AGREEMENT = 0.4
# Rooms in centimetres that are taken for millimetres are that near, and deep for it; close-ups are near and flat.
_NEAR_M, _DEEP = 0.6, 2.5
_NOTHING = 0.02  # of the pixels


class TruthSigns:
    """What measured depth and all estimates of it have in common, picture by picture."""

    def __init__(self) -> None:
        self._agreements: defaultdict[str, list[float]] = defaultdict(list)
        self._spreads: list[float] = []

    def add_truth(self, truth_m: NDArray[np.float32]) -> None:
        """Note a picture's measured depth, (H, W) metres, 0 and NaN being unknown."""
        truth = truth_m[_known(truth_m)]
        if len(truth):
            nearest, farthest = np.quantile(truth, (0.02, 0.98), overwrite_input=True)
            self._spreads.append(float(farthest / nearest))

    def add_order(self, name: str, order: NDArray[np.float32], truth_m: NDArray[np.float32]) -> None:
        """Note an estimate of a picture.

        Args:
            name: Name of the teacher.
            order: What says which of two pixels is farther, (H, W); near and far don't matter.
            truth_m: Measured depth, (H, W) metres, 0 and NaN being unknown.
        """
        known = _known(truth_m)
        if known.any():
            self._agreements[name].append(ordinal_agreement(order[known], truth_m[known]))

    def reversed_line(self, path: Path) -> str:
        """Return a line where everybody, also those that don't look, says far where the truth says near; else ""."""
        means = [float(np.nanmean(found)) for found in self._agreements.values() if not np.isnan(found).all()]
        if len(means) < 2 or not max(means) < _LEAST_AGREEMENT:
            return ""
        shares = ", ".join(f"{mean:.2f}" for mean in means)
        return (
            f"{path}: near and far seem to be swapped in the measured depth (ordinal agreement of {shares}): give "
            "--inverse-depth if its values are inverse depth or disparity; turn it if it lies upside down"
        )

    def too_near_line(self, path: Path, median_m: float, averages: Iterable[Mapping[str, float]]) -> str:
        """Return a line where the truth is too near for all estimates, and deeper than close-ups are; else "".

        Args:
            path: Where it lies.
            median_m: The median measured depth.
            averages: The mean metrics of each estimate, not aligned.
        """
        nobody = all(average["delta3"] < _NOTHING for average in averages)
        if not (median_m < _NEAR_M and nobody and float(np.median(self._spreads)) > _DEEP):
            return ""
        return (
            f"{path}: measured depth of a median of {median_m:.3g} m, which no estimate comes near: if these are no "
            "close-ups the unit is larger: give --depth-scale, 0.01 for centimetres, or the metres that 1 stands for"
        )


def _known(truth_m: NDArray[np.float32]) -> NDArray[np.bool_]:
    return np.isfinite(truth_m) & (truth_m > 0)
