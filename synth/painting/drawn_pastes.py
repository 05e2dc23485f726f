"""What was drawn for all that is pasted on one background, as columns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.resampling.affine_warp import MILLI, cos_sin_each
from bgfg.synth.painting.shadow import contact_darkness

# A paste as painted_scenes.c takes it; `figure` is filled in block by block.
_PASTE = np.dtype([
    ("figure", "=u8"), ("around_mean", "=f8", 3), ("around_deviation", "=f8", 3), ("share", "=f8"), ("cos", "=f8"),
    ("sin", "=f8"), ("scale", "=i4"), ("corner_px", "=i4", 2), ("darkness", "=i4"), ("is_labelled", "=i4"),
    ("sample", "=i4"),
])  # fmt: skip


@dataclass(frozen=True)
class DrawnPastes:
    """Pastes in the order of samples, and within a sample from the back: n of each array.

    Attributes:
        samples: Numbers of their samples, counted from the first one.
        is_labelled: Whether each is labelled; those that aren't come first in their sample.
        cutouts: Numbers of the cut-outs.
        boxes_px: (n, 4) x, y, width and height.
        scales_milli: In thousandths.
        rotations_mdeg: In thousandths of a degree, counter-clockwise.
        colour_match_milli: How far colours go, in thousandths.
        shadow_milli: Darkness of the shadow, in thousandths.
        around_mean: (n, 3) mean of the colours around each, 0 where none are matched.
        around_deviation: (n, 3) their deviation, so too.
    """

    samples: NDArray[np.int64]
    is_labelled: NDArray[np.bool_]
    cutouts: NDArray[np.int64]
    boxes_px: NDArray[np.int64]
    scales_milli: NDArray[np.int64]
    rotations_mdeg: NDArray[np.int64]
    colour_match_milli: NDArray[np.int64]
    shadow_milli: NDArray[np.int64]
    around_mean: NDArray[np.float64]
    around_deviation: NDArray[np.float64]

    def range_of(self, first: int, count: int) -> slice:
        """Return which of the pastes are those of samples from `first` on."""
        return slice(*self.samples.searchsorted((first, first + count)).tolist())

    @cached_property
    def structs(self) -> NDArray[np.void]:
        """The pastes as painted_scenes.c takes them, (n,), but for their figures, which are 0."""
        structs = np.zeros(len(self.samples), _PASTE)
        structs["around_mean"], structs["around_deviation"] = self.around_mean, self.around_deviation
        structs["share"] = self.colour_match_milli / MILLI
        structs["cos"], structs["sin"] = cos_sin_each(self.rotations_mdeg)
        structs["scale"], structs["corner_px"] = self.scales_milli, self.boxes_px[:, :2]
        structs["darkness"] = contact_darkness(self.shadow_milli)
        structs["is_labelled"], structs["sample"] = self.is_labelled, self.samples
        return structs

    @cached_property
    def largest_scale_milli(self) -> int:
        """The largest of their scales, 0 where there are none."""
        return int(self.scales_milli.max(initial=0))
