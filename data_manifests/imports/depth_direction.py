"""Whether the values of depth maps grow with distance or with nearness, told by the people on them and by the floor.

Somebody stands in front of what is seen beside them, and the ground below is nearer than what is above. Maps in which
both, or the clearer of the two, say the same are certain; others are asked about.
"""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.opacity import OPAQUE_U8

# A vote counts where the difference is that share of a map's own range, and the votes where so many agree.
_LEAST_STEP = 0.02
_LEAST_AGREEMENT = 0.8
_LEAST_VOTES = 3
_RING_SHARE = 0.05  # of the shorter side, how far around people what is beside them reaches


def grows_with_nearness(
    maps: Iterable[tuple[NDArray[np.uint16], NDArray[np.uint8]]], by_floors: bool = True
) -> bool | None:
    """Say whether near is bright.

    Args:
        maps: Values (H, W) uint16, 0 unknown, each with the mask (H, W) uint8 of the people on it.
        by_floors: Whether floors count too, where people don't say it: maps of ceilings and slopes are wrong then.

    Returns:
        True where near is bright, False where far is; None where the maps don't say.
    """
    people, floors = [], []
    for values, mask in maps:
        people.append(_vote(*_beside(values, mask)))
        third = len(values) // 3
        floors.append(_vote(values[-third:], values[:third]))
    by_people, by_floor = _decided(people), _decided(floors)
    return by_people if by_people is not None or not by_floors else by_floor


def _beside(values: NDArray[np.uint16], mask: NDArray[np.uint8]) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """Return the values on people, and those beside them."""
    inside = (mask >= OPAQUE_U8).astype(np.uint8)
    reach_px = max(2, round(_RING_SHARE * min(mask.shape)))
    around = cv2.dilate(inside, np.ones((3, 3), np.uint8), iterations=reach_px)
    return values[inside > 0], values[(around > 0) & (inside == 0)]


def _vote(near: NDArray[np.uint16], far: NDArray[np.uint16]) -> int:
    """Return 1 where what is nearer has clearly larger values, -1 where smaller ones, else 0."""
    near, far = near[near > 0], far[far > 0]
    if not (len(near) and len(far)):
        return 0
    both = np.concatenate([near.ravel(), far.ravel()])
    low, high = np.quantile(both, (0.02, 0.98))
    step = float(np.median(near)) - float(np.median(far))
    return 0 if abs(step) <= _LEAST_STEP * max(high - low, 1.0) else int(np.sign(step))


def _decided(votes: list[int]) -> bool | None:
    cast = [vote for vote in votes if vote]
    if len(cast) < _LEAST_VOTES or 2 * len(cast) < len(votes):
        return None
    share = sum(vote > 0 for vote in cast) / len(cast)
    return True if share >= _LEAST_AGREEMENT else False if share <= 1 - _LEAST_AGREEMENT else None
