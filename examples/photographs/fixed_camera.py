"""Cut out the people who walk through a room before a fixed camera, by the difference to the empty room.

    python -m examples.photographs.fixed_camera photos/fixed_camera fg

The empty room is the median of the empty frames, brought to each frame's exposure and white balance by a line per
channel. A person is where the difference is large and is no shadow, in which the floor stays brown. Frames that show
somebody in part are left out, and so are those in which a person stands as in one before: most of the clip is standing.
"""

import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from bgfg.data_manifests.images.image_reading import read_rgb
from bgfg.train.inference.guided_filter import refine_alpha
from examples.photographs.cutout import disc, largest_figure, own_colours, write_cutout

EMPTY = (*range(20, 60, 5), *range(205, 230, 5), *range(455, 475, 5), *range(875, 925, 5))
# Wholly in the picture, and not blurred.
PEOPLE = ((*range(80, 185, 5), 190), range(245, 440, 5), (*range(765, 855, 5), 860))
DIFFERENT, ALIKE = 30, 12  # levels
BROWN, BROWN_IN_SHADOW = 0.3, 0.4  # of the floor; share of it that a shadow leaves
CLOSED_PX, THIN_PX, SMOOTHED_PX, SPECK_PX, RIM_PX = 9, 7, 7, 12, 7
REPEATED_IOU = 0.93


def read_frame(clip: Path, number: int) -> NDArray[np.uint8]:
    """Read a frame, (H, W, 3) uint8 RGB."""
    return read_rgb(clip / f"{number:05d}.jpg")


def empty_room(clip: Path) -> NDArray[np.float64]:
    """Return the median of the empty frames, (H, W, 3) float64."""
    return np.asarray(np.median([read_frame(clip, number) for number in EMPTY], axis=0))


def match_exposure(room: NDArray[np.float64], frame: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Fit the exposure and white balance of a frame.

    Args:
        room: The empty room, (H, W, 3).
        frame: (H, W, 3), with somebody in it or nobody.

    Returns:
        For each channel slope and offset: `frame` is slope * `room` + offset where nobody is.
    """
    clear = (room.max(axis=-1) < 245) & (room.min(axis=-1) > 20)  # what is neither white nor black
    lines = [np.array([np.median(frame[..., c][clear] / room[..., c][clear]), 0.0]) for c in range(3)]
    for tolerance in (40, 20, 12):
        same = clear & (np.abs(frame - apply_exposure(room, lines)).max(axis=-1) < tolerance)
        lines = [np.polyfit(room[..., c][same], frame[..., c][same], 1) for c in range(3)]
    return lines


def apply_exposure(room: NDArray[np.float64], lines: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the room, (H, W, 3) float64, as `match_exposure` found a frame to be exposed."""
    return np.stack([np.polyval(line, room[..., c]) for c, line in enumerate(lines)], axis=-1)


def person_mask(room: NDArray[np.float64], frame: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return where the person is, (H, W), in a frame before the room as it is exposed, both (H, W, 3) float64."""
    difference = np.abs(frame - room).max(axis=-1)
    # The floor stays brown in the shadow of feet; nobody wears brown.
    hue, own_hue = brownness(np.asarray(cv2.GaussianBlur(frame, (5, 5), 0))), brownness(room)
    shadow = (own_hue > BROWN) & (hue > BROWN_IN_SHADOW * own_hue) & (frame < room).all(axis=-1)
    sure = (difference > DIFFERENT) & ~shadow
    # What has the room's colours by chance, as at the rim of the table, is closed, but no gap that shows the room.
    may_be = (difference > ALIKE) & ~shadow
    closed = cv2.morphologyEx(sure.astype(np.uint8), cv2.MORPH_CLOSE, disc(CLOSED_PX)) > 0
    # Narrowed and widened again, it loses what is thin, such as an edge of the table that touches a hand.
    figure = cv2.morphologyEx((sure | (closed & may_be)).astype(np.uint8), cv2.MORPH_OPEN, disc(THIN_PX))
    whole = _without_gaps(largest_figure(figure.astype(np.float32)) > 0, may_be)
    return cv2.medianBlur(whole.astype(np.uint8), SMOOTHED_PX) > 0


def brownness(colours: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return by how much red exceeds blue, as a share of red; 16 levels are added, for black has no hue."""
    return (colours[..., 0] - colours[..., 2]) / (colours[..., 0] + 16)


def _without_gaps(figure: NDArray[np.bool_], may_be: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Fill the gaps of a figure that are mostly of what may be the person."""
    gaps, count = ndimage.label(~figure)
    numbers = range(1, count + 1)
    shares, sizes = ndimage.mean(may_be, gaps, numbers), ndimage.sum_labels(~figure, gaps, numbers)
    filled = 1 + np.flatnonzero((np.asarray(shares) > 0.5) | (np.asarray(sizes) < SPECK_PX))
    outside = np.concatenate([gaps[0], gaps[-1], gaps[:, 0], gaps[:, -1]])
    return np.asarray(figure | np.isin(gaps, np.setdiff1d(filled, outside)))


def main(clip: str, fg: str) -> None:
    """Cut out everybody."""
    Path(fg).mkdir(parents=True, exist_ok=True)
    room, written = empty_room(Path(clip)), 0
    for person, numbers in enumerate(PEOPLE):
        kept: list[NDArray[np.bool_]] = []
        for number in numbers:
            picture = read_frame(Path(clip), number)
            frame = picture.astype(np.float64)
            mask = person_mask(apply_exposure(room, match_exposure(room, frame)), frame)
            if any((mask & other).sum() > REPEATED_IOU * (mask | other).sum() for other in kept):
                continue
            kept.append(mask)
            alpha = largest_figure(refine_alpha(mask.astype(np.float32), picture, picture.astype(np.float32)))
            colours = own_colours(picture, alpha, RIM_PX)
            write_cutout(Path(fg) / f"fixed_camera_{person}_{number:05d}.png", colours, alpha)
        written += len(kept)
    print(f"{fg}: {written} cut-outs")


if __name__ == "__main__":
    main(*sys.argv[1:])
