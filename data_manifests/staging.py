"""A corpus under the rule `perspective`: its people and its stages, and what of the backgrounds can be none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data_manifests.assets import Prepared, without_backgrounds
from data_manifests.floor import NoFloor
from data_manifests.perspective import PERSON_M, Figure, Standpoints, figures, find_stages
from data_manifests.problem import Problem
from data_manifests.stage import Stage


@dataclass(frozen=True)
class Staging:
    """People and stages of a corpus. fov_deg: as told, None where it was estimated for each background."""

    seed: int
    placements: int
    fov_deg: float | None
    people: Sequence[Figure]
    stages: Sequence[Stage]

    @classmethod
    def of(
        cls,
        seed: int,
        placements: int,
        fov_deg: float | None,
        cutout: NDArray[np.uint8],
        sizes_px: NDArray[np.int32],
        depth_mm: NDArray[np.uint16],
    ) -> Staging:
        """Find the stages of a corpus whose backgrounds all are some; raises NoFloor where one isn't.

        cutout: (F, h, w, 4) uint8; sizes_px: (F, 2) int32, height and width; depth_mm: (B, H, W) uint16.
        """
        people = figures(seed, cutout[..., 3], sizes_px)
        stages = find_stages(depth_mm, people, fov_deg)
        for found in stages:
            if isinstance(found, NoFloor):
                raise found
        return cls(seed, placements, fov_deg, people, [stage for stage in stages if isinstance(stage, Stage)])

    def on(self, b: int) -> Standpoints:
        """Return where cut-outs stand on background `b`."""
        return Standpoints(self.stages[b], self.people, self.seed, b, self.placements)

    def describe(self) -> str:
        """Say in one line what was found and what was assumed."""
        low, high = PERSON_M
        heights = _range([stage.floor.camera_height_m for stage in self.stages], 1)
        fov = _range([stage.floor.fov_deg for stage in self.stages], 0)
        origin = "estimated; --fov-deg N tells it" if self.fov_deg is None else "as told"
        return (
            f"perspective: people of {low} to {high} m stand on the floors of all {len(self.stages)} backgrounds, seen "
            f"from {heights} m above them with a field of view of {fov} degrees ({origin})"
        )


def staged(
    prepared: Prepared, bg: Path, seed: int, placements: int, fov_deg: float | None, skip_bad: bool
) -> tuple[Prepared, Staging]:
    """Return what was prepared and its staging.

    bg: the folder of the backgrounds, for what is said. Backgrounds that are no stage are left out with `skip_bad`;
    otherwise a Problem names each of them, as it does where none remains.
    """
    if prepared.background_depth is None:
        raise ValueError("the backgrounds have no depth")
    people = figures(seed, prepared.cutout[..., 3], prepared.cutout_size)
    found = find_stages(prepared.background_depth, people, fov_deg)
    reasons = {b: str(stage) for b, stage in enumerate(found) if isinstance(stage, NoFloor)}
    files = [asset.file for asset in prepared.assets if asset.kind == "background"]
    if reasons and (not skip_bad or len(reasons) == len(found)):
        hint = "." if skip_bad else ", or pass --skip-bad to leave such backgrounds out."
        lines = (f"{bg / files[b]}: {reason}. Move it away, give --placement random" for b, reason in reasons.items())
        raise Problem(*(line + hint for line in lines))
    kept = without_backgrounds(prepared, reasons) if reasons else prepared
    return kept, Staging(seed, placements, fov_deg, people, [stage for stage in found if isinstance(stage, Stage)])


def _range(values: Sequence[float], digits: int) -> str:
    low, high = (f"{limit:.{digits}f}" for limit in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"
