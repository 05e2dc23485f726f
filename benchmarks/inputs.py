"""The pictures that a benchmark starts from, and planning a corpus of them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.timing import ROOT, timed_bgfg
from bgfg.data_manifests.images.image_reading import read_rgb
from bgfg.data_manifests.images.image_writing import save_depth_png
from bgfg.data_manifests.images.listing import list_pictures

KIT = ROOT / "data" / "kit"

# What --quick keeps of the pictures.
QUICK_BACKGROUNDS, QUICK_CUTOUTS = 2, 2

# Of the depth that is made up: near and far end of the ramp, and what is laid over it, as parts of the distance. The
# fine noise is about that of a depth camera indoors; it is what makes depth hard to compress.
_NEAR_MM, _FAR_MM, _COARSE, _FINE = 1_500, 6_000, 0.05, 0.005


@dataclass(frozen=True)
class InputFolders:
    """Folders of pictures.

    Attributes:
        bg: Backgrounds.
        fg: Cut-outs.
        bg_depth: Depth of the backgrounds.
        description: What they are, in words.
    """

    bg: Path
    fg: Path
    bg_depth: Path
    description: str


def kit_inputs(work: Path, workers: int, quick: bool) -> InputFolders:
    """Return the kit in data/kit, drawn if it is missing; if `quick` a small one, drawn in the folder `work`."""
    folder = work / "kit" if quick else KIT
    draw_kit(folder, workers, quick)
    return InputFolders(folder / "bg", folder / "fg", folder / "depth", "pictures of the kit")


def draw_kit(folder: Path, workers: int, quick: bool) -> float:
    """Run `bgfg kit`, small if `quick`, and return its wall time in seconds."""
    counts = ("--backgrounds", QUICK_BACKGROUNDS, "--cutouts", QUICK_CUTOUTS) if quick else ()
    return timed_bgfg("kit", folder, "--workers", workers, *counts)


def user_inputs(bg: Path, fg: Path, bg_depth: Path | None, work: Path, quick: bool) -> InputFolders:
    """Return the user's pictures, if `quick` the first few of them; depth is made up in `work` where there is none."""
    description = "own pictures"
    if quick:
        bg, fg = _first(bg, QUICK_BACKGROUNDS, work / "bg"), _first(fg, QUICK_CUTOUTS, work / "fg")
    if bg_depth is None:
        bg_depth = work / "depth"
        save_synthetic_depth(bg, bg_depth)
        description += ", their depth made up (a ramp from 1.5 to 6 m, 5 % of coarse and 0.5 % of fine noise)"
    return InputFolders(bg, fg, bg_depth, description)


def run_plan(inputs: InputFolders, corpus: Path) -> float:
    """Plan a corpus of the inputs with the default options and return the command's wall time in seconds."""
    return timed_bgfg("plan", corpus, "--bg", inputs.bg, "--fg", inputs.fg, "--bg-depth", inputs.bg_depth)


def save_synthetic_depth(bg: Path, folder: Path) -> None:
    """Write a depth map, (H, W) uint16 mm as PNG, of the size and under the name of every background in `bg`."""
    folder.mkdir()
    for number, path in enumerate(list_pictures(bg)[0]):
        height_px, width_px = read_rgb(path).shape[:2]
        save_depth_png(synthetic_depth(height_px, width_px, number), folder / f"{path.stem}.png")


def synthetic_depth(height_px: int, width_px: int, seed: int) -> NDArray[np.uint16]:
    """Return (height_px, width_px) uint16 mm: far at the top, near at the bottom, uneven as rooms and sensors are."""
    rng = np.random.default_rng(seed)
    ramp = np.linspace(_FAR_MM, _NEAR_MM, height_px, dtype=np.float32)[:, None]
    coarse = cv2.resize(rng.standard_normal((6, 6), np.float32), (width_px, height_px), interpolation=cv2.INTER_CUBIC)
    fine = rng.standard_normal((height_px, width_px), np.float32)
    depth_mm: NDArray[np.float32] = ramp * np.clip(1 + _COARSE * coarse + _FINE * fine, 0.5, 2)
    return depth_mm.round().astype(np.uint16)


def _first(folder: Path, count: int, target: Path) -> Path:
    target.mkdir()
    for path in list_pictures(folder)[0][:count]:
        shutil.copy(path, target)
    return target
