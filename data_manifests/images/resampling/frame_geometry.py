"""Sizes and boxes in whole pixels: the crop of a background, the size of a cut-out, a box clipped to the frame."""

from __future__ import annotations


def centre_crop_box(
    height_px: int, width_px: int, frame_height_px: int, frame_width_px: int
) -> tuple[int, int, int, int]:
    """Return (top, left, height, width) in px of the largest centred box with the frame's aspect, at least 1 px."""
    crop_height_px = min(height_px, max(1, round(width_px * frame_height_px / frame_width_px)))
    crop_width_px = min(width_px, max(1, round(height_px * frame_width_px / frame_height_px)))
    return (height_px - crop_height_px) // 2, (width_px - crop_width_px) // 2, crop_height_px, crop_width_px


def fitted_cutout_size(
    full_height_px: int, full_width_px: int, height_px: int, frame_height_px: int, frame_width_px: int
) -> tuple[int, int]:
    """Return the height and width in px to which a cut-out is prepared.

    It is `height_px` high, or less so that it lies wholly inside the frame.
    """
    scale = min(height_px / full_height_px, frame_height_px / full_height_px, frame_width_px / full_width_px)
    return max(1, round(full_height_px * scale)), max(1, round(full_width_px * scale))


def clip_to_frame(
    x: int, y: int, w: int, h: int, width_px: int, height_px: int
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Clip a box to the frame.

    Args:
        x: Column of the box's top-left corner.
        y: Row of its top-left corner.
        w: Width of the box in px.
        h: Height of the box in px.
        width_px: Width of the frame.
        height_px: Height of the frame.

    Returns:
        What is left of it as (rows, columns) of the frame, and as (rows, columns) of the box; empty slices where the
        box lies wholly outside.
    """
    rows, columns = slice(max(y, 0), min(y + h, height_px)), slice(max(x, 0), min(x + w, width_px))
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return (slice(0, 0), slice(0, 0)), (slice(0, 0), slice(0, 0))
    return (rows, columns), (slice(rows.start - y, rows.stop - y), slice(columns.start - x, columns.stop - x))
