"""A matte and its picture become a cut-out: one figure, in its own colours up to the rim, with soft alpha."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from bgfg.data_manifests.images.image_writing import save_png

OPAQUE = 0.95


def disc(width_px: int) -> NDArray[np.uint8]:
    """Return a disc, (width, width) uint8 of 0 and 1: what a mask is widened or narrowed by."""
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width_px, width_px)), np.uint8)


def largest_figure(alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return alpha, (H, W) in 0..1, of the largest connected figure alone; all 0 where there is none."""
    labels, count = ndimage.label(alpha > 0)
    sizes = ndimage.sum_labels(alpha, labels, range(1, count + 1))
    return np.where(labels == 1 + int(np.argmax(sizes)), alpha, 0).astype(np.float32) if count else alpha


def own_colours(picture: NDArray[np.uint8], alpha: NDArray[np.float32], rim_px: int) -> NDArray[np.uint8]:
    """Replace the colours of a figure's rim, which carry those of what was behind it, by the nearest inner ones.

    Args:
        picture: (H, W, 3) uint8 RGB.
        alpha: (H, W) float32 in 0..1; somewhere it is opaque.
        rim_px: Width of the disc by which the opaque part is narrowed.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    core = cv2.erode((alpha >= OPAQUE).astype(np.uint8), disc(rim_px)).astype(np.float32)
    rows, columns = ndimage.distance_transform_edt(core == 0, return_distances=False, return_indices=True)
    nearest = cv2.GaussianBlur(picture[rows, columns].astype(np.float32), (0, 0), 1.5)
    own = (cv2.GaussianBlur(core, (0, 0), 1) * core)[..., None]
    mixed = picture * own + nearest * (1 - own)
    return np.asarray(np.clip(np.round(mixed), 0, 255), np.uint8)


def write_cutout(path: Path, colours: NDArray[np.uint8], alpha: NDArray[np.float32]) -> None:
    """Write colours (H, W, 3) and alpha (H, W) in 0..1, cropped to what can be seen, as an RGBA PNG."""
    alpha_u8 = np.round(alpha * 255).astype(np.uint8)
    visible = ndimage.find_objects((alpha_u8 > 0).astype(np.int8))[0]
    save_png(np.dstack([colours, alpha_u8])[visible], path)
