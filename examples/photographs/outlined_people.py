"""Cut out the people whom `outlines.json` and `found_outlines.json` outline, in photographs of Open Images.

    python -m examples.photographs.outlined_people photos/open_images fg [images masks]

The tables hold, by the name of a picture, polygons in per cent of its width and height; what lies in two of them lies
in none. Near an outline GrabCut (Rother, Kolmogorov and Blake, SIGGRAPH 2004) decides by colours. Cut-outs have a
transparent margin where the person ends, and none where the photograph does; people apart become cut-outs of their
own. The first table was drawn by hand, and every fifth picture of it is held out: it is written with its mask into
`images` and `masks`, where these are given, and never into `fg`. The second holds what the network `person` found in
further pictures, after its second training, where a look at each found nothing to mend.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from bgfg.data_manifests.images.image_reading import read_rgb
from bgfg.data_manifests.images.image_writing import save_jpeg, save_png
from examples.photographs.cutout import disc, own_colours

OUTLINES = Path(__file__).with_name("outlines.json")
FOUND = Path(__file__).with_name("found_outlines.json")
HELD_OUT = 5
UNSURE = 0.012  # how far from an outline colours decide, as a share of the longer side
MARGIN_PX, SOFT_PX, RIM_PX, ROUNDS = 2, 0.8, 3, 4
LEAST_PART, LEAST_HOLE, LEAST_FIGURE = 0.03, 0.004, 0.15  # as shares of the largest figure

Outline = Sequence[Sequence[tuple[float, float]]]


def matte(picture: NDArray[np.uint8], outline: Outline) -> NDArray[np.float32]:
    """Return alpha, (H, W) float32 in 0..1, of the people within an outline.

    Args:
        picture: (H, W, 3) uint8 RGB.
        outline: Polygons of (x, y), in per cent of width and height.
    """
    height_px, width_px = picture.shape[:2]
    corners = [np.round(np.array(part) * (width_px / 100, height_px / 100)).astype(np.int32) for part in outline]
    drawn = cv2.fillPoly(np.zeros((height_px, width_px), np.uint8), corners, 1)
    reach_px = max(3, round(UNSURE * max(height_px, width_px)))
    narrow, wide = (
        change(drawn, disc(2 * reach_px + 1), borderType=cv2.BORDER_REPLICATE) for change in (cv2.erode, cv2.dilate)
    )
    labels = np.select([narrow > 0, drawn > 0, wide > 0], [cv2.GC_FGD, cv2.GC_PR_FGD, cv2.GC_PR_BGD], cv2.GC_BGD)
    labels = labels.astype(np.uint8)
    cv2.setRNGSeed(0)  # its mixtures start from random colours
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(picture[..., ::-1].copy(), labels, (0, 0, 0, 0), *models, ROUNDS, cv2.GC_INIT_WITH_MASK)
    found = cv2.morphologyEx(np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8), cv2.MORPH_OPEN, disc(3))
    return np.asarray(cv2.GaussianBlur(whole(found > 0).astype(np.float32), (0, 0), SOFT_PX), np.float32)


def whole(found: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return a mask without specks, and without pinholes."""
    labels, count = ndimage.label(found)
    areas = ndimage.sum_labels(found, labels, range(1, count + 1))
    kept = np.isin(labels, 1 + np.flatnonzero(areas >= LEAST_PART * areas.max()))
    gaps, count = ndimage.label(~kept)
    sizes = ndimage.sum_labels(~kept, gaps, range(1, count + 1))
    return kept | np.isin(gaps, 1 + np.flatnonzero(sizes < LEAST_HOLE * areas.max()))


def figures(alpha: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Return alpha of each figure by itself, the largest first; parts too small for one stay with that."""
    labels, count = ndimage.label(alpha > 0)
    areas = ndimage.sum_labels(alpha, labels, range(1, count + 1))
    order = np.argsort(-areas)
    apart = [int(place) for place in order[1:] if areas[place] >= LEAST_FIGURE * areas[order[0]]]
    others = [np.where(labels == 1 + place, alpha, 0).astype(np.float32) for place in apart]
    return [alpha - sum(others, np.zeros_like(alpha)), *others]


def cut_out(picture: NDArray[np.uint8], alpha: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the people as (h, w, 4) uint8 RGBA in their own colours, with a margin where the photograph goes on."""
    alpha_u8 = np.round(alpha * 255).astype(np.uint8)
    rows, columns = ndimage.find_objects((alpha_u8 > 0).astype(np.int8))[0]
    around = tuple(slice(max(0, part.start - MARGIN_PX), part.stop + MARGIN_PX) for part in (rows, columns))
    return np.ascontiguousarray(np.dstack([own_colours(picture, alpha, RIM_PX), alpha_u8])[around])


def outlined_files(photos: Path) -> list[Path]:
    """Return the photographs of Open Images that were outlined by hand, in the order of their names."""
    return [photos / f"{name}.jpg" for name in sorted(read_outlines())]


def held_out() -> set[str]:
    """Return the names of the pictures that are never trained on."""
    return set(sorted(read_outlines())[::HELD_OUT])


def main(photos: str, fg: str, images: str | None = None, masks: str | None = None) -> None:
    """Cut out everybody."""
    for folder in filter(None, (fg, images, masks)):
        Path(folder).mkdir(parents=True, exist_ok=True)
    kept_out = held_out()
    for name, outline in {**read_outlines(), **read_outlines(FOUND)}.items():
        picture = read_rgb(Path(photos) / f"{name}.jpg")
        alpha = matte(picture, outline)
        if name not in kept_out:
            for number, figure in enumerate(figures(alpha)):
                save_png(cut_out(picture, figure), Path(fg) / f"open_images_{name}_{number}.png")
        elif images and masks:
            save_jpeg(picture, Path(images) / f"{name}.jpg")
            save_png(np.round(alpha * 255).astype(np.uint8), Path(masks) / f"{name}.png")
    print(f"{fg}: {sum(1 for _ in Path(fg).glob('open_images_*'))} cut-outs")


def read_outlines(table: Path = OUTLINES) -> dict[str, Outline]:
    """Return the polygons of each photograph by its name, in per cent of width and height."""
    outlines: dict[str, Outline] = json.loads(table.read_text(encoding="utf-8"))
    return outlines


if __name__ == "__main__":
    main(*sys.argv[1:])
