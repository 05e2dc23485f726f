"""Findings of pictures that show one cut-out: flips beside their originals, masks beside the cut-out's shape."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.audit.names import KIND_LABELS
from bgfg.data_manifests.audit.picture_entry import PictureEntry
from bgfg.data_manifests.audit.pixel_checks import same_cutout, size_text
from bgfg.data_manifests.audit.shapes import (
    BoolMask,
    ShapeMatch,
    match_anywhere,
    match_in_place,
    match_nearby,
    opaque_box,
)
from bgfg.data_manifests.images.opacity import OPAQUE_U8
from bgfg.data_manifests.images.resampling.fit_to_frame import flip
from bgfg.data_manifests.terminal.findings import Finding


def flip_findings(
    entry: PictureEntry, pixels: NDArray[np.uint8], original: PictureEntry, original_pixels: NDArray[np.uint8]
) -> list[Finding]:
    """Compare a flip of a cut-out, (H, W, C) uint8, with its original."""
    return [] if same_cutout(pixels, flip(original_pixels)) else [_unlike_mirror(entry, original)]


def mask_flip_findings(
    entry: PictureEntry, mask: BoolMask, original: PictureEntry, original_mask: BoolMask, is_lossy: bool
) -> list[Finding]:
    """Compare the mask of a flip, (H, W) bool, with its original's; lossy ones, as JPEGs are, by their shapes."""
    mirrored = original_mask[:, ::-1]
    by_shape = is_lossy and mask.shape == mirrored.shape
    is_same = match_in_place(mask, mirrored).agrees if by_shape else np.array_equal(mask, mirrored)
    return [] if is_same else [_unlike_mirror(entry, original)]


def cutout_mask_findings(
    entry: PictureEntry, mask: BoolMask, source: PictureEntry, cutout: NDArray[np.uint8]
) -> list[Finding]:
    """Compare the mask of a cut-out, (H, W) bool, with its size and, pixel by pixel, with its alpha.

    Of another size, it is compared at the size and place where the two agree best.
    """
    alpha_u8 = cutout[..., 3] if has_alpha(cutout) else None
    if mask.shape == cutout.shape[:2]:
        return [] if alpha_u8 is None else shape_findings(entry, match_nearby(mask, alpha_u8 >= OPAQUE_U8), source)
    sizes = size_text(mask), size_text(cutout)
    message = f"a {KIND_LABELS['fg_mask']} of {sizes[0]} to a {KIND_LABELS['fg']} of {sizes[1]}"
    figure = opaque_box(alpha_u8) if alpha_u8 is not None else None
    if figure is None:
        return [Finding("error", "size", entry.path, message)]
    match = match_anywhere(mask, figure)
    message += f"; aligned, their shapes {'agree' if match.agrees else 'disagree'} (IoU {match.iou:.3f})"
    return [*shape_findings(entry, match, source), Finding("error", "size", entry.path, message)]


def instance_findings(entry: PictureEntry, mask: BoolMask, path: str, instance: NDArray[np.uint8]) -> list[Finding]:
    """Compare the mask of a composite, (H, W) bool, with its picture of instances, (H, W) uint8, 0 where none is."""
    if instance.shape != mask.shape or not mask[instance > 0].all():
        message = f"shows instances where {entry.path} isn't set, or is of another size"
        return [Finding("error", "instance", path, message)]
    match = match_in_place(instance > 0, mask)
    message = f"disagrees with the instances of {path}: IoU {match.iou:.3f}"
    return [] if match.agrees else [Finding("warning", "mask-alpha", entry.path, message)]


def shape_findings(entry: PictureEntry, match: ShapeMatch, source: PictureEntry) -> list[Finding]:
    """Return what is to be said of how a mask agrees with the shape of its cut-out."""
    message = f"disagrees with the alpha of {source.path}: IoU {match.iou:.3f}"
    return [] if match.agrees else [Finding("warning", "mask-alpha", entry.path, message)]


def has_alpha(pixels: NDArray[np.uint8]) -> bool:
    """Say whether a picture, (H, W, 3) or (H, W, 4) uint8, has anything that isn't opaque."""
    return pixels.shape[2] == 4 and int(pixels[..., 3].min()) < 255


def _unlike_mirror(entry: PictureEntry, original: PictureEntry) -> Finding:
    return Finding("error", "flip", entry.path, f"isn't the exact mirror of {original.path}")
