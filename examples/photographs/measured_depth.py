"""Make the photographs with measured depth into the folders that `bgfg plan --bg-depth` takes.

    python -m examples.photographs.measured_depth photos real

photos: the folder that holds `rgbd/` and `disparity/`; real: gets `bg/`, the photographs byte by byte, and `depth/`,
16-bit millimetres, 0 unknown. Of each place so many frames are taken that none outweighs the others by far. Disparity
becomes millimetres by a made-up camera: right but for a scale and a shift of its inverse, which is all that
`bgfg teach --also` learns from. `low_room`, `art` and `teddy` are left out, to choose on.
"""

import shutil
import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

# Of each place every so many-th frame.
STEPS = {"hololens_office": 2, "lab_floor": 2, "two_people": 2, "sofa": 3}
# Beyond these millimetres a place's depth isn't to be trusted.
FARTHEST_MM = {"lab_floor": 6_000}
HELD_OUT = ("art", "teddy")

NEAREST_MM, LARGEST_DISPARITY = 600, 255


def trusted(depth_mm: NDArray[np.uint16], place: str) -> NDArray[np.uint16]:
    """Return depth without what isn't to be trusted, which becomes 0, unknown."""
    return np.where(depth_mm <= FARTHEST_MM.get(place, 65_535), depth_mm, 0).astype(np.uint16)


def depth_of_disparity(disparity: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Return millimetres whose inverse is the disparity but for a scale; 0 is unknown in both."""
    known = disparity > 0
    return np.where(known, NEAREST_MM * LARGEST_DISPARITY / np.where(known, disparity, 1), 0).round().astype(np.uint16)


def main(photos: str, real: str) -> None:
    """Write them."""
    bg, depth = Path(real) / "bg", Path(real) / "depth"
    for folder in (bg, depth):
        folder.mkdir(parents=True, exist_ok=True)
    for place, step in STEPS.items():
        for picture in sorted((Path(photos) / "rgbd" / place / "rgb").iterdir())[::step]:
            depth_mm = cv2.imread(str(picture.parents[1] / "depth" / f"{picture.stem}.png"), cv2.IMREAD_UNCHANGED)
            shutil.copyfile(picture, bg / f"{place}_{picture.name}")
            cv2.imwrite(str(depth / f"{place}_{picture.stem}.png"), trusted(np.asarray(depth_mm, np.uint16), place))
    for picture in sorted((Path(photos) / "disparity").glob("*.jpg")):
        if picture.stem not in HELD_OUT:
            disparity = cv2.imread(str(picture.with_suffix(".png")), cv2.IMREAD_GRAYSCALE)
            shutil.copyfile(picture, bg / f"disparity_{picture.name}")
            cv2.imwrite(str(depth / f"disparity_{picture.stem}.png"), depth_of_disparity(np.asarray(disparity)))
    print(f"{real}: {len(list(bg.iterdir()))} photographs with depth")


if __name__ == "__main__":
    main(*sys.argv[1:])
