"""Masks beside photos that EXIF turns: whether each was drawn on the turned picture or on the pixels as stored.

Sizes decide where a photo lies on its side; else the edges of the photos under the outlines of the masks do, of all
photos together, for a single one may look much the same both ways.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.orientation import upright_view
from bgfg.data_manifests.images.strips import row_strips
from bgfg.data_manifests.terminal.errors import first_few
from bgfg.data_manifests.terminal.findings import Finding

TURN_MODES = ("auto", "yes", "no")

Fit = Literal["turned", "upright", "both"]

# Logarithms of how much stronger a picture's edges are under the outline of a mask that is turned with it than under
# that of the mask as it is. The mean over all photos that are turned decides; between the two nothing is sure.
_SURELY_TURNED, _SURELY_UPRIGHT = 0.2, -0.1
# From this EXIF orientation on a picture lies on its side.
_ON_ITS_SIDE = 5


@dataclass(frozen=True)
class TurnDecision:
    """What was decided on the masks of photos that EXIF turns.

    Attributes:
        turned: The photos whose masks are turned with them.
        findings: What was decided, a note each, and a warning where nothing tells; none where every mask is upright.
    """

    turned: frozenset[str]
    findings: list[Finding]


def fit_by_size(image_px: tuple[int, int], mask_px: tuple[int, int], orientation: int) -> Fit:
    """Say by its size how a mask lies over a photo.

    Args:
        image_px: Height and width of the photo, upright.
        mask_px: Height and width of the mask as it is stored.
        orientation: EXIF orientation of the photo, 1 to 8.

    Returns:
        "turned" where it fits only if it is turned as the photo is, "upright" where it does only as it stands, else
        "both".
    """
    if orientation < _ON_ITS_SIDE:
        return "both"
    upright, turned = _has_shape_of(mask_px, image_px), _has_shape_of(mask_px[::-1], image_px)
    if upright == turned:
        return "both"
    return "turned" if turned else "upright"


def vote_on_turn(image: NDArray[np.uint8], mask: NDArray[np.generic], orientation: int) -> float:
    """Say by the edges of a photo that EXIF turns whether its mask was drawn on the unturned pixels.

    Args:
        image: (H, W, C) uint8, upright.
        mask: (h, w) or (h, w, C), as it stands in its file, which has no orientation of its own.
        orientation: EXIF orientation of the photo, 2 to 8.

    Returns:
        Above 0 where edges of the photo lie under the outline of the mask when it is turned too, below 0 where they do
        as it is, 0 where there is no telling.
    """
    edges = _edges(image)
    as_it_is, turned = (_mean_under_outline(edges, one) for one in (mask, upright_view(mask, orientation)))
    return math.log(turned / as_it_is) if as_it_is > 0 and turned > 0 else 0.0


def decide_turns(fits: Mapping[str, Fit], votes: Mapping[str, float], mode: str = TURN_MODES[0]) -> TurnDecision:
    """Decide which masks are turned with their photos.

    Args:
        fits: What `fit_by_size` says of each photo that EXIF turns, by its file.
        votes: What `vote_on_turn` says of those of them that were read.
        mode: Of TURN_MODES: "yes" or "no" decide where sizes don't.
    """
    turned = {file for file, fit in fits.items() if fit == "turned"}
    doubtful = [file for file, fit in fits.items() if fit == "both"]
    others = "turned" if mode == "yes" else "upright" if mode == "no" else _majority(fits, votes)
    if others == "turned":
        turned.update(doubtful)
    message = (
        "turned upright by its EXIF orientation, and so is its mask, which is drawn on the unturned pixels "
        "(--turn-masks no leaves masks as they are where sizes don't decide)"
    )
    findings = [Finding("note", "exif-turned", file, message) for file in fits if file in turned]
    if doubtful and others == "both":
        message = (
            f"photos that EXIF turns, {len(doubtful)} in all ({first_few(doubtful, 3)}): neither sizes nor edges tell "
            "whether their masks are upright; they are left as they are: look at some, and give --turn-masks yes if "
            "they lie beside their objects, or no"
        )
        findings.append(Finding("warning", "exif-turned", doubtful[0], message))
    return TurnDecision(frozenset(turned), findings)


def _majority(fits: Mapping[str, Fit], votes: Mapping[str, float]) -> Fit:
    """Return how the masks lie whose sizes don't say so: as edges say, or sizes of others where edges say nothing."""
    cast = [vote for file, vote in votes.items() if fits[file] == "both" and vote]  # 0 says nothing
    mean = sum(cast) / len(cast) if cast else 0.0
    by_edges: Fit = "turned" if mean > _SURELY_TURNED else "upright" if mean < _SURELY_UPRIGHT else "both"
    by_sizes = set(fits.values()) - {"both"}
    if len(by_sizes) != 1:
        return by_edges
    return by_sizes.pop() if by_edges in ("both", *by_sizes) else "both"


def _has_shape_of(shape: tuple[int, int], wanted: tuple[int, int]) -> bool:
    """Say whether sizes are equal in their proportions, but for rounding."""
    return abs(shape[0] * wanted[1] / (shape[1] * wanted[0]) - 1) <= 2 / min(*shape, *wanted)


def _edges(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    grey = image[..., :3].mean(axis=2).astype(np.float32)
    across, down = (cv2.Sobel(grey, cv2.CV_32F, dx, 1 - dx) for dx in (1, 0))
    return np.asarray(np.hypot(across, down), np.float32)


def _mean_under_outline(edges: NDArray[np.float32], mask: NDArray[np.generic]) -> float:
    """Return the mean strength of edges under the outline of a mask; 0 where it has none."""
    planes = mask.reshape(*mask.shape[:2], -1)
    changes = np.zeros(mask.shape[:2], np.uint8)
    for rows in row_strips(len(planes), planes[:1].size):
        strip, above = planes[rows], planes[max(rows.start - 1, 0) : rows.stop - 1]
        changes[rows, 1:] |= (strip[:, 1:] != strip[:, :-1]).any(axis=2)
        changes[rows.stop - len(above) : rows.stop] |= (strip[len(strip) - len(above) :] != above).any(axis=2)
    size = edges.shape[1], edges.shape[0]
    outline = cv2.resize(changes, size, interpolation=cv2.INTER_NEAREST) > 0
    return float(edges[outline].mean()) if outline.any() else 0.0
