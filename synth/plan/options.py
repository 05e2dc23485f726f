"""The options of a plan, validated when they are made."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from bgfg.data_manifests.assets.classes import BACKGROUND_LABEL
from bgfg.data_manifests.corpus.splits import parse_shares
from bgfg.data_manifests.images.class_folders import SUBFOLDERS, ClassFolders, class_label
from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.data_manifests.placement.random_grid import GRID_PLACEMENTS
from bgfg.data_manifests.placement.rule import RULES
from bgfg.data_manifests.placement.variety import Variety
from bgfg.data_manifests.terminal.errors import Problem

# What a worker holds a pixel of the frame: K images and masks (and instances, where samples have several cut-outs), and
# the background with its integral images. With its libraries a worker is to stay under 300 MB.
_BYTES_PER_PLACEMENT, _BYTES_PER_FRAME = 4, 51
_LARGEST_BLOCK_BYTES = 150_000_000

# Places in a cut-out that is turned are 32-bit numbers of 65,536ths of a pixel.
_LARGEST_VARIED_PX = 8_192

# Height of the cut-outs as a share of the frame's that the defaults have: what is advised for other sizes.
_USUAL_SHARE = 110 / 224


@dataclass(frozen=True)
class ExtendOptions:
    """What a corpus is extended by; the rest is as it was planned.

    Making it raises Problem (exit code 2) where an option makes no sense.

    Attributes:
        bg: Folder of further backgrounds, None for none.
        fg: Folder of further cut-outs, None for none.
        bg_depth: Folder of depth maps under the new backgrounds' names, None for none.
        depth_scale_m: Metres of one unit of the depth maps.
        skip_bad: Whether pictures that can't be used are left out.
        fix_cutouts: Whether defects of cut-outs are undone; they are where that was done before.
        label: Class of the new cut-outs that no sub-folder of `fg` gives one; None for the default.
        subfolders: What the sub-folders of `fg` are, one of SUBFOLDERS; None where that has to be plain.
    """

    bg: Path | None = None
    fg: Path | None = None
    bg_depth: Path | None = None
    depth_scale_m: float = 0.001
    skip_bad: bool = False
    fix_cutouts: bool = False
    label: str | None = None
    subfolders: str | None = None

    def __post_init__(self) -> None:
        _require_classes(self.label, self.subfolders)
        if self.bg is None and self.fg is None:
            raise Problem("--extend: give the pictures to add: --bg DIR, --fg DIR, or both", exit_code=2)
        if self.bg_depth is not None and self.bg is None:
            line = f"--bg-depth {self.bg_depth}: goes with new backgrounds: give --bg DIR, or leave it out"
            raise Problem(line, exit_code=2)
        _require_scale(self.depth_scale_m)

    @property
    def classes(self) -> ClassFolders:
        """How classes are read from the folder of cut-outs."""
        return ClassFolders(self.subfolders, self.label)


@dataclass(frozen=True)
class PlanOptions:
    """What a plan is made from.

    Making it raises Problem (exit code 2) where an option makes no sense.

    Attributes:
        bg: Folder of backgrounds.
        fg: Folder of cut-outs.
        bg_depth: Folder of depth maps under the backgrounds' names, None for none.
        depth_scale_m: Metres of one unit of the depth maps.
        height_px: Height of the samples.
        width_px: Width of the samples.
        cutout_height_px: Height to which cut-outs are prepared.
        placements: The positions of each cut-out on each background.
        rule: Rule of the positions, one of `RULES`.
        seed: Seed of placements and splits, 0 to 2^64 - 1.
        split: Shares of train, val and test in per cent, such as "80/10/10".
        skip_bad: Whether pictures that can't be used are left out, instead of being an error.
        fov_deg: Field of view across the frame's shorter side, of all backgrounds; None for what their EXIF data say,
            and to have the rule `perspective` estimate it.
        crowd: How many cut-outs a sample has; None for one.
        fix_cutouts: Whether premultiplied colours, haze and transparent margins of cut-outs are undone.
        label: Class of the cut-outs that no sub-folder of `fg` gives one; None for the default.
        subfolders: What the sub-folders of `fg` are, one of SUBFOLDERS; None where that has to be plain.
        variety: What may vary in how cut-outs are pasted; None where nothing does.
    """

    bg: Path
    fg: Path
    bg_depth: Path | None = None
    depth_scale_m: float = 0.001
    height_px: int = 224
    width_px: int = 224
    cutout_height_px: int = 110
    placements: int = 20
    rule: str = "random"
    seed: int = 0
    split: str = "80/10/10"
    skip_bad: bool = False
    fov_deg: float | None = None
    crowd: CutoutsPerSample | None = None
    fix_cutouts: bool = False
    label: str | None = None
    subfolders: str | None = None
    variety: Variety | None = None

    def __post_init__(self) -> None:
        parse_shares(self.split)
        _require_classes(self.label, self.subfolders)
        for option, value, least in (
            ("--size", min(self.height_px, self.width_px), 8),
            ("--cutout-height", self.cutout_height_px, 1),
            ("--placements", self.placements, 1),
            ("--seed", self.seed, 0),
        ):
            if value < least:
                raise Problem(f"{option} {value}: give at least {least}", exit_code=2)
        if self.cutout_height_px >= 2**31:  # a column of the tables is int32
            raise Problem(f"--cutout-height {self.cutout_height_px}: give less than 2^31", exit_code=2)
        if self.seed >= 2**64:
            raise Problem(f"--seed {self.seed}: give less than 2^64", exit_code=2)
        _require_scale(self.depth_scale_m)
        if self.rule not in RULES:
            raise Problem(f"--placement {self.rule}: give one of {', '.join(RULES)}", exit_code=2)
        if self.variety is not None:
            self.variety.require_rule(self.rule)
        if self.rule == "perspective" and self.bg_depth is None:
            raise Problem(
                "--placement perspective finds the floor in the depth of the backgrounds: give --bg-depth DIR, 16-bit "
                "PNGs in millimetres under their names",
                exit_code=2,
            )
        if self.fov_deg is not None and not 10 <= self.fov_deg <= 150:
            raise Problem(f"--fov-deg {self.fov_deg:g}: give degrees from 10 to 150, such as 55", exit_code=2)
        if self.rule == "grid" and self.placements > GRID_PLACEMENTS:
            raise Problem(
                f"--placements {self.placements}: the grid has {GRID_PLACEMENTS} corners: give at most that many, or "
                "--placement random",
                exit_code=2,
            )
        if self.variety is not None and max(self.height_px, self.width_px) > _LARGEST_VARIED_PX:
            line = f"--size {self.width_px}x{self.height_px}: give at most {_LARGEST_VARIED_PX} where cut-outs vary"
            raise Problem(line, exit_code=2)
        K, bytes_per_placement = self.placements_per_block, _BYTES_PER_PLACEMENT + (self.crowd is not None)
        block_bytes = self.height_px * self.width_px * (K * bytes_per_placement + _BYTES_PER_FRAME)
        if block_bytes > _LARGEST_BLOCK_BYTES:
            raise Problem(
                f"--placements {K} at --size {self.width_px}x{self.height_px}: a worker would need "
                f"{block_bytes / 1e6:.0f} MB, more than {_LARGEST_BLOCK_BYTES / 1e6:.0f}: give fewer or smaller ones",
                exit_code=2,
            )

    @property
    def classes(self) -> ClassFolders:
        """How classes are read from the folder of cut-outs."""
        return ClassFolders(self.subfolders, self.label)

    @property
    def placements_per_block(self) -> int:
        """K: one for each position, or one for each way of blending at each position where all are shown."""
        return self.placements * (self.variety.placements_per_place if self.variety else 1)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What can be done, and is hardly what was meant, a line each."""
        if self.cutout_height_px <= self.height_px:
            return ()
        usual_px = max(1, round(_USUAL_SHARE * self.height_px))
        frame = f"--size {self.width_px}x{self.height_px} is less high, so that cut-outs fill it from top to bottom"
        return (f"--cutout-height {self.cutout_height_px}: {frame}: give less, such as --cutout-height {usual_px}",)


def _require_classes(label: str | None, subfolders: str | None) -> None:
    if subfolders is not None and subfolders not in SUBFOLDERS:
        raise Problem(f"--subfolders {subfolders}: give one of {', '.join(SUBFOLDERS)}", exit_code=2)
    if label is not None and not (label and label == class_label(label)):
        raise Problem(f"--label {label!r}: give a name of printable characters, such as person", exit_code=2)
    if label is not None and label.casefold() == BACKGROUND_LABEL:
        raise Problem(f"--label {label}: that is what is around cut-outs: give another name", exit_code=2)


def _require_scale(depth_scale_m: float) -> None:
    if not 0 < depth_scale_m < math.inf:
        raise Problem(f"--depth-scale {depth_scale_m}: give the metres of one unit, such as 0.001", exit_code=2)
