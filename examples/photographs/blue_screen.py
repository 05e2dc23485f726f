"""Cut out the people of the GRID corpus, head and shoulders before a blue wall.

    python -m examples.photographs.blue_screen photos/blue_screen fg

The wall is a smooth surface of colour, fitted to each picture; a pixel's alpha is how much of the wall's blueness it
lacks. That is a ratio, so the three clips under greenish light need no threshold of their own. The rim is freed of blue
and green, then takes the colours of what is inside. Everybody is cut off by the lower edge of the picture: `bgfg plan
--placement grid --placements 5`, with cut-outs of half the frame's height, stands them on the frame's lower edge.
"""

import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.image_reading import read_rgb
from examples.photographs.cutout import OPAQUE, disc, largest_figure, own_colours, write_cutout

BORDER_PX = 4  # the video's own dark edge
BENCH = ("lwbsza", 26)  # rows at the lower edge of one clip, where a white bench is before the wall
DEGREE = 3  # of the surface
EMPTIEST, FULLEST = 0.35, 0.72  # lack of blueness at which alpha is 0, and 1: the noise, and denim
SPILL_PX, RIM_PX = 17, 7


def blueness(colours: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return by how many levels both green and blue exceed red; the last axis of `colours` is RGB."""
    return np.minimum(colours[..., 1], colours[..., 2]) - colours[..., 0]


def fit_wall(picture: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the wall without the person: polynomials of place, fitted to what is as blue as they say, and again.

    Args:
        picture: (H, W, 3) float64 RGB in levels.

    Returns:
        (H, W, 3) float64.
    """
    down, across = np.meshgrid(*(np.linspace(-1, 1, side) for side in picture.shape[:2]), indexing="ij")
    terms = np.stack([across**i * down**j for i in range(DEGREE + 1) for j in range(DEGREE + 1 - i)], axis=-1)
    blue = blueness(picture)
    seen = blue > 0.35 * np.percentile(blue, 98)
    wall = picture
    for _ in range(5):
        sure = cv2.erode(seen.astype(np.uint8), disc(7)) > 0
        wall = terms @ np.linalg.lstsq(terms[sure], picture[sure], rcond=None)[0]
        seen = (blue > 0.6 * blueness(wall)) & (np.abs(picture - wall).max(axis=-1) < 40)
    return wall


def cut_out(picture: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return the person's own colours, (H, W, 3) uint8 RGB, and alpha, (H, W) float32, of a person before the wall."""
    levels = picture.astype(np.float64)
    lack = 1 - cv2.GaussianBlur(blueness(levels), (3, 3), 0) / np.maximum(blueness(fit_wall(levels)), 15)
    alpha = largest_figure(np.clip((lack - EMPTIEST) / (FULLEST - EMPTIEST), 0, 1).astype(np.float32))
    return own_colours(_without_spill(levels, alpha), alpha, RIM_PX), alpha


def _without_spill(levels: NDArray[np.float64], alpha: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Take out near the rim what green and blue have more than red: neither skin nor hair is so."""
    deep = cv2.erode((alpha >= OPAQUE).astype(np.uint8), disc(SPILL_PX)).astype(np.float64)
    share = 1 - cv2.GaussianBlur(deep, (0, 0), 3)
    red, green, blue = np.moveaxis(levels, -1, 0)
    clean = [
        red,
        green - share * np.maximum(blueness(levels), 0),
        blue - share * np.maximum(blue - red, 0),
    ]
    return np.clip(np.round(np.stack(clean, axis=-1)), 0, 255).astype(np.uint8)


def main(clips: str, fg: str) -> None:
    """Cut out everybody."""
    Path(fg).mkdir(parents=True, exist_ok=True)
    files = sorted(Path(clips).glob("*.jpg"))
    for file in files:
        lowest = BORDER_PX // 2 + (BENCH[1] if file.stem.startswith(BENCH[0]) else 0)
        picture = read_rgb(file)[BORDER_PX:-lowest, BORDER_PX:-BORDER_PX]
        write_cutout(Path(fg) / f"blue_screen_{file.stem}.png", *cut_out(np.ascontiguousarray(picture)))
    print(f"{fg}: {len(files)} cut-outs")


if __name__ == "__main__":
    main(*sys.argv[1:])
