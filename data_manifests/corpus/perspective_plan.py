"""A corpus under the rule `perspective`: its people and its floors, and which backgrounds have none for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from bgfg.data_manifests.corpus.assets import Prepared, without_backgrounds
from bgfg.data_manifests.placement.floor import Floor, NoFloor
from bgfg.data_manifests.placement.floor_points import Stage
from bgfg.data_manifests.placement.perspective import PERSON_M, Figure, Standpoints, figures, find_floors
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import Progress, silent
from numpy.typing import NDArray


@dataclass(frozen=True)
class Staging:
    """People of a corpus and where they stand. fov_deg: as told, None where it was estimated for each background.

    depth_mm: (B, H, W) uint16. Of each background only the floor is kept: a stage, which is made of it in a moment, is
    larger than the picture.
    """

    seed: int
    placements: int
    fov_deg: float | None
    people: Sequence[Figure]
    floors: Sequence[Floor]
    depth_mm: NDArray[np.uint16]

    @classmethod
    def of(
        cls,
        seed: int,
        placements: int,
        fov_deg: float | None,
        cutout: NDArray[np.uint8],
        sizes_px: NDArray[np.int32],
        depth_mm: NDArray[np.uint16],
        progress: Progress = silent,
    ) -> Staging:
        """Find the floors of a corpus whose backgrounds all have one; raises NoFloor where one hasn't.

        cutout: (F, h, w, 4) uint8; sizes_px: (F, 2) int32, height and width; depth_mm: (B, H, W) uint16.
        """
        people = figures(seed, cutout[..., 3], sizes_px)
        floors = []
        for found in find_floors(depth_mm, people, fov_deg, progress):
            if isinstance(found, NoFloor):
                raise found
            floors.append(found)
        return cls(seed, placements, fov_deg, people, floors, depth_mm)

    def on(self, b: int) -> Standpoints:
        """Return where cut-outs stand on background `b`."""
        return Standpoints(Stage(self.depth_mm[b], self.floors[b]), self.people, self.seed, b, self.placements)

    def describe(self) -> str:
        """Say in one line what was found and what was assumed."""
        low, high = PERSON_M
        heights = _range([floor.camera_height_m for floor in self.floors], 1)
        fov = _range([floor.fov_deg for floor in self.floors], 0)
        origin = "estimated; --fov-deg N tells it" if self.fov_deg is None else "as told"
        return (
            f"perspective: people of {low} to {high} m stand on the floors of all {len(self.floors)} backgrounds, seen "
            f"from {heights} m above them with a field of view of {fov} degrees ({origin})"
        )


def staged(
    prepared: Prepared,
    bg: Path,
    seed: int,
    placements: int,
    fov_deg: float | None,
    skip_bad: bool,
    progress: Progress = silent,
) -> tuple[Prepared, Staging]:
    """Return what was prepared and its staging.

    bg: the folder of the backgrounds, for what is said. Backgrounds without a floor are left out with `skip_bad`;
    otherwise a Problem names each of them, as it does where none remains.
    """
    people = figures(seed, prepared.cutout[..., 3], prepared.cutout_size)
    found = find_floors(_depth_mm(prepared), people, fov_deg, progress)
    reasons = {b: str(reason) for b, reason in enumerate(found) if isinstance(reason, NoFloor)}
    files = [asset.file for asset in prepared.assets if asset.kind == "background"]
    if reasons and (not skip_bad or len(reasons) == len(found)):
        hint = "." if skip_bad else ", or pass --skip-bad to leave such backgrounds out."
        lines = (f"{bg / files[b]}: {reason}. Move it away, give --placement random" for b, reason in reasons.items())
        raise Problem(*(line + hint for line in lines))
    kept = without_backgrounds(prepared, reasons) if reasons else prepared
    floors = [floor for floor in found if isinstance(floor, Floor)]
    return kept, Staging(seed, placements, fov_deg, people, floors, _depth_mm(kept))


def _depth_mm(prepared: Prepared) -> NDArray[np.uint16]:
    if prepared.background_depth is None:
        raise ValueError("the backgrounds have no depth")
    return prepared.background_depth


def _range(values: Sequence[float], digits: int) -> str:
    low, high = (f"{limit:.{digits}f}" for limit in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"
