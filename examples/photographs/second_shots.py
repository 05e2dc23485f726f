"""Measure how shots of one scene by one camera differ: what the second shots of `bgfg train` are drawn by.

    python -m examples.photographs.second_shots photos/fixed_camera

Each frame is compared with the median of the empty ones, where nobody is. The table has the 5th, 50th and 95th
percentile over the frames, in the units of the augmentation: exposure and white balance, sigma of the noise at five
levels, of frame to frame, shadows on the floor, and the quality of the files' JPEG.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from examples.photographs import fixed_camera
from examples.photographs.cutout import disc

LEVELS = (32, 80, 128, 176, 224)
LEVEL_WIDTH = 24
LEAST_SHADOW, FEET, SHADOW_BLUR_PX = 0.1, 0.3, 2.0
# The first row of the luminance table of JPEG's Annex K, which libjpeg scales by the quality.
STANDARD_TABLE = np.array([16, 11, 10, 16, 24, 40, 51, 61])

Measured = Mapping[str, float]


def tone(room: NDArray[np.float64], frame: NDArray[np.float64], clear: NDArray[np.bool_]) -> dict[str, float]:
    """Fit gain * balance * (level / 255) ^ gamma, of one gain and gamma and a balance for each channel.

    Args:
        room: The empty room, (H, W, 3) in levels.
        frame: (H, W, 3).
        clear: Where nobody is, and no level is nearly black or white, (H, W).
    """
    before, after = (np.log(picture[clear] / 255) for picture in (room, frame))
    channel = np.broadcast_to(np.eye(3), (len(before), 3, 3)).reshape(-1, 3)
    terms = np.column_stack([before.ravel(), channel])
    gamma, *offsets = np.linalg.lstsq(terms, after.ravel(), rcond=None)[0]
    balance = np.exp(offsets - np.mean(offsets))
    at_middle = float(np.exp(np.mean(offsets) + (gamma - 1) * np.log(0.5)))
    names = ("balance of red", "balance of green", "balance of blue")
    return {"gain": float(np.exp(np.mean(offsets))), "gamma": float(gamma), "gain at level 128": at_middle} | dict(
        zip(names, balance.tolist(), strict=True)
    )


def noise(one: NDArray[np.float64], other: NDArray[np.float64], level: float) -> float:
    """Return sigma of the noise of one frame at a level, from two frames of the same, (H, W, 3).

    It is that of a normal distribution with the same mean deviation, which few large ones hardly change. Where fewer
    than 500 values are near the level it is NaN.
    """
    difference = (one - other)[np.abs((one + other) / 2 - level) < LEVEL_WIDTH]
    if len(difference) < 500:
        return float("nan")
    return float(np.sqrt(np.pi / 2) * np.abs(difference - difference.mean()).mean() / np.sqrt(2))


def shadow(room: NDArray[np.float64], frame: NDArray[np.float64], mask: NDArray[np.bool_]) -> dict[str, float]:
    """Measure the shadow at somebody's feet on the floor.

    Args:
        room: The empty room as the frame is exposed, (H, W, 3).
        frame: (H, W, 3).
        mask: Where the person is, (H, W).

    Returns:
        Darkness: the share of light that it takes, in its darkest twentieth and in its mean. Area: as a share of the
        person's. Softness: the width of its edge, from darkest to none, as a share of the person's height.
    """
    rows = np.flatnonzero(mask.any(axis=1))
    height_px = len(rows)
    floor = fixed_camera.brownness(room) > fixed_camera.BROWN
    floor[: rows[-1] - round(FEET * height_px)] = False
    floor &= ~cv2.dilate(mask.astype(np.uint8), disc(7)).astype(bool)
    light = (frame.sum(axis=-1) + 8) / (room.sum(axis=-1) + 8)
    # Only floor counts, so that what is beside it doesn't shine into the mean.
    known = cv2.GaussianBlur(floor.astype(np.float64), (0, 0), SHADOW_BLUR_PX)
    taken = 1 - cv2.GaussianBlur(np.where(floor, light, 0), (0, 0), SHADOW_BLUR_PX) / np.maximum(known, 0.01)
    near = ndimage.distance_transform_edt(~mask) < height_px / 2
    inside = floor & near & (taken > LEAST_SHADOW)
    if inside.sum() < 50:
        return {}
    darkest = float(np.percentile(taken[inside], 95))
    steepness = np.hypot(cv2.Sobel(taken, cv2.CV_64F, 1, 0) / 8, cv2.Sobel(taken, cv2.CV_64F, 0, 1) / 8)
    return {
        "shadow, darkest": darkest,
        "shadow, mean": float(taken[inside].mean()),
        "shadow, area of the person's": float(inside.sum() / mask.sum()),
        "shadow, width of its edge of the height": darkest / float(np.percentile(steepness[inside], 90)) / height_px,
    }


def jpeg_quality(file: Path) -> float:
    """Return the quality that libjpeg's tables stand for, 1..100."""
    with Image.open(file) as picture:
        row = np.array(picture.quantization[0][:8])  # type: ignore[attr-defined]  # JPEG's alone
    scale = 100 * float(np.mean(row / STANDARD_TABLE))
    return 100 - scale / 2 if scale <= 100 else 5000 / scale


def row(name: str, values: Sequence[float]) -> str:
    """Return a row of the table."""
    found = np.array(values)[~np.isnan(values)]
    low, middle, high = np.percentile(found, [5, 50, 95])
    return f"| {name} | {len(found)} | {low:.3f} | {middle:.3f} | {high:.3f} |"


def rows(kind: str, measured: Sequence[Measured]) -> list[str]:
    """Return the rows of one kind of frames; not every frame has every measure."""
    names = dict.fromkeys(name for one in measured for name in one)
    return [row(f"{kind}: {name}", [one[name] for one in measured if name in one]) for name in names]


def main(clip: str) -> None:
    """Measure and print."""
    folder = Path(clip)
    room = fixed_camera.empty_room(folder)
    clear = (room.max(axis=-1) < 235) & (room.min(axis=-1) > 20)
    empty = {number: fixed_camera.read_frame(folder, number).astype(np.float64) for number in fixed_camera.EMPTY}
    with_nobody = [tone(room, frame, clear & (frame.min(axis=-1) > 5)) for frame in empty.values()]
    with_somebody: list[Measured] = []
    for number in (number for person in fixed_camera.PEOPLE for number in person):
        frame = fixed_camera.read_frame(folder, number).astype(np.float64)
        exposed = fixed_camera.apply_exposure(room, fixed_camera.match_exposure(room, frame))
        mask = fixed_camera.person_mask(exposed, frame)
        beside = cv2.dilate(mask.astype(np.uint8), disc(61)) == 0
        with_somebody.append(
            tone(room, frame, clear & beside & (frame.min(axis=-1) > 5)) | shadow(exposed, frame, mask)
        )
    pairs = [(empty[number], empty[number + 5]) for number in empty if number + 5 in empty]
    noises = [{f"sigma at level {level}": noise(*pair, level) for level in LEVELS} for pair in pairs]
    print("| measure | frames | 5 % | 50 % | 95 % |\n|---|---|---|---|---|")
    print(*rows("nobody", with_nobody), *rows("somebody", with_somebody), *rows("noise", noises), sep="\n")
    print(row("quality of the files' JPEG", [jpeg_quality(file) for file in sorted(folder.glob("*.jpg"))]))


if __name__ == "__main__":
    main(*sys.argv[1:])
