"""Which share of the measured pixels is scored, and whether that is enough to say anything."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.terminal.errors import Problem, counted, first_few
from bgfg.depth_teacher.evaluation.metrics import EvalProtocol

LEAST_SHARE = 0.5
_LEAST_MEDIAN_M = 0.1  # no sensor measures rooms that are nearer: the unit is another
_UNITS = "--depth-scale, the metres of one unit (0.001 for millimetres, 0.01 for cm, 1/5000 for TUM, 1/256 for KITTI)"


class ScoredPixels:
    """Counts of the pixels with measured depth over all pictures: how many there are, and why some aren't scored.

    Args:
        protocol: What of a picture is scored.
    """

    def __init__(self, protocol: EvalProtocol) -> None:
        self._protocol = protocol
        self.measured = self.scored = self._nearer = self._farther = 0
        self._medians_m: list[float] = []
        self._short: list[str] = []
        self._empty: list[str] = []

    def add(self, name: str, truth_m: NDArray[np.float32], valid: NDArray[np.bool_]) -> None:
        """Count a picture.

        Args:
            name: Its name.
            truth_m: Measured depth, (H, W) metres, 0 and NaN being unknown.
            valid: Which pixels are scored, (H, W).
        """
        known = truth_m[np.isfinite(truth_m) & (truth_m > 0)]
        scored = int(valid.sum())
        self.measured += len(known)
        self.scored += scored
        self._nearer += int((known <= self._protocol.near_m).sum())
        self._farther += int((known >= self._protocol.far_m).sum())
        if not len(known):
            self._empty.append(name)
            return
        self._medians_m.append(float(np.median(known, overwrite_input=True)))
        if scored < LEAST_SHARE * len(known):
            self._short.append(name)

    @property
    def share(self) -> float:
        """The share of the measured pixels that is scored, 0..1."""
        return self.scored / max(self.measured, 1)

    @property
    def median_m(self) -> float:
        """The median of the pictures' median measured depths; NaN where nothing is measured."""
        return float(np.median(self._medians_m)) if self._medians_m else float("nan")

    def describe(self) -> str:
        """Return share and median in a line."""
        return f"scored: {_percent(self.share)} of the pixels with measured depth, of a median of {self.median_m:.3g} m"

    def remarks(self) -> list[str]:
        """Return lines on pictures of which less than half, or nothing, is scored."""
        found = [(self._short, "less than half of the measured depth is scored"), (self._empty, "no depth is measured")]
        return [
            f"{counted(len(names), 'picture')} of which {what}: {first_few(names, 3)}" for names, what in found if names
        ]

    def require_enough(self, path: Path, likely: str = "") -> None:
        """Raise Problem where less than half is scored, naming the option that is most likely wrong.

        Args:
            path: Where the pictures lie.
            likely: A line on what else is wrong with them, which would explain it; "" if nothing is known.
        """
        if not self.measured:
            raise Problem(f"{path}: no pixel has measured depth: check the depth maps")
        if likely and (self.median_m < _LEAST_MEDIAN_M or self.share < LEAST_SHARE):
            raise Problem(f"{likely}; {_percent(self.share)} of it is within {self._protocol.far_m:g} m")
        if self.median_m < _LEAST_MEDIAN_M:
            raise Problem(f"{path}: measured depth of a median of {self.median_m:.3g} m, too near to be: give {_UNITS}")
        if self.share >= LEAST_SHARE:
            return
        near_m, far_m = self._protocol.near_m, self._protocol.far_m
        said = f"{path}: {_percent(self.share)} of the measured pixels are scored, less than half"
        outside = self.measured - self.scored - self._nearer - self._farther
        if self._farther >= max(outside, self._nearer):
            raise Problem(
                f"{said}: {_percent(self._farther / self.measured)} are out of range, beyond {far_m:g} m, "
                f"with a median of {self.median_m:.4g} m: give {_UNITS}, or a larger --cap"
            )
        if self._nearer >= outside:
            raise Problem(f"{said}: the others are out of range, nearer than {near_m:g} m: give {_UNITS}")
        raise Problem(f"{said}: the others are outside the crop: give --crop none")


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
