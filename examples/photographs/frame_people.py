"""Frame cut-outs as photographs frame people: from heads to whole figures, in squares with transparency around.

    python -m examples.photographs.frame_people fg framed 256 3 whole|cut|anywhere

Each cut-out becomes so many squares of so many pixels, for `bgfg plan --size 256 --cutout-height 256`, which leaves
them where they are. `whole`: figures from head to foot; in about half of their squares the lower part is beyond the
edge. `cut`: figures that a photograph cut off, where most of a side of theirs is opaque; that side stays at or beyond
the edge. `anywhere`: figures of any size, anywhere, a little turned and some of them lying, cut off or not, as
composites show them. The draws depend on the name of the file and the kind, and on nothing else.
"""

import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bgfg.data_manifests.images.image_writing import save_png

# A side of which a longer part than this is opaque was cut off by its photograph.
CUT_SHARE = 0.15
CLOSE_SHARE = 0.55
# Ranges, of a figure that is seen whole: its height; of one that isn't: how much of it is seen, and where its head
# begins; of any: where the middle of its head is. Shares of the square's side, and of the figure's height.
WHOLE_HEIGHT, SEEN, SEEN_OF_CUT = (0.35, 0.97), (0.22, 0.9), (0.7, 1.0)
HEAD_TOP, HEAD_MIDDLE = (-0.03, 0.35), (0.25, 0.75)
MOST_ENLARGED = 2.5
LEAST_SEEN = 0.01  # of the square
# Of figures anywhere: longer side and middle, in sides of the square; how far and how often they are turned.
ANYWHERE_EXTENT, ANYWHERE_MIDDLE, TILT_DEG, LYING_SHARE = (0.25, 0.8), (0.12, 0.88), 12, 0.15


def cut_sides(alpha: NDArray[np.uint8]) -> dict[str, bool]:
    """Say at which sides a cut-out, alpha (H, W), was cut off by its photograph."""
    borders = {"top": alpha[0], "bottom": alpha[-1], "left": alpha[:, 0], "right": alpha[:, -1]}
    return {name: bool((border >= 128).mean() > CUT_SHARE) for name, border in borders.items()}


def place(
    alpha: NDArray[np.uint8], side_px: int, cut: dict[str, bool], draw: np.random.Generator
) -> tuple[float, float, float]:
    """Draw where a figure is seen.

    Args:
        alpha: (H, W) uint8, cropped to the figure.
        side_px: Side of the square.
        cut: What `cut_sides` says of it.
        draw: Source of the draws.

    Returns:
        Pixels of the figure to a side of the square, as a scale in sides a pixel, and its left and top, in sides.
    """
    height_px, width_px = alpha.shape
    columns = np.flatnonzero(alpha[: max(1, height_px // 6)].max(axis=0) >= 128)
    head_px = float(columns.mean()) if len(columns) else width_px / 2
    if not cut["bottom"] and draw.random() > CLOSE_SHARE:
        scale = draw.uniform(*WHOLE_HEIGHT) / height_px
        top = draw.uniform(0, 1 - scale * height_px)
    else:
        top = draw.uniform(*HEAD_TOP) if not cut["top"] else draw.uniform(-0.1, 0)
        low, high = SEEN_OF_CUT if cut["bottom"] else SEEN
        # Of a small cut-out more is seen, for enlarged more it would be a blur.
        low = min(high, max(low, (1 - top) * side_px / (MOST_ENLARGED * height_px)))
        scale = (1 - top) / (np.exp(draw.uniform(np.log(low), np.log(high))) * height_px)
    if cut["left"] and cut["right"]:
        scale = max(scale, 1 / width_px)
    left = draw.uniform(*HEAD_MIDDLE) - scale * head_px
    if cut["left"]:
        left = min(left, -draw.uniform(0, 0.05))
    if cut["right"]:
        left = max(left, 1 + draw.uniform(0, 0.05) - scale * width_px)
    return scale, left, top


def frame(cutout: NDArray[np.uint8], side_px: int, draw: np.random.Generator, whole: bool) -> NDArray[np.uint8]:
    """Return a cut-out (H, W, 4) RGBA in a square of its own, (side, side, 4) uint8 RGBA."""
    cut = dict.fromkeys(("top", "bottom", "left", "right"), False) if whole else cut_sides(cutout[..., 3])
    seen = _seen(cutout, side_px, cut, draw)
    while (seen[..., 3] >= 128).mean() < LEAST_SEEN:  # several people far apart may leave the square to both sides
        seen = _seen(cutout, side_px, cut, draw)
    return seen


def anywhere(cutout: NDArray[np.uint8], side_px: int, draw: np.random.Generator) -> NDArray[np.uint8]:
    """Return a cut-out (H, W, 4) RGBA somewhere in a square, small or large, (side, side, 4) uint8 RGBA."""
    scale = np.exp(draw.uniform(*np.log(ANYWHERE_EXTENT))) * side_px / max(cutout.shape[:2])
    premultiplied, enlarged = _shrunk(cutout, scale)
    height_px, width_px = premultiplied.shape[:2]
    turn_deg = draw.normal(0, TILT_DEG) + (90 * draw.choice([-1, 1]) if draw.random() < LYING_SHARE else 0)
    move = np.asarray(cv2.getRotationMatrix2D((width_px / 2, height_px / 2), turn_deg, enlarged), np.float64)
    move[:, 2] += draw.uniform(*ANYWHERE_MIDDLE, 2) * side_px - (width_px / 2, height_px / 2)
    return _moved(premultiplied, move, side_px)


def _seen(
    cutout: NDArray[np.uint8], side_px: int, cut: dict[str, bool], draw: np.random.Generator
) -> NDArray[np.uint8]:
    scale, left, top = place(cutout[..., 3], side_px, cut, draw)
    premultiplied, scale_px = _shrunk(cutout, scale * side_px)
    move = np.array([[scale_px, 0, left * side_px], [0, scale_px, top * side_px]])
    return _moved(premultiplied, move, side_px)


def _shrunk(cutout: NDArray[np.uint8], scale: float) -> tuple[NDArray[np.float32], float]:
    """Return a cut-out with its colours multiplied by alpha, smaller where it is to be, and the scale that is left."""
    premultiplied = cutout.astype(np.float32)
    premultiplied[..., :3] *= premultiplied[..., 3:] / 255
    if scale >= 1:
        return premultiplied, scale
    # as cameras average what a pixel sees
    size = tuple(max(1, round(extent * scale)) for extent in cutout.shape[1::-1])
    return np.asarray(cv2.resize(premultiplied, size, interpolation=cv2.INTER_AREA), np.float32), 1.0


def _moved(premultiplied: NDArray[np.float32], move: NDArray[np.float64], side_px: int) -> NDArray[np.uint8]:
    moved = cv2.warpAffine(premultiplied, move, (side_px, side_px), flags=cv2.INTER_LINEAR)
    seen = np.asarray(moved, np.float32)
    seen[..., :3] *= 255 / np.maximum(seen[..., 3:], 1)
    return np.clip(np.round(seen), 0, 255).astype(np.uint8)


def main(fg: str, out: str, side: str, count: str, kind: str) -> None:
    """Frame every cut-out."""
    Path(out).mkdir(parents=True, exist_ok=True)
    for file in sorted(Path(fg).glob("*.png")):
        draw = np.random.default_rng(zlib.crc32(file.stem.encode()) + (kind == "anywhere"))
        cutout = np.asarray(Image.open(file).convert("RGBA"))
        for number in range(int(count)):
            square = (
                anywhere(cutout, int(side), draw)
                if kind == "anywhere"
                else frame(cutout, int(side), draw, kind == "whole")
            )
            save_png(square, Path(out) / f"{file.stem}_{number}.png")
    print(f"{out}: {len(list(Path(out).glob('*.png')))} framed cut-outs")


if __name__ == "__main__":
    main(*sys.argv[1:])
