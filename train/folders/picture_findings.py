"""Findings about the pictures of a folder: profiles, broken palettes, blackness, photos turned without their masks."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.light import is_nearly_black
from bgfg.data_manifests.images.orientation import turn_upright
from bgfg.data_manifests.images.pixels import LoadedPicture
from bgfg.data_manifests.images.wide_values import SignificantBits
from bgfg.data_manifests.terminal.errors import first_few
from bgfg.data_manifests.terminal.findings import Finding

# Logarithms of how much stronger a picture's edges are under the outline of a mask that is turned with it than under
# that of the mask as it is. The mean over all photos that are turned decides; between the two nothing is sure.
_SURELY_TURNED, _SURELY_UPRIGHT = 0.2, -0.1

_CERTAIN = 1.0
_PROFILE = "colour-profile"
_ABOUT_PICTURES = (_PROFILE, "fault", "nearly-black", "bits", "exif-turned")


def image_findings(file: str, seen: LoadedPicture) -> tuple[Finding, ...]:
    """Return what is remarkable about the picture of a pair; it can be used all the same."""
    found = []
    if seen.profile:
        found.append(Finding("note", _PROFILE, file, f"{seen.profile}: converted to sRGB"))
    if seen.fault:
        found.append(Finding("warning", "fault", file, seen.fault))
    if is_nearly_black(seen.pixels):
        found.append(Finding("warning", "nearly-black", file, "nearly black: brighten it, or move it away"))
    return tuple(found)


def bits_findings(bits: SignificantBits) -> tuple[Finding, ...]:
    """Return the note on pictures of 16 bits that use fewer, if there are any."""
    return (Finding("note", "bits", ".", bits.note()),) if bits.note() else ()


def one_note_a_profile(findings: Iterable[Finding]) -> list[Finding]:
    """Make one note of those on the same colour profile: a folder of a phone's photos would be full of them."""
    kept: list[Finding] = []
    files: dict[str, list[str]] = defaultdict(list)
    for finding in findings:
        if finding.check == _PROFILE:
            files[finding.message].append(finding.path)
        else:
            kept.append(finding)
    return kept + [
        Finding("note", _PROFILE, paths[0], f"{message} ({len(paths)} images: {first_few(paths, 3)})")
        for message, paths in files.items()
    ]


def decided_about_pictures(findings: Iterable[Finding]) -> list[str]:
    """Return what a training should say of the pictures of its folder, a line each; nothing where they are right."""
    files: dict[str, list[str]] = defaultdict(list)
    for finding in findings:
        if finding.check in _ABOUT_PICTURES:
            files[finding.message].append(finding.path)
    return [f"{first_few(paths, 3)}: {message}" if paths != ["."] else message for message, paths in files.items()]


def vote_on_turn(image: NDArray[np.uint8], mask: NDArray[np.generic], orientation: int) -> float:
    """Say whether the mask of a photo that EXIF turns was drawn on the unturned pixels.

    Args:
        image: (H, W, C) uint8, upright.
        mask: (h, w) or (h, w, C), as it stands in its file, which has no orientation of its own.
        orientation: EXIF orientation of the photo, 2 to 8.

    Returns:
        Above 0 where edges of the photo lie under the outline of the mask when it is turned too, below 0 where they do
        as it is, 0 where there is no telling.
    """
    shape = image.shape[:2]
    along = turn_upright(mask, orientation)
    fits = [_has_shape_of(one.shape, shape) for one in (mask, along)]
    if not all(fits):
        return _CERTAIN * (fits[1] - fits[0])
    edges = _edges(image)
    as_it_is, turned = (_mean_under_outline(edges, one) for one in (mask, along))
    return math.log(turned / as_it_is) if as_it_is > 0 and turned > 0 else 0.0


def turn_findings(votes: Mapping[str, float]) -> list[Finding]:
    """Return a warning for each photo that is turned beside a mask that isn't.

    Args:
        votes: What `vote_on_turn` says of each photo that EXIF turns, by its file.
    """
    if not votes:
        return []
    mean = sum(votes.values()) / len(votes)
    if mean < _SURELY_UPRIGHT:
        return []
    if mean <= _SURELY_TURNED:
        which = first_few(list(votes), 3)
        message = (
            f"{len(votes)} photos ({which}) are turned upright by EXIF; whether their masks are upright isn't sure"
        )
        return [Finding("note", "exif-turned", next(iter(votes)), message)]
    message = (
        "turned upright by its EXIF orientation, but its mask is drawn on the unturned pixels: turn the mask too, or "
        "save the photo turned, without the tag"
    )
    return [Finding("warning", "exif-turned", file, message) for file, vote in votes.items() if vote > 0]


def _has_shape_of(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Say whether sizes are equal in their proportions, but for rounding."""
    return abs(shape[0] * wanted[1] / (shape[1] * wanted[0]) - 1) <= 2 / min(*shape[:2], *wanted)


def _edges(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    grey = image[..., :3].mean(axis=2).astype(np.float32)
    across, down = (cv2.Sobel(grey, cv2.CV_32F, dx, 1 - dx) for dx in (1, 0))
    return np.asarray(np.hypot(across, down), np.float32)


def _mean_under_outline(edges: NDArray[np.float32], mask: NDArray[np.generic]) -> float:
    """Return the mean strength of edges under the outline of a mask; 0 where it has none."""
    planes = mask.reshape(*mask.shape[:2], -1)
    outline = np.zeros(mask.shape[:2], bool)
    outline[1:] |= (planes[1:] != planes[:-1]).any(axis=2)
    outline[:, 1:] |= (planes[:, 1:] != planes[:, :-1]).any(axis=2)
    size = edges.shape[1], edges.shape[0]
    outline = cv2.resize(outline.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    return float(edges[outline].mean()) if outline.any() else 0.0
