"""The plan of a corpus under the rule `perspective`: its people, its floors, and the backgrounds that have none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.assets.prepared_assets import PreparedAssets, without_backgrounds
from bgfg.data_manifests.images.field_of_view import field_of_view_deg
from bgfg.data_manifests.placement.floor import Floor, NoFloor
from bgfg.data_manifests.placement.floor_points import FloorPoints
from bgfg.data_manifests.placement.perspective import (
    PERSON_HEIGHT_M,
    PersonCutout,
    PerspectivePlacer,
    find_floors,
    person_cutouts,
)
from bgfg.data_manifests.placement.variety import Variety
from bgfg.data_manifests.terminal.errors import Problem, counted
from bgfg.data_manifests.terminal.progress import Progress, no_progress


@dataclass(frozen=True)
class PerspectivePlan:
    """The people of a corpus and the floors on which they stand.

    Of each background only the floor is kept: its points, which are found anew in a moment, take more memory than the
    picture.

    Attributes:
        seed: Seed of the corpus.
        placements: K.
        fov_deg: Field of view as told; None where it was estimated for each background.
        people: The F cut-outs with the heights drawn for them.
        floors: Floor of each of the backgrounds.
        depth_mm: (n, H, W) uint16, 0 unknown, of these backgrounds.
        first_background: Number of the first of them.
    """

    seed: int
    placements: int
    fov_deg: float | None
    people: Sequence[PersonCutout]
    floors: Sequence[Floor]
    depth_mm: NDArray[np.uint16]
    first_background: int = 0

    @classmethod
    def from_arrays(
        cls,
        seed: int,
        placements: int,
        fov_deg: float | None,
        cutout: NDArray[np.uint8],
        sizes_px: NDArray[np.int32],
        depth_mm: NDArray[np.uint16],
        progress: Progress = no_progress,
        first_background: int = 0,
    ) -> PerspectivePlan:
        """Find the floors of backgrounds that all have one.

        Args:
            seed: Seed of the corpus.
            placements: K.
            fov_deg: Field of view; None to estimate it for each background.
            cutout: (F, h, w, 4) uint8 RGBA.
            sizes_px: (F, 2) int32, height and width of each cut-out.
            depth_mm: (n, H, W) uint16, 0 unknown.
            progress: Shows how far it is.
            first_background: Number of the first of these backgrounds.

        Returns:
            The plan.

        Raises:
            NoFloor: A background has no floor for these cut-outs.
        """
        people = person_cutouts(seed, cutout[..., 3], sizes_px)
        floors = []
        for found in find_floors(depth_mm, people, fov_deg, progress):
            if isinstance(found, NoFloor):
                raise found
            floors.append(found)
        return cls(seed, placements, fov_deg, people, floors, depth_mm, first_background)

    def placer(self, cutouts: range, b: int, variety: Variety | None = None) -> PerspectivePlacer:
        """Return what places some cut-outs on background `b`."""
        i = b - self.first_background
        floor_points = FloorPoints(self.depth_mm[i], self.floors[i])
        places = self.placements // variety.placements_per_place if variety else self.placements
        return PerspectivePlacer(floor_points, self.people, self.seed, b, places, cutouts, variety)

    def describe(self, photos_px: Sequence[float]) -> str:
        """Say in one line what was found and what was assumed.

        Args:
            photos_px: Focal lengths of the backgrounds whose photos say one.
        """
        low, high = PERSON_HEIGHT_M
        heights = _range([floor.camera_height_m for floor in self.floors], 1)
        fov = _range([floor.fov_deg for floor in self.floors], 0)
        origin = "as told" if self.fov_deg is not None else self._describe_estimate(photos_px)
        return (
            f"perspective: people of {low} to {high} m stand on the floors of all {len(self.floors)} backgrounds, seen "
            f"from {heights} m above them with a field of view of {fov} degrees ({origin})"
        )

    def _describe_estimate(self, photos_px: Sequence[float]) -> str:
        if not photos_px:
            return "estimated from the floors; --fov-deg N tells it"
        views = _range([field_of_view_deg(px, min(self.depth_mm.shape[1:])) for px in photos_px], 0)
        said = f"EXIF data of {counted(len(photos_px), 'photo')}, {views}, are kept as cameras and place nobody"
        return f"estimated from the floors; {said}; --fov-deg N tells both"


def plan_perspective(
    prepared: PreparedAssets,
    bg: Path,
    seed: int,
    placements: int,
    fov_deg: float | None,
    skip_bad: bool,
    progress: Progress = no_progress,
) -> tuple[PreparedAssets, PerspectivePlan]:
    """Find the floors of prepared backgrounds, and leave out those without one if asked.

    Args:
        prepared: Prepared assets, with depth.
        bg: Folder of the backgrounds, for error messages.
        seed: Seed of the corpus.
        placements: K.
        fov_deg: Field of view; None to estimate it for each background.
        skip_bad: Leave out backgrounds without a floor.
        progress: Shows how far it is.

    Returns:
        The assets that are kept, and the plan for them.

    Raises:
        Problem: A background has no floor, and `skip_bad` isn't set or none would remain; a line for each.
    """
    people = person_cutouts(seed, prepared.cutout[..., 3], prepared.cutout_sizes_px)
    found = find_floors(_depth_mm(prepared), people, fov_deg, progress)
    reasons = {b: str(reason) for b, reason in enumerate(found) if isinstance(reason, NoFloor)}
    files = [asset.file for asset in prepared.assets if asset.kind == "background"]
    if reasons and (not skip_bad or len(reasons) == len(found)):
        hint = "." if skip_bad else ", or pass --skip-bad to leave such backgrounds out."
        lines = (f"{bg / files[b]}: {reason}. Move it away, give --placement random" for b, reason in reasons.items())
        raise Problem(*(line + hint for line in lines))
    kept = without_backgrounds(prepared, reasons) if reasons else prepared
    floors = [floor for floor in found if isinstance(floor, Floor)]
    return kept, PerspectivePlan(seed, placements, fov_deg, people, floors, _depth_mm(kept))


def _depth_mm(prepared: PreparedAssets) -> NDArray[np.uint16]:
    if prepared.background_depth is None:
        raise ValueError("the backgrounds have no depth")
    return prepared.background_depth


def _range(values: Sequence[float], digits: int) -> str:
    low, high = (f"{limit:.{digits}f}" for limit in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"
