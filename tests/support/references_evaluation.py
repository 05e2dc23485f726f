"""The figures of an evaluation computed slowly, one sample at a time, from what `Corpus(path)[i]` gives."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bgfg.synth.store.corpus import Corpus
from tests.support import references_targets as slow

Map = NDArray[np.float64]


def true_mask(corpus: Corpus, sample: int, size: tuple[int, int] | None = None) -> Map:
    """Return a sample's mask in 0..1, at its own size or another."""
    mask = corpus[sample].mask / 255
    return mask if size is None else slow.area(mask, *size)


def true_depth_m(corpus: Corpus, sample: int, size: tuple[int, int]) -> Map:
    """Return a sample's depth in metres, 0 unknown, at another size."""
    depth_m = corpus[sample].depth_m
    assert depth_m is not None
    return nearest(depth_m.astype(np.float64), size)


def nearest(picture: Map, size: tuple[int, int]) -> Map:
    """Resize (H, W): each pixel the one under its middle."""
    H, W = picture.shape
    found = np.zeros(size)
    for y, x in np.ndindex(*size):
        found[y, x] = picture[(2 * y + 1) * H // (2 * size[0]), (2 * x + 1) * W // (2 * size[1])]
    return found


def bilinear(picture: Map, height_px: int, width_px: int) -> Map:
    """Look each pixel's middle up between the middles of the four around it; at the frame the nearest goes on."""
    H, W = picture.shape
    found = np.zeros((height_px, width_px))
    for i, j in np.ndindex(height_px, width_px):
        y = np.clip((i + 0.5) * H / height_px - 0.5, 0, H - 1)
        x = np.clip((j + 0.5) * W / width_px - 0.5, 0, W - 1)
        top, left = int(y), int(x)
        below, right = min(top + 1, H - 1), min(left + 1, W - 1)
        v, u = y - top, x - left
        above = (1 - u) * picture[top, left] + u * picture[top, right]
        found[i, j] = (1 - v) * above + v * ((1 - u) * picture[below, left] + u * picture[below, right])
    return found


def regions(true: Map) -> dict[str, NDArray[np.bool_]]:
    """Return the regions of a mask; the band reaches 4 px to each side at 224 px, and at least 1."""
    mask = true >= 0.5
    radius_px = max(1.0, 4 * min(true.shape) / 224)
    band = slow.within(mask, radius_px) & slow.within(~mask, radius_px)
    return {"foreground": mask, "band": band, "background": ~mask}


def mask_scores(found: Map, true: Map, threshold: float) -> dict[str, float]:
    """Return every score of a mask."""
    ours, theirs = found >= threshold, true >= 0.5
    error = np.abs(found - true)
    scores = {
        "iou": slow.iou(ours, theirs),
        "dice": slow.dice(ours, theirs),
        "accuracy": float((ours == theirs).mean()),
        "boundary_f": slow.boundary_f(ours, theirs),
        "mae": float(error.mean()),
        "sad": float(error.sum()) / 1000,
    }
    for name, where in regions(true).items():
        scores[f"accuracy_{name}"] = slow.mean((ours == theirs).astype(np.float64), where)
        scores[f"mae_{name}"] = slow.mean(error, where)
    band = regions(true)["band"]
    scores["iou_band"] = slow.iou(ours & band, theirs & band) if band.any() else float("nan")
    return scores


def depth_scores(found_m: Map, true_m: Map, mask: Map, far_m: float) -> dict[str, float]:
    """Return every score of depth, on the whole picture and on every region of the mask."""
    known = true_m > 0
    similarity = slow.ssim_map(found_m / far_m, true_m / far_m, known)
    scores: dict[str, float] = {}
    for name, where in {"": np.ones_like(known), **regions(mask)}.items():
        suffix = f"_{name}" if name else ""
        of_region = slow.depth_scores(found_m, true_m, where & known, far_m)
        of_region["ssim"] = slow.mean(similarity, (where & known)[5:-5, 5:-5])
        scores |= {score + suffix: value for score, value in of_region.items()}
    return scores
